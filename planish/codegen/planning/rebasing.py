"""The same node with the operation that a kernel computes as its base."""

from __future__ import annotations

from dataclasses import replace

from planish.graph.node import Node
from planish.graph.settings import NO_SETTINGS, Settings
from planish.primitives.broadcast_to import broadcast_to
from planish.primitives.expression import operand_kind
from planish.primitives.registry import make
from planish.primitives.reshape import reshape
from planish.primitives.rewritten.fused import FusedSettings


def rebased(node: Node, base: str, inputs: tuple[Node, ...], settings: Settings = NO_SETTINGS) -> Node:
    """The node with another base operation on other operands, its tail unchanged."""
    if node.op != "fused":
        return replace(make(base, inputs, settings), layers=node.layers)
    own = FusedSettings.of(node)
    changed = own.changed(base=base, settings=settings, arity=len(inputs))
    return replace(make("fused", (*inputs, *node.inputs[own.arity :]), changed), layers=node.layers)


def rebased_with_flat_rows(node: Node, base: str, inputs: tuple[Node, Node], settings: Settings) -> Node:
    """`rebased` for an operation whose result is [rows, columns * channels]; so are the operands of its tail."""
    rows, columns, channels = node.shape
    if node.op == "fused":
        extra = [_with_flat_rows(operand, node) for operand in node.inputs[2:]]
        node = replace(node, inputs=(*node.inputs[:2], *extra))
    return replace(reshape(rebased(node, base, inputs, settings), (rows, columns, channels)), layers=node.layers)


def repeated_channels(x: Node, filters: int) -> Node:
    """A map with each channel so often that there is one for each filter of a convolution of single channels."""
    rows, columns, channels = x.shape
    if channels == filters:
        return x
    each = broadcast_to(reshape(x, (rows, columns, channels, 1)), (rows, columns, channels, filters // channels))
    return replace(reshape(each, (rows, columns, filters)), layers=x.layers)


def _with_flat_rows(operand: Node, node: Node) -> Node:
    rows, columns, channels = node.shape
    kind = operand_kind(operand.type, node.type)
    if kind == "full":
        return reshape(operand, (rows, columns * channels))
    if kind == "channel":
        repeated = broadcast_to(reshape(operand, (1, channels)), (columns, channels))
        return reshape(repeated, (columns * channels,))
    return operand
