"""Maximum and average over windows of a map, channel by channel.

The border of a maximum is minus infinity; an average divides by the pixels of its window that are in the map ('same' in
Keras).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from planish.graph.node import Attributes, Node, TensorType
from planish.primitives.mistake import mistake
from planish.primitives.registry import Array, Environment, make, register
from planish.primitives.windows import NO_PADDING, check_map, output_extents, padded, padding_of, pair, tap_slices, taps


def infer(inputs: Sequence[TensorType], attributes: Attributes) -> TensorType:
    """The type of the result. ValueError if map, window and padding do not go together."""
    (x,) = inputs
    check_map("pooling", x)
    window, padding = attributes["window"], attributes["padding"]
    rows, columns = output_extents("pool", x.shape, window, attributes["strides"], padding)
    if max(padding[0]) >= window[0] or max(padding[1]) >= window[1]:
        raise mistake(
            "a pool has windows that see nothing but padding",
            rule="padding is smaller than the window",
            received=f"window {window}, padding {padding}",
        )
    return TensorType((rows, columns, x.shape[2]))


def _maximum(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    (x,) = arrays
    settings = node.attributes
    source = padded(x, settings["padding"], -np.inf)
    seen = [source[:, *tap_slices(tap, node.shape, settings["strides"])] for tap in taps(settings["window"])]
    result: Array = np.maximum.reduce(seen)
    return result


def pixels_in_windows(shape: Sequence[int], settings: Attributes, extents: Sequence[int]) -> Array:
    """How many real pixels each window sees: [rows, columns, 1]."""
    source = padded(np.ones((1, shape[0], shape[1], 1)), settings["padding"])
    seen = [source[:, *tap_slices(tap, extents, settings["strides"])] for tap in taps(settings["window"])]
    counts: Array = np.add.reduce(seen)[0]
    return counts


def _average(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    (x,) = arrays
    settings = node.attributes
    source = padded(x, settings["padding"])
    seen = [source[:, *tap_slices(tap, node.shape, settings["strides"])] for tap in taps(settings["window"])]
    total: Array = np.add.reduce(seen) / pixels_in_windows(x.shape[1:3], settings, node.shape).astype(x.dtype)
    return total


def _maximum_grad(node: Node, g: Node) -> Sequence[Node | None]:
    from planish.primitives.pool2d_gradients import max_pool2d_grad

    settings: dict[str, Any] = dict(node.attributes)
    return [max_pool2d_grad(node.inputs[0], g, **settings)]


def _average_grad(node: Node, g: Node) -> Sequence[Node | None]:
    from planish.primitives.pool2d_gradients import average_pool2d_grad

    settings: dict[str, Any] = dict(node.attributes)
    return [average_pool2d_grad(g, node.inputs[0].shape, **settings)]


register("max_pool2d", infer, _maximum, _maximum_grad)
register("average_pool2d", infer, _average, _average_grad)


def max_pool2d(
    x: Node, window: Sequence[int], strides: Sequence[int], padding: Sequence[Sequence[int]] = NO_PADDING
) -> Node:
    """`x` f32[N, h, w, c] -> f32[N, rows, columns, c]: the maximum of each window, NaN if one of its pixels is."""
    return make("max_pool2d", [x], window=pair(window), strides=pair(strides), padding=padding_of(padding))


def average_pool2d(
    x: Node, window: Sequence[int], strides: Sequence[int], padding: Sequence[Sequence[int]] = NO_PADDING
) -> Node:
    """`x` f32[N, h, w, c] -> f32[N, rows, columns, c]: the mean of the pixels of each window that are in the map."""
    return make("average_pool2d", [x], window=pair(window), strides=pair(strides), padding=padding_of(padding))
