"""Gradients of pools.

Maximum: the first pixel in a window (row by row) that has the maximum gets the window's gradient; windows that
overlap add up. Where a window holds NaN, `pool_places` says which one does.
Average: each real pixel of a window gets the window's gradient divided by their number.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planish.graph.node import Attributes, Node, TensorType
from planish.primitives.mistake import mistake
from planish.primitives.pool2d import infer, pixels_in_windows
from planish.primitives.pool_places import first_maxima
from planish.primitives.registry import Array, Environment, make, register
from planish.primitives.windows import padded, padding_of, pair, tap_slices, taps


def _infer_maximum(inputs: Sequence[TensorType], attributes: Attributes) -> TensorType:
    x, g = inputs
    _check(x, attributes, g)
    return x


def _check(x: TensorType, attributes: Attributes, *types: TensorType) -> None:
    """ValueError unless `types` are those of the pooled `x`."""
    result = infer([x], attributes)
    if any(type_ != result for type_ in types):
        received = " and ".join(map(str, types))
        raise mistake("a gradient does not have the type of its pool", expected=result, received=received)


def _crop(x: Array, attributes: Attributes, shape: Sequence[int]) -> Array:
    (top, _), (left, _) = attributes["padding"]
    return x[:, top : top + shape[0], left : left + shape[1]]


def _maximum_grad(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    x, g = arrays
    settings = node.attributes
    source = padded(x, settings["padding"], -np.inf)
    result = np.zeros_like(source)
    inside = padded(np.ones((1, *node.shape[:2], 1)), settings["padding"]) > 0
    pixels = [(slice(None), *tap_slices(tap, g.shape[1:3], settings["strides"])) for tap in taps(settings["window"])]
    places = first_maxima(np.stack([source[pixel] for pixel in pixels]))
    within = np.stack([inside[pixel][0, :, :, 0] for pixel in pixels])
    row, column = np.ogrid[: g.shape[1], : g.shape[2]]
    in_map = within[places, row[..., None], column[..., None]]
    places = np.where(in_map, places, within.argmax(0)[..., None])  # no pixel is larger than the border
    for number, pixel in enumerate(pixels):
        result[pixel] += np.where(places == number, g, 0)
    return _crop(result, settings, node.shape)


def _infer_average(inputs: Sequence[TensorType], attributes: Attributes) -> TensorType:
    x = TensorType(attributes["input_shape"])
    _check(x, attributes, *inputs)
    return x


def _average_grad(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    (g,) = arrays
    settings = node.attributes
    share = g / pixels_in_windows(node.shape[:2], settings, g.shape[1:3]).astype(g.dtype)
    result = padded(np.zeros((len(g), *node.shape), g.dtype), settings["padding"])
    for tap in taps(settings["window"]):
        result[:, *tap_slices(tap, g.shape[1:3], settings["strides"])] += share
    return _crop(result, settings, node.shape)


register("max_pool2d_grad", _infer_maximum, _maximum_grad, None)
register("average_pool2d_grad", _infer_average, _average_grad, None)


def max_pool2d_grad(
    x: Node, g: Node, window: Sequence[int], strides: Sequence[int], padding: Sequence[Sequence[int]]
) -> Node:
    """`x` f32[N, h, w, c] and `g` f32[N, rows, columns, c], of max_pool2d(x) -> f32[N, h, w, c]."""
    return make("max_pool2d_grad", [x, g], window=pair(window), strides=pair(strides), padding=padding_of(padding))


def average_pool2d_grad(
    g: Node, input_shape: Sequence[int], window: Sequence[int], strides: Sequence[int], padding: Sequence[Sequence[int]]
) -> Node:
    """`g` f32[N, rows, columns, c] -> f32[N, *input_shape]."""
    return make(
        "average_pool2d_grad",
        [g],
        input_shape=tuple(input_shape),
        window=pair(window),
        strides=pair(strides),
        padding=padding_of(padding),
    )
