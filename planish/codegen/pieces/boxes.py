"""Moves boxes of elements. Every operation that only rearranges (transpose, padding, cropping, joining, repeating) is
one or more of these.

    for each index of the box: target[sum of index * target stride] = source[sum of index * source stride]

A source stride may be zero (repeat) or negative (reverse). Along an innermost axis that both sides walk element by
element, whole vectors are moved, the last one masked; other axes are moved one element at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from planish.codegen.llvm.function import Function, Pointer
from planish.codegen.pieces.transposing import turn_block


@dataclass(frozen=True, slots=True)
class Box:
    """Extents, and the distance between neighbours along each axis on both sides, in elements."""

    extents: tuple[int, ...]
    source: tuple[int, ...]
    target: tuple[int, ...]


def strides_of(shape: Sequence[int]) -> list[int]:
    """Row-major strides in elements."""
    strides, stride = [0] * len(shape), 1
    for axis in reversed(range(len(shape))):
        strides[axis] = stride
        stride *= shape[axis]
    return strides


def apart(strides: Sequence[int], starts: Sequence[int], steps: Sequence[int]) -> tuple[int, list[int]]:
    """The first of elements that are some steps apart in a tensor of these strides, and the distances between them."""
    first = sum(start * stride for start, stride in zip(starts, strides, strict=True))
    return first, [step * stride for step, stride in zip(steps, strides, strict=True)]


def merged(extents: Sequence[int], source: Sequence[int], target: Sequence[int]) -> Box:
    """The same box with as few axes as possible: neighbours that both sides walk as one become one."""
    axes: list[tuple[int, int, int]] = []
    for extent, here, there in zip(extents, source, target, strict=True):
        if extent == 1:
            continue
        if axes and axes[-1][1] == here * extent and axes[-1][2] == there * extent:
            axes[-1] = (axes[-1][0] * extent, here, there)
        else:
            axes.append((extent, here, there))
    kept = axes or [(1, 1, 1)]
    return Box(tuple(axis[0] for axis in kept), tuple(axis[1] for axis in kept), tuple(axis[2] for axis in kept))


def move(f: Function, box: Box, source: Pointer, target: Pointer) -> None:
    crossed = _crossed_axis(box, f.lanes)
    if crossed is None:
        _move(f, box, source, target, 0)
    else:
        _move_crossed(f, box, source, target, crossed)


def _crossed_axis(box: Box, lanes: int) -> int | None:
    """The axis that the source walks element by element where the target walks another one: a transposition."""
    last = len(box.extents) - 1
    if box.target[last] != 1 or box.source[last] in (0, 1) or box.extents[last] < lanes:
        return None
    found = [axis for axis in range(last) if box.source[axis] == 1 and box.extents[axis] >= lanes]
    return found[0] if found else None


def _move_crossed(f: Function, box: Box, source: Pointer, target: Pointer, crossed: int) -> None:
    """Square blocks of `lanes` x `lanes` elements turn in registers; what is left over moves element by element."""
    last = len(box.extents) - 1
    outer = [axis for axis in range(last) if axis != crossed]

    def over(level: int, here: Pointer, there: Pointer) -> None:
        if level < len(outer):
            axis = outer[level]
            with f.loop(0, box.extents[axis]) as place:
                moved = f.offset(here, f.nbytes(place.index, box.source[axis]))
                over(level + 1, moved, f.offset(there, f.nbytes(place.index, box.target[axis])))
            return
        rows, columns = box.extents[crossed], box.extents[last]
        whole_rows, whole_columns = (extent // f.lanes * f.lanes for extent in (rows, columns))
        with f.loop(0, whole_rows, f.lanes) as row, f.loop(0, whole_columns, f.lanes) as column:
            start = f.nbytes(f.add(row.index, f.multiply(column.index, box.source[last])))
            end = f.nbytes(f.add(f.multiply(row.index, box.target[crossed]), column.index))
            turn_block(
                f,
                f.offset(here, start),
                f.floats.nbytes * box.source[last],
                f.offset(there, end),
                f.floats.nbytes * box.target[crossed],
            )
        strides = ((1, box.source[last]), (box.target[crossed], 1))
        for first_row, row_count, first_column, column_count in (
            (0, rows, whole_columns, columns - whole_columns),
            (whole_rows, rows - whole_rows, 0, whole_columns),
        ):
            if row_count and column_count:
                part = Box((row_count, column_count), *strides)
                start = f.floats.nbytes * (first_row + first_column * box.source[last])
                end = f.floats.nbytes * (first_row * box.target[crossed] + first_column)
                _move(f, part, f.offset(here, start), f.offset(there, end), 0)

    over(0, source, target)


def _move(f: Function, box: Box, source: Pointer, target: Pointer, axis: int) -> None:
    extent = box.extents[axis]
    if axis < len(box.extents) - 1:
        with f.loop(0, extent) as place:
            here = f.offset(source, f.nbytes(place.index, box.source[axis]))
            there = f.offset(target, f.nbytes(place.index, box.target[axis]))
            _move(f, box, here, there, axis + 1)
        return
    if box.target[axis] != 1 or box.source[axis] not in (0, 1):
        with f.loop(0, extent) as place:
            value = f.load_float(source, f.nbytes(place.index, box.source[axis]))
            f.store_float(value, target, f.nbytes(place.index, box.target[axis]))
        return
    whole = extent // f.lanes * f.lanes
    repeated = f.broadcast(source) if box.source[axis] == 0 else None
    if whole:
        with f.loop(0, whole, f.lanes) as place:
            nbytes = f.nbytes(place.index)
            f.store(repeated or f.load(source, nbytes), target, nbytes)
    if extent > whole:
        mask = f.tail_mask(extent - whole)
        f.store(repeated or f.load(source, f.floats.nbytes * whole, mask), target, f.floats.nbytes * whole, mask)


def fill(f: Function, target: Pointer, elements: int, value: float) -> None:
    """Sets consecutive elements."""
    vector = f.constant(value)
    whole = elements // f.lanes * f.lanes
    if whole:
        with f.loop(0, whole, f.lanes) as place:
            f.store(vector, target, f.nbytes(place.index))
    if elements > whole:
        f.store(vector, target, f.floats.nbytes * whole, f.tail_mask(elements - whole))
