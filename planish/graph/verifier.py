"""Checks that a graph is well formed; run after every pass in tests and under PLANISH_DUMP."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from planish.graph.graph import LEAVES, Graph
from planish.graph.node import Attributes, Node, TensorType

InferType = Callable[[str, Sequence[TensorType], Attributes], TensorType]


def verify(graph: Graph, infer: InferType, *, after: str = "construction") -> None:
    """ValueError naming the pass, the operation and the user's layer, for the first thing that is wrong."""
    seen: set[Node] = set()
    leaves: dict[tuple[str, str], TensorType] = {}
    for node in graph.nodes:
        for source in node.inputs:
            if source not in seen:
                raise ValueError(_text(after, node, f"reads {source!r}, which is not computed before it"))
        if node.op in LEAVES or node.op == "operand":
            name = str(node.attributes.get("name", ""))
            if name and leaves.setdefault((node.op, name), node.type) != node.type:
                raise ValueError(_text(after, node, f"{name!r} has two types, {leaves[node.op, name]} and {node.type}"))
        else:
            expected = infer(node.op, [source.type for source in node.inputs], node.attributes)
            if expected != node.type:
                raise ValueError(_text(after, node, f"has type {node.type}, but its operands give {expected}"))
        seen.add(node)
    _verify_updates(graph, after)


def _verify_updates(graph: Graph, after: str) -> None:
    parameters = {str(node.attributes["name"]): node.type for node in graph.leaves("parameter")}
    for name, node in graph.updates:
        if node.batched:
            raise ValueError(_text(after, node, f"updates {name!r}, but has a batch axis"))
        if name in parameters and parameters[name].shape != node.shape:
            raise ValueError(_text(after, node, f"updates {name!r} of type {parameters[name]} with type {node.type}"))


def _text(after: str, node: Node, problem: str) -> str:
    owner = f" (layer {', '.join(node.layers)})" if node.layers else ""
    return f"after {after}: operation {node.op!r}{owner} {problem}"
