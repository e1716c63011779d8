"""Maxima over windows (one that follows a convolution is part of the convolution's kernel), and their gradients.

    for row, column, channels (in vectors):
        y = epilogue(max over the window)

    place of a maximum:  the number of the first place of the window that holds it, a byte
    maximum's gradient:  dx = 0; for row, column, channels: the place of the window's maximum: dx += g

x [h, w, c], y and g [rows, columns, c]. The last vector of channels is masked. There is no padding: maps already have a
border of minus infinity. The maximum of a window with NaN is NaN, wherever it is computed; its place is then the first
one, or that of the first of the largest numbers after it. Windows of many pixels are walked in loops. Bound by L1: a
load per pixel and vector.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from planish.codegen.llvm.function import ZERO, Function, Index, Pointer, Value
from planish.codegen.pieces.boxes import fill, strides_of
from planish.codegen.pieces.kernel import Kernel, Operands, Spec, epilogue_of, first_and_extra
from planish.codegen.pieces.maxima import first_maximum, largest_of, with_larger
from planish.codegen.pieces.pixels import Pixels
from planish.codegen.pieces.pool_windows import (
    corner_of,
    element_of,
    for_each_output,
    is_written_out,
    over_window,
    tap_nbytes,
)


def emit_maximum(f: Function, spec: Spec, operands: Operands) -> None:
    source, pixels = spec.strides_of_input(0), Pixels(f, spec)
    epilogue = epilogue_of(f, spec, operands)

    def body(row: Index, column: Index, channel: Index, mask: str | None) -> None:
        corner = corner_of(f, spec, operands.inputs[0], source, row, column, channel)
        largest = _maximum(f, spec, source, corner, mask)
        element = pixels.at(row, column, channel)
        value = epilogue.apply(largest, channel, element, mask)
        f.store(value, operands.output, f.nbytes(pixels.stored(element)), mask)

    for_each_output(f, spec.shape, body)


def _maximum(f: Function, spec: Spec, strides: Sequence[int], corner: Pointer, mask: str | None) -> Value:
    if is_written_out(spec):
        return largest_of(f, [f.load(corner, tap, mask) for tap in tap_nbytes(spec, strides)])

    def larger(at: Pointer, _: Index, carried: list[Value]) -> list[Value]:
        return [f.highest(carried[0], f.load(at, 0, mask))]

    (largest,) = over_window(f, spec, strides, corner, [f.constant(-math.inf)], [f.vector], larger)
    return largest


def _place(f: Function, spec: Spec, strides: Sequence[int], corner: Pointer, mask: str | None) -> Value:
    """The number of the place of the maximum, for each lane."""
    if is_written_out(spec):
        return first_maximum(f, [f.load(corner, tap, mask) for tap in tap_nbytes(spec, strides)])[1]

    def larger(at: Pointer, number: Index, carried: list[Value]) -> list[Value]:
        largest, place = carried
        return list(with_larger(f, largest, place, f.load(at, 0, mask), _splat_number(f, number)))

    start = [f.load(corner, 0, mask), f.integer_constant(0)]
    return over_window(f, spec, strides, corner, start, [f.vector, f.integers], larger)[1]


def _splat_number(f: Function, number: Index) -> Value:
    return (
        f.integer_constant(number) if isinstance(number, int) else f.splat_integer(f.let(f"trunc i64 {number} to i32"))
    )


def emit_places(f: Function, spec: Spec, operands: Operands) -> None:
    source = spec.strides_of_input(0)
    places = strides_of(spec.shape)

    def body(row: Index, column: Index, channel: Index, mask: str | None) -> None:
        corner = corner_of(f, spec, operands.inputs[0], source, row, column, channel)
        place = _place(f, spec, source, corner, mask)
        f.store_bytes(place, operands.output, element_of(f, places, row, column, channel), mask)

    for_each_output(f, spec.shape, body)


def emit_maximum_grad(f: Function, spec: Spec, operands: Operands) -> None:
    x, gradients = operands.inputs
    strides, pooled = strides_of(spec.shape), spec.strides_of_input(1)
    seen = spec.strides_of_input(0)
    fill(f, operands.output, spec.result.size, 0.0)

    def body(row: Index, column: Index, channel: Index, mask: str | None) -> None:
        corner = corner_of(f, spec, x, seen, row, column, channel)
        into = corner_of(f, spec, operands.output, strides, row, column, channel)
        g = f.load(gradients, f.nbytes(element_of(f, pooled, row, column, channel)), mask)
        place = _place(f, spec, seen, corner, mask)

        def add(at: Pointer, number: Index, _: list[Value]) -> list[Value]:
            here = f.let(f"icmp eq {f.integers} {place}, {_splat_number(f, number)}")
            f.store(f.binary("fadd", f.load(at, 0, mask), f.select(here, g, ZERO)), at, 0, mask)
            return []

        if is_written_out(spec):
            for number, tap in enumerate(tap_nbytes(spec, strides)):
                add(f.offset(into, tap), number, [])
        else:
            over_window(f, spec, strides, into, [], [], add)

    for_each_output(f, spec.inputs[1].shape, body)


MAXIMUM = Kernel("image", emit_maximum, writes_apart=True, reads_apart=first_and_extra)
MAXIMUM_GRAD = Kernel("image", emit_maximum_grad, reads_apart=lambda spec: (0, 1))
PLACES = Kernel("image", emit_places, reads_apart=lambda spec: (0,))
BESIDE = Kernel("image", lambda f, spec, operands: None)  # written by the kernel of its first operand
