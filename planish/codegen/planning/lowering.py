"""From operations to kernels: each operation by the best of its candidates, inputs read from the user's arrays, results
kept apart.

After this every node is a leaf, a view (`reshape`), or has a kernel.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import NamedTuple

from planish.codegen.llvm.element_type import element_type
from planish.codegen.llvm.target import Target
from planish.codegen.planning.candidate import Decision, Problem, decide
from planish.codegen.planning.candidates import CANDIDATES
from planish.codegen.planning.views import storage_root
from planish.graph.graph import LEAVES, Graph
from planish.graph.node import Node
from planish.graph.settings import name_of
from planish.primitives.conv2d import Conv2DSettings
from planish.primitives.expression import Expression
from planish.primitives.registry import make
from planish.primitives.rewritten.conv2d_panels import Conv2DPanelsSettings
from planish.primitives.rewritten.conv2d_pool import Conv2DPoolSettings
from planish.primitives.rewritten.conv2d_winograd import Conv2DWinogradSettings
from planish.primitives.rewritten.elementwise import elementwise
from planish.primitives.rewritten.fused import base_of, settings_of_base
from planish.primitives.rewritten.load_input import load_input
from planish.primitives.rewritten.places_beside import places_beside
from planish.primitives.rewritten.pool_places import pool_places

COPY = Expression(1, ())
KEPT_NBYTES = 2**24  # of weights that stay in the cache: the same everywhere, since the bits depend on what follows


Mains = dict[tuple[Node, ...], Node]
Decisions = dict[Node, Decision]


class Lowered(NamedTuple):
    """What was decided for each node of the graph that a candidate made for its kernel."""

    graph: Graph
    decisions: Decisions


def lower(graph: Graph, target: Target, input_dtypes: Mapping[str, str], *, training: bool) -> Lowered:
    """`input_dtypes` are the element types in memory ('uint8').

    `training`: the rows of a batch may be anywhere in the arrays, and weights change in every step.
    """
    weights = sum(node.type.nbytes for node in graph.nodes if node.op == "parameter")
    lowering = _Lowering(target, input_dtypes, training, not training and weights > KEPT_NBYTES)
    complete = graph.rewrite(lowering.lowered, only=("input", "fused", *CANDIDATES))
    if not complete.has_any(("conv2d_pool_places", "gate_places")):
        return Lowered(_with_results_apart(complete), lowering.decisions)
    used_once = complete.used_once()

    def with_places(original: Node, node: Node) -> Node | None:
        if node.op == "conv2d_pool_places":
            return lowering.places(node)
        if node.op == "gate_places" and original.inputs[0] in used_once:
            return _gated_on_the_way(*node.inputs)
        return None

    finished = complete.rewrite_knowing(followed(lowering.decisions, with_places))
    return Lowered(_with_results_apart(finished), lowering.decisions)


def followed(decisions: Decisions, rule: Callable[[Node, Node], Node | None]) -> Callable[[Node, Node], Node | None]:
    """The rule; what was decided for a node holds for the node with other inputs, too."""

    def following(original: Node, moved: Node) -> Node | None:
        if original in decisions:
            decisions[moved] = decisions[original]
        return rule(original, moved)

    return following


class _Lowering:
    """`pooled`: convolutions by their operands, which the places of their maxima have in common."""

    def __init__(self, target: Target, input_dtypes: Mapping[str, str], training: bool, from_memory: bool) -> None:
        self.target, self.input_dtypes, self.training = target, input_dtypes, training
        self.from_memory = from_memory
        self.decisions: Decisions = {}
        self.pooled: Mains = {}

    def lowered(self, node: Node) -> Node | None:
        if node.op == "input":
            return self._read(node)
        base = base_of(node)
        if base not in CANDIDATES:
            return None
        result = self._by_best_candidate(node)
        if base == "conv2d_pool":
            self.pooled[node.inputs[:2]] = result
        return result

    def _read(self, node: Node) -> Node | None:
        """From the user's array, unless a kernel can read it there."""
        dtype = self.input_dtypes[name_of(node)]
        in_place = dtype == element_type(node.type.dtype).dtype and not self.training
        return None if in_place else load_input(node, dtype)

    def _by_best_candidate(self, node: Node) -> Node:
        problem = Problem(node, self.target, self.training, self.from_memory)
        decision = decide(problem, CANDIDATES[base_of(node)])
        result = kernel_node = decision.candidate.lower(problem)
        while base_of(kernel_node) != decision.candidate.name:  # views and sums of its result are around it
            kernel_node = kernel_node.inputs[0]
        self.decisions[kernel_node] = decision
        return result

    def places(self, node: Node) -> Node:
        """Beside the maxima if something asks for them, or by themselves."""
        main = self.pooled.get(node.inputs)
        if main is None:
            window = Conv2DPoolSettings.of(node).window
            map_ = self._by_best_candidate(make("conv2d", node.inputs, Conv2DSettings.part_of(node.settings)))
            return replace(pool_places(map_, window, window), layers=node.layers)
        settings = settings_of_base(main)
        assert isinstance(settings, Conv2DPanelsSettings | Conv2DWinogradSettings), settings
        return replace(places_beside(main, base_of(main), settings, gated=False), layers=node.layers)


def _gated_on_the_way(places: Node, y: Node) -> Node | None:
    """The gate as part of the kernel that finds the places, if `y` is what that kernel computes."""
    if places.op != "places_beside" or places.inputs[0] is not y:
        return None
    return replace(places, settings=places.settings.changed(gated=True))


def _with_results_apart(graph: Graph) -> Graph:
    """Adds copies where a result is not a value of its own that a kernel can write directly to its destination.

    Nor can it where a parameter's new value would be there before something that needs it has read the old one.
    """
    taken = _too_early(graph)

    def apart(result: Node) -> Node:
        root = result
        while root.op == "reshape":
            root = root.inputs[0]
        if root.op in LEAVES or root in taken or root.type.size != result.type.size:
            return elementwise([result], COPY)
        taken.add(root)
        return result

    outputs = {name: apart(node) for name, node in graph.outputs}
    updates = {name: apart(node) for name, node in graph.updates}
    return Graph.build(outputs, updates)


def _too_early(graph: Graph) -> set[Node]:
    """New values of parameters that another reader of the old value needs as well."""
    place = {node: number for number, node in enumerate(graph.nodes)}
    readers: dict[str, list[Node]] = {}
    for node in graph.nodes:
        for leaf in map(storage_root, node.inputs):
            if leaf.op == "parameter":
                readers.setdefault(name_of(leaf), []).append(node)
    new = {name: storage_root(node) for name, node in graph.updates}
    return {
        value
        for name, value in new.items()
        if any(place[reader] > place[value] and _needs(reader, value, place) for reader in readers.get(name, ()))
    }


def _needs(reader: Node, value: Node, place: Mapping[Node, int]) -> bool:
    """Whether `value` is among what `reader` is made from; `place` is each node's in the order of the graph."""
    seen, left = {reader}, [reader]
    while left:
        for source in left.pop().inputs:
            if source is value:
                return True
            if source not in seen and place[source] > place[value]:
                seen.add(source)
                left.append(source)
    return False
