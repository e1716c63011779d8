"""Moves boxes of elements: every operation that only rearranges (transpose, padding, cropping, joining, repeating) is one or more of these.

    for each index of the box: target[sum of index * target stride] = source[sum of index * source stride]

A source stride may be zero (repeat) or negative (reverse). Along an innermost axis that both sides walk element by element whole vectors move,
the last one masked; any other is moved one element at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from planish.codegen.function import Function, Pointer


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
    _move(f, box, source, target, 0)


def _move(f: Function, box: Box, source: Pointer, target: Pointer, axis: int) -> None:
    extent = box.extents[axis]
    if axis < len(box.extents) - 1:
        with f.loop(0, extent) as place:
            here = f.offset(source, f.multiply(place.index, 4 * box.source[axis]))
            there = f.offset(target, f.multiply(place.index, 4 * box.target[axis]))
            _move(f, box, here, there, axis + 1)
        return
    if box.target[axis] != 1 or box.source[axis] not in (0, 1):
        with f.loop(0, extent) as place:
            value = f.load_float(source, f.multiply(place.index, 4 * box.source[axis]))
            f.store_float(value, target, f.multiply(place.index, 4 * box.target[axis]))
        return
    whole = extent // f.lanes * f.lanes
    repeated = f.broadcast(source) if box.source[axis] == 0 else None
    if whole:
        with f.loop(0, whole, f.lanes) as place:
            nbytes = f.multiply(place.index, 4)
            f.store(repeated or f.load(source, nbytes), target, nbytes)
    if extent > whole:
        mask = f.tail_mask(extent - whole)
        f.store(repeated or f.load(source, 4 * whole, mask), target, 4 * whole, mask)


def fill(f: Function, target: Pointer, elements: int, value: float) -> None:
    """Sets consecutive elements."""
    vector = f.constant(value)
    whole = elements // f.lanes * f.lanes
    if whole:
        with f.loop(0, whole, f.lanes) as place:
            f.store(vector, target, f.multiply(place.index, 4))
    if elements > whole:
        f.store(vector, target, 4 * whole, f.tail_mask(elements - whole))


