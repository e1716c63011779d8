"""Gives convolutions and maxima maps that have their border already.

Kernels then never check whether a pixel is inside.
"""

from __future__ import annotations

import math
from dataclasses import replace

from planish.graph.graph import Graph
from planish.graph.node import Node, layer_scope
from planish.graph.settings import Settings
from planish.primitives.crop2d import crop2d
from planish.primitives.max_pool2d_grad import max_pool2d_grad
from planish.primitives.pad2d import pad2d
from planish.primitives.pooling import PoolSettings
from planish.primitives.rewritten.conv2d_pool_input_grad import Conv2DPoolInputGradSettings, conv2d_pool_input_grad
from planish.primitives.windows import NO_PADDING, Padding


class BorderSettings(Settings):
    """What the operations below have in common."""

    padding: Padding


_BORDERS = {
    "conv2d": 0.0,
    "conv2d_pool": 0.0,
    "conv2d_pool_places": 0.0,
    "conv2d_pool_weight_grad": 0.0,
    "conv2d_weight_grad": 0.0,
    "max_pool2d": -math.inf,
}


def separate_padding(graph: Graph) -> Graph:
    return graph.rewrite(_separated, only=(*_BORDERS, "max_pool2d_grad", "conv2d_pool_input_grad"))


def _separated(node: Node) -> Node | None:
    if node.op == "max_pool2d_grad":
        return _separated_pool_gradient(node)
    if node.op == "conv2d_pool_input_grad":
        return _separated_input_gradient(node)
    padding = _padding_of(node)
    if padding == NO_PADDING:
        return None
    x, *rest = node.inputs
    with layer_scope(", ".join(node.layers)):
        border = pad2d(x, padding, _BORDERS[node.op])
    return replace(node, inputs=(border, *rest), settings=node.settings.changed(padding=NO_PADDING))


def _padding_of(node: Node) -> Padding:
    return BorderSettings.part_of(node.settings).padding


def _separated_pool_gradient(node: Node) -> Node | None:
    settings = PoolSettings.of(node)
    if settings.padding == NO_PADDING:
        return None
    x, g = node.inputs
    with layer_scope(", ".join(node.layers)):
        border = pad2d(x, settings.padding, -math.inf)
        return crop2d(max_pool2d_grad(border, g, settings.changed(padding=NO_PADDING)), settings.padding)


def _separated_input_gradient(node: Node) -> Node | None:
    """The gradient of the map with its border, then without it."""
    settings = Conv2DPoolInputGradSettings.of(node)
    padding = settings.padding
    if padding == NO_PADDING:
        return None
    height, width, channels = node.shape
    bordered = (height + sum(padding[0]), width + sum(padding[1]), channels)
    places, g, w = node.inputs
    own = settings.changed(input_shape=bordered, padding=NO_PADDING)
    with layer_scope(", ".join(node.layers)):
        return crop2d(conv2d_pool_input_grad(places, g, w, own), padding)
