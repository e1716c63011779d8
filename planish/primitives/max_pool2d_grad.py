"""The gradient of a maximum over windows.

The first pixel in a window (row by row) that has the maximum gets the window's gradient; windows that overlap add up.
Where a window holds NaN, `windows.first_maxima` says which pixel does.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planish.graph.node import Node, TensorType
from planish.primitives.pooling import PoolSettings, check_gradient, cropped
from planish.primitives.registry import Array, Environment, make, register_gradient
from planish.primitives.windows import first_maxima, padded, tap_slices, taps


def _infer(inputs: Sequence[TensorType], settings: PoolSettings) -> TensorType:
    x, g = inputs
    check_gradient(x, settings, g)
    return x


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    x, g = arrays
    settings = PoolSettings.of(node)
    source = padded(x, settings.padding, -np.inf)
    result = np.zeros_like(source)
    inside = padded(np.ones((1, *node.shape[:2], 1)), settings.padding) > 0
    pixels = [(slice(None), *tap_slices(tap, g.shape[1:3], settings.strides)) for tap in taps(settings.window)]
    places = first_maxima(np.stack([source[pixel] for pixel in pixels]))
    within = np.stack([inside[pixel][0, :, :, 0] for pixel in pixels])
    row, column = np.ogrid[: g.shape[1], : g.shape[2]]
    in_map = within[places, row[..., None], column[..., None]]
    places = np.where(in_map, places, within.argmax(0)[..., None])  # no pixel is larger than the border
    for number, pixel in enumerate(pixels):
        result[pixel] += np.where(places == number, g, 0)
    return cropped(result, settings, node.shape)


register_gradient("max_pool2d_grad", PoolSettings, _infer, _reference)


def max_pool2d_grad(x: Node, g: Node, settings: PoolSettings) -> Node:
    """`x` f32[N, h, w, c] and `g` f32[N, rows, columns, c], of the pool of x with these settings -> f32[N, h, w, c]."""
    return make("max_pool2d_grad", [x, g], settings)
