"""The maximum over windows of a map, channel by channel. Its border is minus infinity."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planish.graph.node import Node
from planish.primitives.pooling import PoolSettings, infer, pool_settings, reach
from planish.primitives.registry import NO_PRODUCTS, NOT_LINEAR, Array, Environment, Primitive, make, register
from planish.primitives.windows import NO_PADDING, padded, tap_slices, taps


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    (x,) = arrays
    settings = PoolSettings.of(node)
    source = padded(x, settings.padding, -np.inf)
    seen = [source[:, *tap_slices(tap, node.shape, settings.strides)] for tap in taps(settings.window)]
    result: Array = np.maximum.reduce(seen)
    return result


def _grad(node: Node, g: Node) -> Sequence[Node | None]:
    from planish.primitives.max_pool2d_grad import max_pool2d_grad

    return [max_pool2d_grad(node.inputs[0], g, PoolSettings.of(node))]


register(
    Primitive(
        name="max_pool2d",
        settings=PoolSettings,
        infer=infer,
        reference=_reference,
        gradient=_grad,
        reach=reach,
        linear=NOT_LINEAR,
        tail=True,
        monotone=False,
        elementwise=False,
        multiply_adds=NO_PRODUCTS,
    )
)


def max_pool2d(
    x: Node, window: Sequence[int], strides: Sequence[int], padding: Sequence[Sequence[int]] = NO_PADDING
) -> Node:
    """`x` f32[N, h, w, c] -> f32[N, rows, columns, c]: the maximum of each window, NaN if one of its pixels is."""
    return make("max_pool2d", [x], pool_settings(window, strides, padding))
