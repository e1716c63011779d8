"""Gradients of maxima over windows.

    dx = 0; for row, column, channels (in vectors): the place of the window's maximum: dx += g

x, dx [h, w, c], g [rows, columns, c]. The last vector of channels is masked. Windows may overlap. Bound by L1.
"""

from __future__ import annotations

from planish.codegen.llvm.function import ZERO, Function, Index, Pointer, Value
from planish.codegen.pieces.boxes import fill, strides_of
from planish.codegen.pieces.kernel import Kernel, Operands, Spec, every_operand
from planish.codegen.pieces.pool_maxima import number_in_lanes, place_in_window
from planish.codegen.pieces.pool_windows import (
    corner_of,
    element_of,
    for_each_output,
    is_written_out,
    over_window,
    tap_nbytes,
)


def emit(f: Function, spec: Spec, operands: Operands) -> None:
    x, gradients = operands.inputs
    strides, pooled = strides_of(spec.shape), spec.strides_of_input(1)
    seen = spec.strides_of_input(0)
    fill(f, operands.output, spec.result.size, 0.0)

    def body(row: Index, column: Index, channel: Index, mask: str | None) -> None:
        corner = corner_of(f, spec, x, seen, row, column, channel)
        into = corner_of(f, spec, operands.output, strides, row, column, channel)
        g = f.load(gradients, f.nbytes(element_of(f, pooled, row, column, channel)), mask)
        place = place_in_window(f, spec, seen, corner, mask)

        def add(at: Pointer, number: Index, _: list[Value]) -> list[Value]:
            here = f.let(f"icmp eq {f.integers} {place}, {number_in_lanes(f, number)}")
            f.store(f.binary("fadd", f.load(at, 0, mask), f.select(here, g, ZERO)), at, 0, mask)
            return []

        if is_written_out(spec):
            for number, tap in enumerate(tap_nbytes(spec, strides)):
                add(f.offset(into, tap), number, [])
        else:
            over_window(f, spec, strides, into, [], [], add)

    for_each_output(f, spec.inputs[1].shape, body)


KERNEL = Kernel("image", emit, reads_apart=every_operand)
