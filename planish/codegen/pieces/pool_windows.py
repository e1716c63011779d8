"""Walks over the windows of a map, and over the pixels of a window."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product

from planish.codegen.llvm.function import Function, Index, Pointer, Value
from planish.codegen.llvm.target import Target
from planish.codegen.pieces.kernel import Spec
from planish.primitives.pooling import WindowSettings

Body = Callable[[Index, Index, Index, str | None], None]  # row, column, channel, mask

MOST_TAPS = 16  # of a window that is written out


def for_each_output(f: Function, shape: tuple[int, ...], body: Body, grains: tuple[Index, Index] | None = None) -> None:
    """`grains`: rows from the first on, before the second, if not all."""
    rows, columns, channels = shape
    whole = channels // f.lanes * f.lanes
    with f.loop(*(grains or (0, rows))) as row, f.loop(0, columns) as column:
        if whole:
            with f.loop(0, whole, f.lanes) as channel:
                body(row.index, column.index, channel.index, None)
        if channels > whole:
            body(row.index, column.index, whole, f.tail_mask(channels - whole))


def rows_of(spec: Spec, target: Target) -> int:
    """The grains of such a kernel."""
    return spec.shape[0]


def element_of(f: Function, strides: Sequence[int], row: Index, column: Index, channel: Index) -> Index:
    return f.add(f.add(f.multiply(row, strides[0]), f.multiply(column, strides[1])), channel)


def tap_nbytes(spec: Spec, strides: Sequence[int]) -> list[int]:
    """Byte distances of a window's pixels from its first, row by row."""
    rows, columns = WindowSettings.of(spec).window
    nbytes = spec.floats.nbytes
    return [nbytes * (down * strides[0] + across * strides[1]) for down, across in product(range(rows), range(columns))]


def corner_of(
    f: Function, spec: Spec, pointer: Pointer, strides: Sequence[int], row: Index, column: Index, channel: Index
) -> Pointer:
    """Where the window of an output begins, in a map of these strides."""
    down, across = WindowSettings.of(spec).strides
    return f.offset(
        pointer, f.nbytes(element_of(f, strides, f.multiply(row, down), f.multiply(column, across), channel))
    )


def is_written_out(spec: Spec) -> bool:
    """Whether a window is so small that code for each of its pixels is written."""
    rows, columns = WindowSettings.of(spec).window
    return bool(rows * columns <= MOST_TAPS)


def over_window(
    f: Function,
    spec: Spec,
    strides: Sequence[int],
    corner: Pointer,
    carried: Sequence[Value],
    types: Sequence[str],
    body: Callable[[Pointer, Index, list[Value]], list[Value]],
) -> list[Value]:
    """Loops over a window's pixels: `body` gets one's address, its number and carried values, and gives the next."""
    rows, columns = WindowSettings.of(spec).window
    with f.loop(0, rows, carried=carried, types=types) as down:
        line = f.offset(corner, f.nbytes(down.index, strides[0]))
        first = f.multiply(down.index, columns)
        with f.loop(0, columns, carried=down.carried, types=types) as across:
            at = f.offset(line, f.nbytes(across.index, strides[1]))
            across.next(*body(at, f.add(first, across.index), across.carried))
        down.next(*across.results)
    return down.results
