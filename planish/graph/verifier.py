"""Checks that a graph is well formed; run after every pass in tests and under PLANISH_DUMP."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from planish.graph.graph import LEAVES, Graph
from planish.graph.node import NUMBERS, Node, TensorType, numbers_are
from planish.graph.settings import Settings, name_of

InferType = Callable[[str, Sequence[TensorType], Settings], TensorType]

_NAMED = frozenset({"input", "parameter", "scalar"})


def verify(graph: Graph, infer: InferType, *, after: str = "construction") -> None:
    """ValueError naming the pass, the operation and the user's layer, for the first thing that is wrong.

    `infer(op, operand types, settings)` gives the type that an operation's result has to have.
    """
    with numbers_are(graph.numbers):
        _verify(graph, infer, after)


def _verify(graph: Graph, infer: InferType, after: str) -> None:
    seen: set[Node] = set()
    leaves: dict[str, Node] = {}
    for node in graph.nodes:
        if node in seen:
            raise ValueError(_text(after, node, "is computed twice"))
        for source in node.inputs:
            if source not in seen:
                raise ValueError(_text(after, node, f"reads {source!r}, which is not computed before it"))
        if node.op in LEAVES:
            _verify_leaf(node, leaves, after)
        else:
            _verify_type(node, infer, after)
        if node.type.dtype in NUMBERS and node.type.dtype != graph.numbers:
            raise ValueError(
                _text(after, node, f"is of type {node.type}, but the graph has numbers of {graph.numbers}")
            )
        seen.add(node)
    _verify_results(graph, seen, after)


def _verify_leaf(node: Node, leaves: dict[str, Node], after: str) -> None:
    """A leaf reads nothing; leaves of one name are the same thing, of one type."""
    if node.inputs:
        raise ValueError(_text(after, node, f"is a leaf, but reads {len(node.inputs)} values"))
    if node.op not in _NAMED:
        return
    name = name_of(node)
    first = leaves.setdefault(name, node)
    if (first.op, first.type) != (node.op, node.type):
        raise ValueError(_text(after, node, f"gives {name!r} type {node.type}, but it is {first.op} {first.type} too"))
    if node.batched != (node.op == "input"):
        raise ValueError(_text(after, node, f"{name!r} has type {node.type}, but a batch axis is for inputs only"))


def _verify_type(node: Node, infer: InferType, after: str) -> None:
    try:
        expected = infer(node.op, [source.type for source in node.inputs], node.settings)
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise ValueError(_text(after, node, f"does not fit its operands: {error}")) from error
    if expected != node.type:
        raise ValueError(_text(after, node, f"has type {node.type}, but its operands give {expected}"))


def _verify_results(graph: Graph, computed: set[Node], after: str) -> None:
    parameters = {name_of(node): node.type for node in graph.leaves("parameter")}
    for kind, results in (("output", graph.outputs), ("update", graph.updates)):
        if len(dict(results)) != len(results):
            raise ValueError(f"after {after}: two {kind}s have one name: {', '.join(name for name, _ in results)}")
        for name, node in results:
            if node not in computed:
                raise ValueError(_text(after, node, f"is {kind} {name!r}, but is not computed"))
    for name, node in graph.updates:
        if node.batched:
            raise ValueError(_text(after, node, f"updates {name!r}, but has a batch axis"))
        if name in parameters and parameters[name] != node.type:
            raise ValueError(_text(after, node, f"updates {name!r} of type {parameters[name]} with type {node.type}"))


def _text(after: str, node: Node, problem: str) -> str:
    owner = f" (layer {', '.join(node.layers)})" if node.layers else ""
    return f"after {after}: operation {node.op!r}{owner} {problem}"
