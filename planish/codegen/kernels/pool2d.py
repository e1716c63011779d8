"""Maxima over windows (one that follows a convolution is part of the convolution's kernel), and their gradients.

    for row, column, channels (in vectors):
        y = epilogue(max over the window)

    place of a maximum:  the number of the first place of the window that holds it, a byte
    maximum's gradient:  dx = 0; for row, column, channels: the first place of the window with x == y, or NaN: dx += g

x [h, w, c], y and g [rows, columns, c]. The last vector of channels is masked. There is no padding: a border
of minus infinity is there already. Bound by L1: a load a place and vector.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product

from planish.codegen.boxes import fill
from planish.codegen.function import ZERO, Function, Index, Pointer, Value
from planish.codegen.kernel import Kernel, Operands, Spec, epilogue_of

Body = Callable[[Index, Index, Index, str | None], None]  # row, column, channel, mask


def for_each_output(f: Function, shape: tuple[int, ...], body: Body) -> None:
    rows, columns, channels = shape
    whole = channels // f.lanes * f.lanes
    with f.loop(0, rows) as row, f.loop(0, columns) as column:
        if whole:
            with f.loop(0, whole, f.lanes) as channel:
                body(row.index, column.index, channel.index, None)
        if channels > whole:
            body(row.index, column.index, whole, f.tail_mask(channels - whole))


def element_of(f: Function, shape: tuple[int, ...], row: Index, column: Index, channel: Index) -> Index:
    return f.add(f.multiply(f.add(f.multiply(row, shape[1]), column), shape[2]), channel)


def tap_nbytes(spec: Spec, width: int, channels: int) -> list[int]:
    """Byte distances of a window's places from its first, row by row."""
    rows, columns = spec.attributes["window"]
    return [4 * (down * width + across) * channels for down, across in product(range(rows), range(columns))]


def corner_of(
    f: Function, spec: Spec, pointer: Pointer, shape: tuple[int, ...], row: Index, column: Index, channel: Index
) -> Pointer:
    down, across = spec.attributes["strides"]
    return f.offset(
        pointer, f.multiply(element_of(f, shape, f.multiply(row, down), f.multiply(column, across), channel), 4)
    )


def emit_maximum(f: Function, spec: Spec, operands: Operands) -> None:
    source = spec.inputs[0].shape
    epilogue = epilogue_of(f, spec, operands)

    def body(row: Index, column: Index, channel: Index, mask: str | None) -> None:
        corner = corner_of(f, spec, operands.inputs[0], source, row, column, channel)
        values = [f.load(corner, tap, mask) for tap in tap_nbytes(spec, source[1], source[2])]
        largest = values[0]
        for value in values[1:]:
            largest = f.highest(largest, value)
        element = element_of(f, spec.shape, row, column, channel)
        f.store(epilogue.apply(largest, channel, element, mask), operands.output, f.multiply(element, 4), mask)

    for_each_output(f, spec.shape, body)


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
        corner = corner_of(f, spec, operands.inputs[0], source, row, column, channel)
        values = [f.load(corner, tap, mask) for tap in tap_nbytes(spec, source[1], source[2])]
        _, place = first_maximum(f, values)
        f.store_bytes(place, operands.output, element_of(f, spec.shape, row, column, channel), mask)

    for_each_output(f, spec.shape, body)


def emit_maximum_grad(f: Function, spec: Spec, operands: Operands) -> None:
    x, y, g = operands.inputs
    shape, pooled = spec.shape, spec.inputs[1].shape
    fill(f, operands.output, spec.result.size, 0.0)

    def body(row: Index, column: Index, channel: Index, mask: str | None) -> None:
        corner = corner_of(f, spec, x, shape, row, column, channel)
        into = corner_of(f, spec, operands.output, shape, row, column, channel)
        nbytes = f.multiply(element_of(f, pooled, row, column, channel), 4)
        largest, left = f.load(y, nbytes, mask), f.load(g, nbytes, mask)
        for tap in tap_nbytes(spec, shape[1], shape[2]):
            value = f.load(corner, tap, mask)
            chosen = f.either(f.greater(value, largest, "oeq"), f.greater(value, value, "uno"))
            given = f.select(chosen, left, ZERO)
            left = f.select(chosen, ZERO, left)
            f.store(f.binary("fadd", f.load(into, tap, mask), given), into, tap, mask)

    for_each_output(f, pooled, body)


MAXIMUM = Kernel("image", emit_maximum)
MAXIMUM_GRAD = Kernel("image", emit_maximum_grad)
PLACES = Kernel("image", emit_places)
BESIDE = Kernel("image", lambda f, spec, operands: None)  # written by the kernel of its first operand
