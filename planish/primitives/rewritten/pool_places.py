"""Where in its window each maximum of a pool is: what the gradient of the pool needs to know, one byte per window.

The maximum of a window that holds NaN is NaN, and its place is the first one if that is NaN, else that of the largest
number, as in TensorFlow. A window that an activation switched off has none: `gate_places` says so, and no gradient
passes there.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planish.graph.node import Node, TensorType
from planish.primitives.mistake import mistake
from planish.primitives.pooling import WindowSettings, pool_settings
from planish.primitives.pooling import infer as infer_pool
from planish.primitives.registry import Array, Environment, make, register_rewritten
from planish.primitives.windows import NO_PADDING, first_maxima, pair, tap_slices, taps

MOST_PLACES = 127
NO_PLACE = -1


def _infer(inputs: Sequence[TensorType], settings: WindowSettings) -> TensorType:
    window = settings.window
    if window[0] * window[1] > MOST_PLACES:
        raise mistake(
            "places in a window are counted in a byte",
            expected=f"a window of at most {MOST_PLACES} pixels",
            received=f"window {window}",
        )
    pooled = infer_pool(inputs, pool_settings(window, settings.strides, NO_PADDING))
    return TensorType(pooled.shape, "i8")


def places_of_maxima(x: Array, extents: Sequence[int], window: Sequence[int], strides: Sequence[int]) -> Array:
    """i8[n, rows, columns, c]: the first place, row by row, that has the maximum of its window."""
    seen = np.stack([x[:, *tap_slices(tap, extents, strides)] for tap in taps(window)])
    places: Array = first_maxima(seen).astype(np.int8)
    return places


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    (x,) = arrays
    settings = WindowSettings.of(node)
    return places_of_maxima(x, node.shape, settings.window, settings.strides)


register_rewritten("pool_places", WindowSettings, _infer, _reference)


def pool_places(x: Node, window: Sequence[int], strides: Sequence[int]) -> Node:
    """`x` f32[N, h, w, c] -> i8[N, rows, columns, c]: the first place (row by row) of each window's maximum."""
    return make("pool_places", [x], WindowSettings(window=pair(window), strides=pair(strides)))
