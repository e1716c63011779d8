"""Cuts the trunk off a graph: the first part of a model, if training does not change what that computes.

The trunk becomes a program of its own, which computes one image like another, so it does not matter in which batch, or
how often, an image goes through it. The rest begins with what the trunk gives, `trunk/0` and so on, instead of the
images. Wherever there is a trunk, training and evaluation are cut in this place, whether or not the trunk's outputs are
kept: so the two have the same bits.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from planish import primitives
from planish.graph.graph import Graph
from planish.graph.node import Node
from planish.graph.settings import name_of
from planish.layers.base.context import CallContext
from planish.primitives.of_the_batch import OF_THE_BATCH
from planish.primitives.registry import Without, op_named

if TYPE_CHECKING:
    from planish.models.model import Model


class Split(NamedTuple):
    """A graph in two: the trunk, None if there is none, and the rest. `moved` has the rest's nodes by the graph's."""

    trunk: Graph | None
    rest: Graph
    moved: Mapping[Node, Node]

    @classmethod
    def whole(cls, graph: Graph) -> Split:
        return cls(None, graph, {node: node for node in graph.nodes})


def split(graph: Graph, inputs: Collection[str], changing: Collection[str]) -> Split:
    """Cuts off the trunk: what depends on `inputs`, by name, but not on parameters that are `changing`, random numbers
    or the batch, and is work: layers that only scale or cut images are not a trunk."""
    inside = _worth_keeping(graph, inputs, changing)
    ends = _ends(graph, inside)
    if not ends:
        return Split.whole(graph)
    given = {node: primitives.input_(f"trunk/{place}", node.type.shape) for place, node in enumerate(ends)}
    moved: dict[Node, Node] = {}
    for node in graph.nodes:
        sources = tuple(moved[source] for source in node.inputs)
        kept = node if sources == node.inputs else replace(node, inputs=sources)
        moved[node] = given.get(node, kept)
    outputs, updates = ({name: moved[node] for name, node in named} for named in (graph.outputs, graph.updates))
    trunk = Graph.build({name_of(given[node]): node for node in ends})
    return Split(trunk, Graph.build(outputs, updates), moved)


def _worth_keeping(graph: Graph, inputs: Collection[str], changing: Collection[str]) -> set[Node]:
    """The nodes that are always the same for an image and that products with weights lead to."""
    same, work = _same(graph, inputs, changing), set[Node]()
    for node in graph.nodes:
        if node in same and node.batched and (multiply_adds(node) or not work.isdisjoint(node.inputs)):
            work.add(node)
    return work


def hindrance(graph: Graph, inputs: Collection[str], changing: Collection[str]) -> tuple[str, str] | None:
    """The first layer with frozen kernels that is not the same in every step, and the layer before it that is why."""
    same = _same(graph, inputs, changing)
    for node in graph.nodes:
        kernels = [source for source in node.inputs if source.op == "parameter"]
        if node not in same and multiply_adds(node) and kernels and same.issuperset(kernels):
            before = Graph.build({"": node}).nodes
            because = next((each for each in before if each not in same and each.layers and each is not node), None)
            if because is not None and node.layers:
                return node.layers[0], because.layers[0]
    return None


def _same(graph: Graph, inputs: Collection[str], changing: Collection[str]) -> set[Node]:
    """The nodes that are always the same for an image."""
    same: set[Node] = set()
    for node in graph.nodes:
        if _is_same(node, same, inputs, changing):
            same.add(node)
    return same


def _is_same(node: Node, same: Collection[Node], inputs: Collection[str], changing: Collection[str]) -> bool:
    if node.op == "input":
        return name_of(node) in inputs
    if node.op == "parameter":
        return name_of(node) not in changing
    random = node.op == "scalar" or node.op.startswith("random")
    return not random and node.op not in OF_THE_BATCH and all(source in same for source in node.inputs)


def _ends(graph: Graph, inside: Collection[Node]) -> list[Node]:
    """The nodes inside that something outside reads."""
    read = {source for node in graph.nodes if node not in inside for source in node.inputs}
    return [node for node in graph.nodes if node in inside and (node in read or node in graph.roots)]


def multiply_adds(node: Node) -> int:
    """Those of weights with one image."""
    count = op_named(node.op).multiply_adds
    return 0 if isinstance(count, Without) else count(node)


def may_have_trunk(model: Model) -> bool:
    """Whether there are kernels that are not trained: most models need not be looked at more closely."""
    return any(len(weight.shape) > 1 for weight in model.non_trainable_weights)


def changing(model: Model, context: CallContext) -> set[str]:
    """The paths of variables that a training step changes, given the trace of one."""
    return {variable.path for variable in (*model.trainable_weights, *context.updates)}
