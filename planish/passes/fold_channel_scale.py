"""A factor per output channel goes into the weights, so that batch normalization after a convolution costs nothing at
inference.

conv2d(x, w) * s becomes conv2d(x, w * s), (y + b) * s becomes y * s + b * s, and (y + b) + c becomes y + (b + c), where
s, b and c belong to no image and have one entry per channel (or one in all). Weights are folded once per change of the
weights.
"""

from __future__ import annotations

from dataclasses import replace

from planish.graph.graph import Graph
from planish.graph.node import Node, found_or
from planish.primitives.expression import operand_kind
from planish.primitives.registry import make
from planish.primitives.reshape import reshape

_WEIGHTED = {"conv2d", "dense"}


def fold_channel_scale(graph: Graph) -> Graph:
    if graph.updates:
        return graph  # in training the weights change every step: folding would cost more than it saves
    used_once = graph.used_once()

    def folded(original: Node, node: Node) -> Node | None:
        if node.op == "add":
            return _joined(original, node, used_once)
        for position in (0, 1):
            scaled, scale = node.inputs[position], node.inputs[1 - position]
            before = original.inputs[position]
            if scaled.type == node.type and _per_channel(scale, node) and before in used_once:
                return _scaled(before, scaled, scale, used_once)
        return None

    return graph.rewrite_knowing(folded, only=("add", "multiply"))


def _joined(original: Node, node: Node, used_once: set[Node]) -> Node | None:
    """What is added to the channels of a convolution or a dense layer, as one value."""
    for position in (0, 1):
        inner, own = node.inputs[position], node.inputs[1 - position]
        if inner.op != "add" or inner.type != node.type or not _per_channel(own, node):
            continue
        if original.inputs[position] not in used_once:
            continue
        for place in (0, 1):
            y, bias = inner.inputs[place], inner.inputs[1 - place]
            if y.op in _WEIGHTED and y.type == node.type and _per_channel(bias, node):
                return make("add", [y, make("add", [_flat(bias), _flat(own)])])
    return None


def _scaled(original: Node, node: Node, scale: Node, used_once: set[Node]) -> Node | None:
    if node.op in _WEIGHTED:
        x, w = node.inputs
        return replace(node, inputs=(x, make("multiply", [w, _flat(scale)])))
    if node.op == "add":
        for position in (0, 1):
            inner, bias = node.inputs[position], node.inputs[1 - position]
            alone = len(original.inputs) == 2 and original.inputs[position] in used_once
            if alone and inner.op in _WEIGHTED and inner.type == node.type and _per_channel(bias, node):
                moved = found_or(_scaled(original.inputs[position], inner, scale, used_once), inner)
                return make("add", [moved, make("multiply", [_flat(bias), _flat(scale)])])
    return None


def _flat(operand: Node) -> Node:
    """Without leading axes of extent one, so that it goes with the last axis of anything."""
    if len(operand.shape) <= 1:
        return operand
    return reshape(operand, operand.shape[-1:])


def _per_channel(operand: Node, result: Node) -> bool:
    return not operand.batched and operand_kind(operand.type, result.type) in ("scalar", "channel")
