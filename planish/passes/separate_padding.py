"""Gives convolutions and maxima maps that have their border already.

Kernels then never check whether a pixel is inside.
"""

from __future__ import annotations

import math
from dataclasses import replace
from types import MappingProxyType

from planish.graph.graph import Graph
from planish.graph.node import Node, layer_scope
from planish.primitives.conv2d_pool_gradients import conv2d_pool_input_grad
from planish.primitives.crop2d import crop2d
from planish.primitives.pad2d import pad2d
from planish.primitives.pool2d_gradients import max_pool2d_grad
from planish.primitives.windows import NO_PADDING

_BORDERS = {
    "conv2d": 0.0,
    "conv2d_pool": 0.0,
    "conv2d_pool_places": 0.0,
    "conv2d_pool_weight_grad": 0.0,
    "conv2d_weight_grad": 0.0,
    "max_pool2d": -math.inf,
}


def separate_padding(graph: Graph) -> Graph:
    return graph.rewrite(_separated)


def _separated(node: Node) -> Node | None:
    if node.op == "max_pool2d_grad":
        return _separated_pool_gradient(node)
    if node.op == "conv2d_pool_input_grad":
        return _separated_input_gradient(node)
    if node.op not in _BORDERS or node.attributes["padding"] == NO_PADDING:
        return None
    x, *rest = node.inputs
    with layer_scope(", ".join(node.layers)):
        border = pad2d(x, node.attributes["padding"], _BORDERS[node.op])
    attributes = MappingProxyType({**node.attributes, "padding": NO_PADDING})
    return replace(node, inputs=(border, *rest), attributes=attributes)


def _separated_pool_gradient(node: Node) -> Node | None:
    padding = node.attributes["padding"]
    if padding == NO_PADDING:
        return None
    x, g = node.inputs
    with layer_scope(", ".join(node.layers)):
        border = pad2d(x, padding, -math.inf)
        whole = max_pool2d_grad(border, g, node.attributes["window"], node.attributes["strides"], NO_PADDING)
        return crop2d(whole, padding)


def _separated_input_gradient(node: Node) -> Node | None:
    """The gradient of the map with its border, then without it."""
    padding = node.attributes["padding"]
    if padding == NO_PADDING:
        return None
    height, width, channels = node.shape
    bordered = (height + sum(padding[0]), width + sum(padding[1]), channels)
    settings = {**node.attributes, "input_shape": bordered, "padding": NO_PADDING}
    with layer_scope(", ".join(node.layers)):
        return crop2d(conv2d_pool_input_grad(*node.inputs, **settings), padding)
