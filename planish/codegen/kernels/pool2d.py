"""Pools on their own (a maximum that follows a convolution is part of the convolution's kernel), and their gradients.

    for row, column, channels (in vectors):
        y = epilogue(max or sum over the window [/ pixels in it])

    place of a maximum:  the number of the first place of the window that holds it, a byte
    maximum's gradient:  dx = 0; for row, column, channels: the first place of the window with x == y, or NaN: dx += g
    average's gradient:  dx = 0; for row, column, channels: every place of the window: dx += g / pixels in it

x [h, w, c], y and g [rows, columns, c]. The last vector of channels is masked. Maxima come without padding (a border
of minus infinity is there already); averages cut their windows at the border. Bound by L1: a load a place and vector.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import product

from planish.codegen.boxes import fill
from planish.codegen.function import ZERO, Function, Index, Pointer, Value
from planish.codegen.kernel import Kernel, Operands, Spec, epilogue_of

Body = Callable[[Index, Index, Index, str | None], None]  # row, column, channel, mask


def _for_each_output(f: Function, shape: tuple[int, ...], body: Body) -> None:
    rows, columns, channels = shape
    whole = channels // f.lanes * f.lanes
    with f.loop(0, rows) as row, f.loop(0, columns) as column:
        if whole:
            with f.loop(0, whole, f.lanes) as channel:
                body(row.index, column.index, channel.index, None)
        if channels > whole:
            body(row.index, column.index, whole, f.tail_mask(channels - whole))


def _element(f: Function, shape: tuple[int, ...], row: Index, column: Index, channel: Index) -> Index:
    return f.add(f.multiply(f.add(f.multiply(row, shape[1]), column), shape[2]), channel)


def _taps(spec: Spec, width: int, channels: int) -> list[int]:
    """Byte distances of a window's places from its first, row by row."""
    rows, columns = spec.attributes["window"]
    return [4 * (down * width + across) * channels for down, across in product(range(rows), range(columns))]


def _corner(
    f: Function, spec: Spec, pointer: Pointer, shape: tuple[int, ...], row: Index, column: Index, channel: Index
) -> Pointer:
    down, across = spec.attributes["strides"]
    return f.offset(
        pointer, f.multiply(_element(f, shape, f.multiply(row, down), f.multiply(column, across), channel), 4)
    )


def emit_maximum(f: Function, spec: Spec, operands: Operands) -> None:
    source = spec.inputs[0].shape
    epilogue = epilogue_of(f, spec, operands)

    def body(row: Index, column: Index, channel: Index, mask: str | None) -> None:
        corner = _corner(f, spec, operands.inputs[0], source, row, column, channel)
        values = [f.load(corner, tap, mask) for tap in _taps(spec, source[1], source[2])]
        largest = values[0]
        for value in values[1:]:
            largest = f.highest(largest, value)
        element = _element(f, spec.shape, row, column, channel)
        f.store(epilogue.apply(largest, channel, element, mask), operands.output, f.multiply(element, 4), mask)

    _for_each_output(f, spec.shape, body)


def first_maximum(f: Function, values: Sequence[Value]) -> tuple[Value, Value]:
    """The maximum, and the number of the first value that it is (0 if that is NaN)."""
    largest, place = values[0], f.integer_constant(0)
    for number, value in enumerate(values[1:], 1):
        larger = f.greater(value, largest)
        largest = f.select(larger, value, largest)
        place = f.select_integer(larger, f.integer_constant(number), place)
    return largest, place


def emit_places(f: Function, spec: Spec, operands: Operands) -> None:
    source = spec.inputs[0].shape

    def body(row: Index, column: Index, channel: Index, mask: str | None) -> None:
        corner = _corner(f, spec, operands.inputs[0], source, row, column, channel)
        values = [f.load(corner, tap, mask) for tap in _taps(spec, source[1], source[2])]
        _, place = first_maximum(f, values)
        f.store_bytes(place, operands.output, _element(f, spec.shape, row, column, channel), mask)

    _for_each_output(f, spec.shape, body)


