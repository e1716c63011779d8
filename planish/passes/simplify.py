"""Removes what does nothing.

Views of views, transposes that undo each other, additions of zero, multiplications by one, zeros that give a value the
batch axis that it would get anyway.
"""

from __future__ import annotations

from dataclasses import replace

from planish.graph.graph import Graph
from planish.graph.node import Node, found_or
from planish.primitives.leaves import is_constant
from planish.primitives.registry import op_named
from planish.primitives.reshape import ReshapeSettings
from planish.primitives.transpose import TransposeSettings

_NEUTRAL = {"add": 0.0, "subtract": 0.0, "multiply": 1.0, "divide": 1.0}


def simplify(graph: Graph) -> Graph:
    return graph.rewrite(_simpler)


def _simpler(node: Node) -> Node | None:
    if node.op == "reshape":
        return _view(node)
    if node.op == "transpose":
        return _transposed(node)
    if node.op in _NEUTRAL and (simpler := _without_neutral(node)) is not None:
        return simpler
    return _without_zeros(node) if op_named(node.op).elementwise else None


def _view(node: Node) -> Node | None:
    (source,) = node.inputs
    if source.type == node.type:
        return source
    if source.op != "reshape":
        return None
    (whole,) = source.inputs
    return whole if whole.type == node.type else replace(node, inputs=(whole,))


def _transposed(node: Node) -> Node | None:
    (source,) = node.inputs
    permutation = TransposeSettings.of(node).permutation
    if source.op == "transpose":
        inner = TransposeSettings.of(source).permutation
        source, permutation = source.inputs[0], tuple(inner[axis] for axis in permutation)
    if permutation == tuple(range(len(permutation))):
        return source
    moved = [axis for axis in permutation if source.shape[axis] != 1]
    if moved == sorted(moved):  # only axes of extent one are moved: the elements stay where they are
        view = Node("reshape", (source,), node.type, ReshapeSettings(shape=node.shape), node.layers)
        return found_or(_view(view), view)
    if source is node.inputs[0]:
        return None
    return replace(node, inputs=(source,), settings=TransposeSettings(permutation=permutation))


def _without_zeros(node: Node) -> Node | None:
    """What was added to zeros of some type is read as it is, where another operand has that type."""
    inputs = node.inputs
    for position, operand in enumerate(node.inputs):
        if operand.op == "add" and _is_zeros(operand.inputs[0]):
            shorter = (*inputs[:position], operand.inputs[1], *inputs[position + 1 :])
            if op_named(node.op).infer([source.type for source in shorter], node.settings) == node.type:
                inputs = shorter
    return None if inputs is node.inputs else replace(node, inputs=inputs)


def _is_zeros(node: Node) -> bool:
    """x > x, which is how zeros of a value's type are made."""
    return node.op == "greater" and node.inputs[0] is node.inputs[1]


def _without_neutral(node: Node) -> Node | None:
    a, b = node.inputs
    neutral = _NEUTRAL[node.op]
    if is_constant(b, neutral) and a.type == node.type:
        return a
    commutes = node.op in ("add", "multiply")
    return b if commutes and is_constant(a, neutral) and b.type == node.type else None
