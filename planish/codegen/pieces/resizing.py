"""Which pixels of a map those of another size are made of.

They are computed on the way, in f32 always, as TensorFlow does; positions are held inside the map. The places and
weights of taps are constants of the program, all of them inside the map.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from planish.codegen.llvm.element_type import F32, I32, ElementType
from planish.codegen.llvm.function import Function, Index, Pointer, Value
from planish.graph.node import TensorType
from planish.primitives.resampling import EXACT, Taps, ratio, taps


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Two positions of an axis, and the share of the second in all lanes; one position only, for the nearest pixel; or
    more, and the weight of each."""

    places: tuple[Index, ...]
    share: Value = ""
    weights: tuple[Value, ...] = ()


def _neighbours(f: Function, index: Index, extent: int, size: int, interpolation: str) -> Neighbours:
    if interpolation in EXACT:
        return Neighbours((index,)) if extent == size else _tapped(f, index, taps(interpolation, False, extent, size))
    scale, half = f.float_constant(float(ratio(extent, size))), f.float_constant(0.5)
    middle = f.let(f"fadd float {f.counted(index, F32)}, {half}")
    centre = f.let(f"fmul float {middle}, {scale}")
    if interpolation == "nearest":
        return Neighbours((_held(f, f.whole_part(centre), extent),))
    centre = f.let(f"fsub float {centre}, {half}")
    whole = f.whole_part(centre)
    back = f.counted(whole, F32)
    below = f.subtract(whole, f.let(f"zext i1 {f.let(f'fcmp ogt float {back}, {centre}')} to i64"))
    above = f.add(whole, f.let(f"zext i1 {f.let(f'fcmp olt float {back}, {centre}')} to i64"))
    share = f.let(f"fsub float {centre}, {f.counted(below, F32)}")
    if f.floats is not F32:
        share = f.let(f"fpext float {share} to {f.floats.llvm}")
    return Neighbours((_held(f, below, extent), _held(f, above, extent)), f.splat(share))


def _tapped(f: Function, index: Index, found: Taps) -> Neighbours:
    """The places and weights of a pixel, from tables [pixels, taps]."""
    count = found.places.shape[1]
    places = f.module.data(found.places.astype("<i4").tobytes())
    weights = f.module.data(found.weights.astype(f.floats.dtype).tobytes())
    at = _entries(f, index, count, I32)
    of_weights = at if f.floats.nbytes == I32.nbytes else _entries(f, index, count, f.floats)
    return Neighbours(
        tuple(f.load_count(places, nbytes) for nbytes in at),
        weights=tuple(f.splat(f.load_float(weights, nbytes)) for nbytes in of_weights),
    )


def _entries(f: Function, index: Index, count: int, type_: ElementType) -> list[Index]:
    """Where the entries of a row of a table are, in bytes."""
    first = f.multiply(index, type_.nbytes * count)
    return [f.add(first, type_.nbytes * tap) for tap in range(count)]


def _held(f: Function, place: Index, extent: int) -> Value:
    return str(f.larger(f.smaller(place, extent - 1), 0))


Body = Callable[[Pointer, "list[list[Pointer]]", Neighbours, Neighbours], None]


@dataclass(frozen=True, slots=True)
class Map:
    """A map in memory."""

    rows: int
    columns: int
    channels: int
    pointer: Pointer

    def row(self, f: Function, place: Index) -> Pointer:
        return f.offset(self.pointer, f.nbytes(place, self.columns * self.channels))


def map_of(type_: TensorType, pointer: Pointer) -> Map:
    rows, columns, channels = type_.shape
    return Map(rows, columns, channels, pointer)


def each_pixel(f: Function, interpolation: str, map_: Map, sized: Map, body: Body) -> None:
    """`body` for each pixel of `sized`: where it is, and its neighbours in the map, row by row."""
    nbytes = f.floats.nbytes * map_.channels
    with f.loop(0, sized.rows) as row:
        down = _neighbours(f, row.index, map_.rows, sized.rows, interpolation)
        starts = [map_.row(f, place) for place in down.places]
        there = sized.row(f, row.index)
        with f.loop(0, sized.columns) as column:
            across = _neighbours(f, column.index, map_.columns, sized.columns, interpolation)
            corners = [[f.offset(start, f.multiply(place, nbytes)) for place in across.places] for start in starts]
            body(f.offset(there, f.multiply(column.index, nbytes)), corners, down, across)
