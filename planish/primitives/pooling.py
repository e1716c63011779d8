"""What pools have in common: their settings, their shape rule, and which pixels a window sees."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planish.graph.node import Node, TensorType
from planish.graph.settings import Settings
from planish.primitives.mistake import mistake
from planish.primitives.reaching import Reached, window
from planish.primitives.regions import Region
from planish.primitives.registry import Array
from planish.primitives.windows import (
    Padding,
    Pair,
    check_map,
    output_extents,
    padded,
    padding_of,
    pair,
    tap_slices,
    taps,
)


class WindowSettings(Settings):
    window: Pair
    strides: Pair


class PoolSettings(WindowSettings):
    padding: Padding


def pool_settings(window: Sequence[int], strides: Sequence[int], padding: Sequence[Sequence[int]]) -> PoolSettings:
    return PoolSettings(window=pair(window), strides=pair(strides), padding=padding_of(padding))


def infer(inputs: Sequence[TensorType], settings: PoolSettings) -> TensorType:
    """The type of the result. ValueError if map, window and padding do not go together."""
    (x,) = inputs
    check_map("pooling", x)
    window, padding = settings.window, settings.padding
    rows, columns = output_extents("pool", x.shape, window, settings.strides, padding)
    if max(padding[0]) >= window[0] or max(padding[1]) >= window[1]:
        raise mistake(
            "a pool has windows that see nothing but padding",
            rule="padding is smaller than the window",
            received=f"window {window}, padding {padding}",
        )
    return TensorType((rows, columns, x.shape[2]))


def pixels_in_windows(shape: Sequence[int], settings: PoolSettings, extents: Sequence[int]) -> Array:
    """How many real pixels each window sees: [rows, columns, 1]."""
    source = padded(np.ones((1, shape[0], shape[1], 1)), settings.padding)
    seen = [source[:, *tap_slices(tap, extents, settings.strides)] for tap in taps(settings.window)]
    counts: Array = np.add.reduce(seen)[0]
    return counts


def check_gradient(x: TensorType, settings: PoolSettings, *types: TensorType) -> None:
    """ValueError unless `types` are those of the pooled `x`."""
    result = infer([x], settings)
    if any(type_ != result for type_ in types):
        received = " and ".join(map(str, types))
        raise mistake("a gradient does not have the type of its pool", expected=result, received=received)


def cropped(x: Array, settings: PoolSettings, shape: Sequence[int]) -> Array:
    """Maps without the border that the pool gave them."""
    (top, _), (left, _) = settings.padding
    return x[:, top : top + shape[0], left : left + shape[1]]


def reach(node: Node, region: Region) -> Reached:
    settings = PoolSettings.of(node)
    rows, columns = (
        window(region[axis], settings.window[axis], settings.strides[axis], settings.padding[axis][0])
        for axis in (0, 1)
    )
    yield node.inputs[0], (rows, columns, region[2])
