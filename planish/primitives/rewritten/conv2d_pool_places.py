"""The place in its window of each maximum of a convolution, i8: those that `conv2d_pool` computes."""

from __future__ import annotations

from collections.abc import Sequence

from planish.graph.node import Node, TensorType
from planish.primitives.registry import Array, Environment, register_rewritten
from planish.primitives.rewritten import conv2d_pool
from planish.primitives.rewritten.conv2d_pool import Conv2DPoolSettings
from planish.primitives.rewritten.pool_places import places_of_maxima


def _infer(inputs: Sequence[TensorType], settings: Conv2DPoolSettings) -> TensorType:
    return TensorType(conv2d_pool.infer(inputs, settings).shape, "i8")


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    window = Conv2DPoolSettings.of(node).window
    return places_of_maxima(conv2d_pool.unpooled(arrays, node, environment), node.shape, window, window)


register_rewritten("conv2d_pool_places", Conv2DPoolSettings, _infer, _reference)
