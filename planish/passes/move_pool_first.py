"""The maximum first, then bias and activation: both keep the order of values, so the result is the same bits for a
quarter of the work.

max_pool2d(f(x)) becomes f(max_pool2d(x)) as long as f is non-decreasing and alike for all pixels: monotone operations,
and the addition of a bias per channel.
"""

from __future__ import annotations

from dataclasses import replace

from planish.graph.graph import Graph
from planish.graph.node import Node
from planish.primitives.expression import operand_kind
from planish.primitives.registry import make, op_named


def move_pool_first(graph: Graph) -> Graph:
    if not graph.has_any(("max_pool2d",)):
        return graph
    used_once = graph.used_once()

    def moved_first(original: Node, node: Node) -> Node | None:
        tail: list[tuple[Node, int]] = []
        before, inner = original.inputs[0], node.inputs[0]
        while before in used_once and (position := _mapped_operand(inner)) is not None:
            tail.append((inner, position))
            before, inner = before.inputs[position], inner.inputs[position]
        if not tail:
            return None
        result = replace(make(node.op, [inner], node.settings), layers=node.layers)
        for step, position in reversed(tail):
            inputs = list(step.inputs)
            inputs[position] = result
            result = replace(make(step.op, inputs, step.settings), layers=step.layers)
        return result

    return graph.rewrite_knowing(moved_first, only=("max_pool2d",))


def _mapped_operand(node: Node) -> int | None:
    """The operand that a non-decreasing operation maps pixel by pixel; None for other operations."""
    if op_named(node.op).is_monotone(node.settings):
        return 0
    if node.op != "add":
        return None
    for position in (0, 1):
        operand, other = node.inputs[position], node.inputs[1 - position]
        alike = not other.batched and operand_kind(other.type, node.type) in ("scalar", "channel")
        if operand.batched and operand.type == node.type and alike:
            return position
    return None
