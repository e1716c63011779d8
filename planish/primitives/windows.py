"""The arithmetic of sliding windows, shared by convolutions and pools."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

import numpy as np

from planish.graph.node import TensorType, type_of_numbers
from planish.primitives.mistake import mistake, too_small
from planish.primitives.registry import Array

Pair = tuple[int, int]
Padding = tuple[Pair, Pair]
NO_PADDING: Padding = ((0, 0), (0, 0))


def pair(values: Sequence[int]) -> Pair:
    first, second = values
    return int(first), int(second)


def padding_of(values: Sequence[Sequence[int]]) -> Padding:
    rows, columns = values
    return pair(rows), pair(columns)


def check_map(what: str, x: TensorType) -> None:
    """ValueError unless `x` is a map of f32 values: [N, h, w, c]."""
    if len(x.shape) != 3 or x.dtype != type_of_numbers() or not x.batched:
        raise mistake(
            f"{what} takes a map",
            expected=f"{type_of_numbers()} values of shape (rows, columns, channels) for each image",
            received=x,
            remedy="give the channels axis: x[..., None]" if len(x.shape) == 2 else None,
        )


def output_extents(
    what: str,
    shape: Sequence[int],
    window: Sequence[int],
    strides: Sequence[int],
    padding: Sequence[Pair],
    dilation: Sequence[int] = (1, 1),
) -> Pair:
    """Rows and columns of the result: floor((extent + padding - reach) / stride) + 1.

    A window reaches over dilation * (size - 1) + 1 pixels. ValueError if that is more than there are, or for
    impossible sizes.
    """
    if min(*window, *strides, *dilation) < 1 or min(*padding[0], *padding[1]) < 0:
        raise mistake(
            f"the window of a {what} has impossible sizes",
            rule="window, strides and dilation are 1 or more, padding is 0 or more",
            received=f"window {window}, strides {strides}, padding {padding}, dilation {dilation}",
        )
    extents = []
    for axis, name in enumerate(("rows", "columns")):
        padded = shape[axis] + sum(padding[axis])
        reach = dilation[axis] * (window[axis] - 1) + 1
        if reach > padded:
            raise too_small(
                f"the window of a {what} is larger than the map that it moves over",
                rule=f"a window that reaches over {reach} {name} needs a map of at least that many",
                expected=f"at least {reach} {name}",
                received=f"{padded} {name} (a map of {shape[0]}x{shape[1]}, padding included)",
                remedy="use larger images, a smaller window, padding='same', or fewer pooling layers before this one",
            )
        extents.append((padded - reach) // strides[axis] + 1)
    return extents[0], extents[1]


def padded(x: Array, padding: Padding, value: float = 0.0) -> Array:
    """Maps [n, h, w, c] with a border."""
    if padding == NO_PADDING:
        return x
    return np.pad(x, ((0, 0), *padding, (0, 0)), constant_values=value)


def taps(window: Sequence[int]) -> Iterator[Pair]:
    """Every position in a window, row by row."""
    return product(range(window[0]), range(window[1]))


def tap_slices(
    tap: Pair, extents: Sequence[int], strides: Sequence[int], dilation: Sequence[int] = (1, 1)
) -> tuple[slice, slice]:
    """The rows and columns of a padded map that one position of the window meets as the window moves."""
    rows, columns = (
        slice(start, start + (extents[axis] - 1) * strides[axis] + 1, strides[axis])
        for axis, start in enumerate((tap[0] * dilation[0], tap[1] * dilation[1]))
    )
    return rows, columns


def first_maxima(seen: Array) -> Array:
    """The first place along axis 0 of the largest number; 0 where the value there is NaN, as TensorFlow has it."""
    places: Array = np.where(np.isnan(seen), -np.inf, seen).argmax(axis=0)
    return np.where(np.isnan(seen[0]), 0, places)


def pooled(maps: Array, window: Pair) -> Array:
    """The maxima over windows that do not overlap; pixels beyond the last whole window are left out."""
    height, width = window
    rows, columns = maps.shape[1] // height, maps.shape[2] // width
    whole = maps[:, : rows * height, : columns * width]
    result: Array = whole.reshape(-1, rows, height, columns, width, maps.shape[3]).max(axis=(2, 4))
    return result
