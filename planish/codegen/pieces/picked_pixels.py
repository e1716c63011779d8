"""The pixels by which the maxima of windows are multiplied, picked by lanes: for kernels of few values.

    rows = the rows of x that a window's places see, a vector each: windows columns * cin values from its first pixel on
    for tap (a, b), channel c of the kernel:
        sums[a, b, c] += rows[place's row + a][place's column + b, c] * g          # the place is each lane's own

A lane of `g` is a filter's, and its place says which pixel of the window counts: a permutation by lanes finds that in a
register, so that a window takes one product, where expanding it takes one for each of its pixels. It needs a target
that permutes by lanes, windows of at most two rows, and rows of a window that fit a vector.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from planish.codegen.llvm.element_type import F32
from planish.codegen.llvm.function import Function, Pointer, Value
from planish.codegen.llvm.target import Target
from planish.primitives.rewritten.conv2d_pool_weight_grad import Conv2DPoolWeightGradSettings

MOST_ROWS = 2


@dataclass(frozen=True, slots=True)
class Tap:
    """One value of the kernel: the row and the column of its pixel from the first of a patch, and its channel."""

    row: int
    column: int
    channel: int


def row_length(settings: Conv2DPoolWeightGradSettings) -> int:
    """Values in a row of x that the pixels of one row of a window see."""
    _, kernel_columns, channels, _ = settings.kernel_shape
    places = settings.window[1]
    return ((places - 1) * settings.strides[1] + (kernel_columns - 1) * settings.dilation[1] + 1) * channels


def picks(settings: Conv2DPoolWeightGradSettings, target: Target) -> bool:
    """Whether the target can do this for these windows."""
    rows, columns = settings.window
    fits = rows <= MOST_ROWS and rows * columns <= target.lanes and row_length(settings) <= target.lanes
    return target.permutes_lanes and fits


def products(
    f: Function,
    settings: Conv2DPoolWeightGradSettings,
    shape: Sequence[int],
    taps: Sequence[Tap],
    patch: Pointer,
    places: Value,
    g: Value,
    sums: Sequence[Value],
) -> list[Value]:
    """The sums with what one window adds; `g` is zero where there is no place."""
    _, width, channels = shape
    rows, columns = settings.window
    down, across = settings.strides
    mask = f.tail_mask(row_length(settings))
    seen: dict[int, Value] = {}

    def row_of(number: int) -> Value:
        if number not in seen:
            seen[number] = f.load(patch, F32.nbytes * number * width * channels, mask)
        return seen[number]

    start = f.looked_up([i * f.lanes + j * across * channels for i, j in product(range(rows), range(columns))], places)
    totals = []
    for tap, total in zip(taps, sums, strict=True):
        pixel = f.integer("add", start, f.integer_constant(tap.column * channels + tap.channel))
        tables = [row_of(tap.row + i * down) for i in range(rows)]
        totals.append(f.fma(f.permuted(tables, pixel), g, total))
    return totals