def emit_maximum_grad(f: Function, spec: Spec, operands: Operands) -> None:
    x, y, g = operands.inputs
    shape, pooled = spec.shape, spec.inputs[1].shape
    fill(f, operands.output, spec.result.size, 0.0)

    def body(row: Index, column: Index, channel: Index, mask: str | None) -> None:
        corner = _corner(f, spec, x, shape, row, column, channel)
        into = _corner(f, spec, operands.output, shape, row, column, channel)
        nbytes = f.multiply(_element(f, pooled, row, column, channel), 4)
        largest, left = f.load(y, nbytes, mask), f.load(g, nbytes, mask)
        for tap in _taps(spec, shape[1], shape[2]):
            value = f.load(corner, tap, mask)
            chosen = f.either(f.greater(value, largest, "oeq"), f.greater(value, value, "uno"))
            given = f.select(chosen, left, ZERO)
            left = f.select(chosen, ZERO, left)
            f.store(f.binary("fadd", f.load(into, tap, mask), given), into, tap, mask)

    _for_each_output(f, pooled, body)


class _CutWindow:
    """The part of a window that is inside the map: rows and columns [first, last), and 1 / pixels."""

    def __init__(self, f: Function, spec: Spec, shape: tuple[int, ...], row: Index, column: Index) -> None:
        self.f, self.shape = f, shape
        self.bounds = [
            self._cut(
                place,
                spec.attributes["window"][axis],
                spec.attributes["strides"][axis],
                spec.attributes["padding"][axis][0],
                shape[axis],
            )
            for axis, place in enumerate((row, column))
        ]
        (top, bottom), (left, right) = self.bounds
        pixels = f.multiply(f.subtract(bottom, top), f.subtract(right, left))
        self.share: Value
        if isinstance(pixels, int):
            self.share = f.constant(1.0 / pixels)
        else:
            count = f.let(f"uitofp i64 {pixels} to float")
            self.share = f.splat(f.let(f"fdiv float {f.float_constant(1.0)}, {count}"))

    def _cut(self, place: Index, size: int, stride: int, before: int, extent: int) -> tuple[Index, Index]:
        start = self.f.subtract(self.f.multiply(place, stride), before)
        return self.f.larger(start, 0), self.f.smaller(self.f.add(start, size), extent)

    @contextmanager
    def places(self, channel: Index, carried: list[Value]) -> Iterator[tuple[Index, list[Value], list[list[Value]]]]:
        """Loops over the window's places: (element, carried values, where to put their next values)."""
        (top, bottom), (left, right) = self.bounds
        following: list[list[Value]] = []
        with self.f.loop(top, bottom, carried=carried) as row:
            with self.f.loop(left, right, carried=row.carried) as column:
                yield _element(self.f, self.shape, row.index, column.index, channel), list(column.carried), following
                column.next(*(following[0] if following else column.carried))
            row.next(*column.results)
        following[:] = [row.results]


def emit_average(f: Function, spec: Spec, operands: Operands) -> None:
    source = spec.inputs[0].shape
    epilogue = epilogue_of(f, spec, operands)

    def body(row: Index, column: Index, channel: Index, mask: str | None) -> None:
        window = _CutWindow(f, spec, source, row, column)
        with window.places(channel, [ZERO]) as (place, (total,), following):
            following.append([f.binary("fadd", total, f.load(operands.inputs[0], f.multiply(place, 4), mask))])
        mean = f.binary("fmul", following[0][0], window.share)
        element = _element(f, spec.shape, row, column, channel)
        f.store(epilogue.apply(mean, channel, element, mask), operands.output, f.multiply(element, 4), mask)

    _for_each_output(f, spec.shape, body)


def emit_average_grad(f: Function, spec: Spec, operands: Operands) -> None:
    pooled = spec.inputs[0].shape
    fill(f, operands.output, spec.result.size, 0.0)

    def body(row: Index, column: Index, channel: Index, mask: str | None) -> None:
        window = _CutWindow(f, spec, spec.shape, row, column)
        g = f.load(operands.inputs[0], f.multiply(_element(f, pooled, row, column, channel), 4), mask)
        share = f.binary("fmul", g, window.share)
        with window.places(channel, []) as (place, _, _following):
            nbytes = f.multiply(place, 4)
            f.store(f.binary("fadd", f.load(operands.output, nbytes, mask), share), operands.output, nbytes, mask)

    _for_each_output(f, pooled, body)


MAXIMUM = Kernel("image", emit_maximum)
MAXIMUM_GRAD = Kernel("image", emit_maximum_grad)
PLACES = Kernel("image", emit_places)
BESIDE = Kernel("image", lambda f, spec, operands: None)  # written by the kernel of its first operand
AVERAGE = Kernel("image", emit_average)
AVERAGE_GRAD = Kernel("image", emit_average_grad)
