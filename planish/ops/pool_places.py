"""Where in its window each maximum of a pool is: what the gradient of the pool needs to know, in a byte a window."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planish.graph.node import Attributes, Node, TensorType
from planish.ops.mistake import mistake
from planish.ops.pool2d import infer as infer_pool
from planish.ops.registry import Array, Environment, make, register
from planish.ops.windows import NO_PADDING, pair, tap_slices, taps

MOST_PLACES = 127


def _infer(inputs: Sequence[TensorType], attributes: Attributes) -> TensorType:
    window = attributes["window"]
    if window[0] * window[1] > MOST_PLACES:
        raise mistake(
            "places in a window are counted in a byte",
            expected=f"a window of at most {MOST_PLACES} pixels",
            received=f"window {window}",
        )
    pooled = infer_pool(inputs, {**attributes, "padding": NO_PADDING})
    return TensorType(pooled.shape, "i8")


def places_of_maxima(x: Array, extents: Sequence[int], window: Sequence[int], strides: Sequence[int]) -> Array:
    """i8[n, rows, columns, c]: the first place, row by row, that holds the maximum of its window or NaN."""
    seen = np.stack([x[:, *tap_slices(tap, extents, strides)] for tap in taps(window)])
    places: Array = seen.argmax(axis=0).astype(np.int8)
    return places


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    (x,) = arrays
    return places_of_maxima(x, node.shape, node.attributes["window"], node.attributes["strides"])


register("pool_places", _infer, _reference, None)


def pool_places(x: Node, window: Sequence[int], strides: Sequence[int]) -> Node:
    """`x` f32[N, h, w, c] -> i8[N, rows, columns, c]: the first place (row by row) of each window's maximum, or NaN."""
    return make("pool_places", [x], window=pair(window), strides=pair(strides))
