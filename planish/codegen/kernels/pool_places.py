"""Places of maxima over windows.

    for row, column, channels (in vectors):
        y = the number of the first place of the window that has the maximum, a byte

x [h, w, c], y [rows, columns, c]. The last vector of channels is masked. Bound by L1: a load per pixel and vector.
"""

from __future__ import annotations

from planish.codegen.llvm.function import Function, Index
from planish.codegen.pieces.boxes import strides_of
from planish.codegen.pieces.kernel import Kernel, Operands, Spec, every_operand
from planish.codegen.pieces.pool_maxima import place_in_window
from planish.codegen.pieces.pool_windows import corner_of, element_of, for_each_output


def emit(f: Function, spec: Spec, operands: Operands) -> None:
    source = spec.strides_of_input(0)
    places = strides_of(spec.shape)

    def body(row: Index, column: Index, channel: Index, mask: str | None) -> None:
        corner = corner_of(f, spec, operands.inputs[0], source, row, column, channel)
        place = place_in_window(f, spec, source, corner, mask)
        f.store_bytes(place, operands.output, element_of(f, places, row, column, channel), mask)

    for_each_output(f, spec.shape, body)


KERNEL = Kernel("image", emit, reads_apart=every_operand)
