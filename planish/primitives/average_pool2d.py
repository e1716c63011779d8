"""The average over windows of a map, channel by channel: of the pixels of a window that are in the map ('same' in
Keras).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planish.graph.node import Node
from planish.primitives import linearity
from planish.primitives.pooling import PoolSettings, infer, pixels_in_windows, pool_settings, reach
from planish.primitives.registry import NO_PRODUCTS, Array, Environment, Primitive, make, register
from planish.primitives.windows import NO_PADDING, padded, tap_slices, taps


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    (x,) = arrays
    settings = PoolSettings.of(node)
    source = padded(x, settings.padding)
    seen = [source[:, *tap_slices(tap, node.shape, settings.strides)] for tap in taps(settings.window)]
    total: Array = np.add.reduce(seen) / pixels_in_windows(x.shape[1:3], settings, node.shape).astype(x.dtype)
    return total


def _grad(node: Node, g: Node) -> Sequence[Node | None]:
    from planish.primitives.average_pool2d_grad import average_pool2d_grad

    return [average_pool2d_grad(g, node.inputs[0].shape, PoolSettings.of(node))]


register(
    Primitive(
        name="average_pool2d",
        settings=PoolSettings,
        infer=infer,
        reference=_reference,
        gradient=_grad,
        reach=reach,
        linear=linearity.in_all,
        tail=True,
        monotone=False,
        elementwise=False,
        multiply_adds=NO_PRODUCTS,
    )
)


def average_pool2d(
    x: Node, window: Sequence[int], strides: Sequence[int], padding: Sequence[Sequence[int]] = NO_PADDING
) -> Node:
    """`x` f32[N, h, w, c] -> f32[N, rows, columns, c]: the mean of the pixels of each window that are in the map."""
    return make("average_pool2d", [x], pool_settings(window, strides, padding))
