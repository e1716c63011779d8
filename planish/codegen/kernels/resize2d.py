"""Maps of another size, and the gradients of that.

    nearest:   for row: for column: y[row][column] = x[near(row)][near(column)]                 # vectors of channels
    bilinear:  for row: (top, bottom, down): for column: (left, right, across):
                   upper = x[top][left] + across * (x[top][right] - x[top][left])                   # and lower
                   y[row][column] = upper + down * (lower - upper)
    weighted:  for row: for column: y[row][column] = sum over the taps of weight[tap] * x[place[tap]]   # of one axis
    gradients: y = 0; for row: for column: each pixel that was read gets its share of g[row][column]

Which pixels are read is computed on the way, in f32, as TensorFlow does; positions are held inside the map. The places
and weights of taps are constants of the program, all of them inside the map. The last vector of channels is masked.
Bound by memory.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from planish.codegen.llvm.element_type import F32
from planish.codegen.llvm.function import Function, Index, Pointer, Value
from planish.codegen.llvm.loops import over_vectors
from planish.codegen.pieces.boxes import fill
from planish.codegen.pieces.kernel import Kernel, Operands, Spec
from planish.graph.node import TensorType
from planish.primitives.resampling import EXACT, Taps, ratio, taps
from planish.primitives.resize2d import Resize2DSettings
from planish.primitives.resize2d_grad import Resize2DGradSettings


@dataclass(frozen=True, slots=True)
class _Neighbours:
    """Two positions of an axis, and the share of the second in all lanes; one position only, for the nearest pixel; or
    more, and the weight of each."""

    places: tuple[Index, ...]
    share: Value = ""
    weights: tuple[Value, ...] = ()


def _neighbours(f: Function, index: Index, extent: int, size: int, interpolation: str) -> _Neighbours:
    if interpolation in EXACT:
        return _Neighbours((index,)) if extent == size else _tapped(f, index, taps(interpolation, False, extent, size))
    scale, half = f.float_constant(float(ratio(extent, size))), f.float_constant(0.5)
    middle = f.let(f"fadd float {f.let(f'sitofp i64 {index} to float')}, {half}")
    centre = f.let(f"fmul float {middle}, {scale}")
    if interpolation == "nearest":
        return _Neighbours((_held(f, f.let(f"fptosi float {centre} to i64"), extent),))
    centre = f.let(f"fsub float {centre}, {half}")
    whole = f.let(f"fptosi float {centre} to i64")
    back = f.let(f"sitofp i64 {whole} to float")
    below = f.subtract(whole, f.let(f"zext i1 {f.let(f'fcmp ogt float {back}, {centre}')} to i64"))
    above = f.add(whole, f.let(f"zext i1 {f.let(f'fcmp olt float {back}, {centre}')} to i64"))
    share = f.let(f"fsub float {centre}, {f.let(f'sitofp i64 {below} to float')}")
    return _Neighbours((_held(f, below, extent), _held(f, above, extent)), f.splat(share))


def _tapped(f: Function, index: Index, found: Taps) -> _Neighbours:
    """The places and weights of a pixel, from tables [pixels, taps]."""
    count = found.places.shape[1]
    places, weights = (f.module.data(each.tobytes()) for each in (found.places.astype("<i4"), found.weights))
    first = f.multiply(index, F32.nbytes * count)
    at = [f.add(first, F32.nbytes * tap) for tap in range(count)]
    return _Neighbours(
        tuple(f.load_count(places, nbytes) for nbytes in at),
        weights=tuple(f.splat(f.load_float(weights, nbytes)) for nbytes in at),
    )


def _held(f: Function, place: Index, extent: int) -> Value:
    return str(f.larger(f.smaller(place, extent - 1), 0))


Body = Callable[[Pointer, "list[list[Pointer]]", _Neighbours, _Neighbours], None]


@dataclass(frozen=True, slots=True)
class _Map:
    """A map in memory."""

    rows: int
    columns: int
    channels: int
    pointer: Pointer

    def row(self, f: Function, place: Index) -> Pointer:
        return f.offset(self.pointer, f.nbytes(place, self.columns * self.channels))


def _map(type_: TensorType, pointer: Pointer) -> _Map:
    rows, columns, channels = type_.shape
    return _Map(rows, columns, channels, pointer)


def _each_pixel(f: Function, interpolation: str, map_: _Map, sized: _Map, body: Body) -> None:
    """`body` for each pixel of `sized`: where it is, and its neighbours in the map, row by row."""
    nbytes = F32.nbytes * map_.channels
    with f.loop(0, sized.rows) as row:
        down = _neighbours(f, row.index, map_.rows, sized.rows, interpolation)
        starts = [map_.row(f, place) for place in down.places]
        there = sized.row(f, row.index)
        with f.loop(0, sized.columns) as column:
            across = _neighbours(f, column.index, map_.columns, sized.columns, interpolation)
            corners = [[f.offset(start, f.multiply(place, nbytes)) for place in across.places] for start in starts]
            body(f.offset(there, f.multiply(column.index, nbytes)), corners, down, across)


def emit(f: Function, spec: Spec, operands: Operands) -> None:
    def emit_pixel(target: Pointer, corners: list[list[Pointer]], down: _Neighbours, across: _Neighbours) -> None:
        def emit_vector(start: Index, mask: str | None) -> None:
            nbytes = f.nbytes(start)
            read = [[f.load(corner, nbytes, mask) for corner in line] for line in corners]
            lines = [_between(f, line, across) for line in read]
            f.store(_between(f, lines, down), target, nbytes, mask)

        over_vectors(f, spec.shape[2], emit_vector)

    map_, sized = _map(spec.inputs[0], operands.inputs[0]), _map(spec.result, operands.output)
    _each_pixel(f, Resize2DSettings.of(spec).interpolation, map_, sized, emit_pixel)


def _between(f: Function, values: list[Value], neighbours: _Neighbours) -> Value:
    """The only value, the point between two that has the share of the second, or the sum of several with weights."""
    first, *others = values
    if neighbours.weights:
        own, *rest = neighbours.weights
        total = f.binary("fmul", first, own)
        for value, weight in zip(others, rest, strict=True):
            total = f.binary("fadd", total, f.binary("fmul", value, weight))
        return total
    for second in others:
        return f.binary("fadd", first, f.binary("fmul", f.binary("fsub", second, first), neighbours.share))
    return first


def emit_grad(f: Function, spec: Spec, operands: Operands) -> None:
    fill(f, operands.output, spec.result.size, 0.0)

    def emit_pixel(source: Pointer, corners: list[list[Pointer]], down: _Neighbours, across: _Neighbours) -> None:
        def emit_vector(start: Index, mask: str | None) -> None:
            nbytes = f.nbytes(start)
            lines = _shares(f, f.load(source, nbytes, mask), down)
            for line, value in zip(corners, lines, strict=True):
                for corner, part in zip(line, _shares(f, value, across), strict=True):
                    f.store(f.binary("fadd", f.load(corner, nbytes, mask), part), corner, nbytes, mask)

        over_vectors(f, spec.shape[2], emit_vector)

    map_, sized = _map(spec.result, operands.output), _map(spec.inputs[0], operands.inputs[0])
    _each_pixel(f, Resize2DGradSettings.of(spec).interpolation, map_, sized, emit_pixel)


def _shares(f: Function, value: Value, neighbours: _Neighbours) -> list[Value]:
    """What each neighbour gets of a gradient."""
    if neighbours.weights:
        return [f.binary("fmul", value, weight) for weight in neighbours.weights]
    if len(neighbours.places) == 1:
        return [value]
    first = f.binary("fmul", value, f.binary("fsub", f.constant(1.0), neighbours.share))
    return [first, f.binary("fmul", value, neighbours.share)]


KERNEL = Kernel("image", emit)
GRAD = Kernel("image", emit_grad)
