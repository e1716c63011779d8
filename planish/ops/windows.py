"""The arithmetic of sliding windows, shared by convolutions and pools."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

import numpy as np

from planish.errors import explain
from planish.graph.node import current_layers
from planish.ops.registry import Array

Pair = tuple[int, int]
Padding = tuple[Pair, Pair]
NO_PADDING: Padding = ((0, 0), (0, 0))


def pair(values: Sequence[int]) -> Pair:
    first, second = values
    return int(first), int(second)


def padding_of(values: Sequence[Sequence[int]]) -> Padding:
    rows, columns = values
    return pair(rows), pair(columns)


def output_extents(
    what: str, shape: Sequence[int], window: Sequence[int], strides: Sequence[int], padding: Sequence[Pair], dilation: Sequence[int] = (1, 1)
) -> Pair:
    """Rows and columns of the result: floor((extent + padding - reach) / stride) + 1, where a window reaches dilation * (size - 1) + 1 far."""
    extents = []
    for axis, name in enumerate(("rows", "columns")):
        padded = shape[axis] + sum(padding[axis])
        reach = dilation[axis] * (window[axis] - 1) + 1
        if reach > padded:
            raise ValueError(
                explain(
                    what=f"The window of a {what} is larger than the map that it moves over",
                    layer=", ".join(current_layers()) or None,
                    rule=f"a window that reaches over {reach} {name} needs a map of at least that many",
                    expected=f"at least {reach} {name}",
                    received=f"{padded} {name} (a map of {shape[0]}x{shape[1]}, padding included)",
                    remedy="use larger images, a smaller window, padding='same', or fewer pooling layers before this one",
                )
            )
        extents.append((padded - reach) // strides[axis] + 1)
    return extents[0], extents[1]


def padded(x: Array, padding: Padding, value: float = 0.0) -> Array:
    """Images [n, h, w, c] with a border."""
    if padding == NO_PADDING:
        return x
    return np.pad(x, ((0, 0), *padding, (0, 0)), constant_values=value)


def taps(window: Sequence[int]) -> Iterator[Pair]:
    """Every place in a window, row by row."""
    return product(range(window[0]), range(window[1]))


def tap_slices(tap: Pair, extents: Sequence[int], strides: Sequence[int], dilation: Sequence[int] = (1, 1)) -> tuple[slice, slice]:
    """The rows and columns of a padded map that one place of the window meets as the window moves."""
    return tuple(  # type: ignore[return-value]
        slice(tap[axis] * dilation[axis], tap[axis] * dilation[axis] + (extents[axis] - 1) * strides[axis] + 1, strides[axis])
        for axis in (0, 1)
    )
