"""Where in its window each maximum of a pool is: what the gradient of the pool needs to know, one byte per window.

The maximum of a window that holds NaN is NaN, and its place is the first one if that is NaN, else that of the largest
number, as in TensorFlow. A window that an activation switched off has none: `gate_places` says so, and no gradient
passes there.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planish.graph.node import Attributes, Node, TensorType
from planish.primitives.mistake import mistake
from planish.primitives.pool2d import infer as infer_pool
from planish.primitives.registry import Array, Environment, make, register
from planish.primitives.windows import NO_PADDING, pair, tap_slices, taps

MOST_PLACES = 127
NO_PLACE = -1


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
    """i8[n, rows, columns, c]: the first place, row by row, that has the maximum of its window."""
    seen = np.stack([x[:, *tap_slices(tap, extents, strides)] for tap in taps(window)])
    places: Array = first_maxima(seen).astype(np.int8)
    return places


def first_maxima(seen: Array) -> Array:
    """The first place along axis 0 of the largest number; 0 where the value there is NaN, as TensorFlow has it."""
    places: Array = np.where(np.isnan(seen), -np.inf, seen).argmax(axis=0)
    return np.where(np.isnan(seen[0]), 0, places)


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    (x,) = arrays
    return places_of_maxima(x, node.shape, node.attributes["window"], node.attributes["strides"])


def _infer_gated(inputs: Sequence[TensorType], attributes: Attributes) -> TensorType:
    places, y = inputs
    if places != TensorType(y.shape, "i8"):
        raise mistake("places do not belong to what switches them off", expected=f"i8 for {y}", received=f"{places}")
    return places


def gated(places: Array, y: Array) -> Array:
    """`NO_PLACE` where `y` is not positive."""
    kept: Array = np.where(y > 0, places, np.int8(NO_PLACE))
    return kept


def _gate(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    return gated(*arrays)


def _infer_sum(inputs: Sequence[TensorType], attributes: Attributes) -> TensorType:
    places, g = inputs
    if places != TensorType(g.shape, "i8"):
        raise mistake("places do not belong to a gradient", expected=f"i8 for {g}", received=f"{places}")
    return TensorType(g.shape[-1:], batched=False)


def _sum(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    places, g = arrays
    total: Array = np.where(places != NO_PLACE, g, 0).sum(axis=(0, 1, 2), dtype=environment.dtype)
    return total


register("pool_places", _infer, _reference, None)
register("gate_places", _infer_gated, _gate, None)
register("placed_sum", _infer_sum, _sum, None)


def pool_places(x: Node, window: Sequence[int], strides: Sequence[int]) -> Node:
    """`x` f32[N, h, w, c] -> i8[N, rows, columns, c]: the first place (row by row) of each window's maximum."""
    return make("pool_places", [x], window=pair(window), strides=pair(strides))


def gate_places(places: Node, y: Node) -> Node:
    """`places` where `y` f32 of their shape is positive, `NO_PLACE` elsewhere."""
    return make("gate_places", [places, y])


def placed_sum(places: Node, g: Node) -> Node:
    """`places` i8 and `g` f32 [N, rows, columns, c] -> f32[c]: the sum of all `g` that have a place."""
    return make("placed_sum", [places, g])
