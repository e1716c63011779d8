"""The same node with the operation that a kernel computes as its base."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from planish.graph.node import Node
from planish.primitives.broadcast_to import broadcast_to
from planish.primitives.expression import operand_kind
from planish.primitives.registry import make
from planish.primitives.reshape import reshape


def base_of(node: Node) -> str:
    """The operation of a node, or the one that its element-wise tail follows."""
    return str(node.attributes["base"]) if node.op == "fused" else node.op


def settings_of(node: Node) -> dict[str, Any]:
    return dict(node.attributes["settings"]) if node.op == "fused" else dict(node.attributes)


def rebased(node: Node, base: str, inputs: tuple[Node, ...], settings: dict[str, Any]) -> Node:
    """The node with another base operation on other operands, its tail unchanged."""
    if node.op != "fused":
        return replace(make(base, inputs, **settings), layers=node.layers)
    tail = node.inputs[node.attributes["arity"] :]
    changed = {"base": base, "settings": tuple(sorted(settings.items())), "arity": len(inputs)}
    return replace(make("fused", (*inputs, *tail), **{**node.attributes, **changed}), layers=node.layers)


def rebased_with_flat_rows(node: Node, base: str, inputs: tuple[Node, Node], settings: dict[str, Any]) -> Node:
    """`rebased` for an operation whose result is [rows, columns * channels]; so are the operands of its tail."""
    rows, columns, channels = node.shape
    if node.op == "fused":
        extra = [_with_flat_rows(operand, node) for operand in node.inputs[2:]]
        node = replace(node, inputs=(*node.inputs[:2], *extra))
    return replace(reshape(rebased(node, base, inputs, settings), (rows, columns, channels)), layers=node.layers)


def _with_flat_rows(operand: Node, node: Node) -> Node:
    rows, columns, channels = node.shape
    kind = operand_kind(operand.type, node.type)
    if kind == "full":
        return reshape(operand, (rows, columns * channels))
    if kind == "channel":
        repeated = broadcast_to(reshape(operand, (1, channels)), (columns, channels))
        return reshape(repeated, (columns * channels,))
    return operand
