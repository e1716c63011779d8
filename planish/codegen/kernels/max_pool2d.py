"""Maxima over windows (one that follows a convolution is part of the convolution's kernel).

    for row, column, channels (in vectors):
        y = epilogue(max over the window)

x [h, w, c], y [rows, columns, c]. The last vector of channels is masked. `codegen.pieces.pool_maxima` says what becomes
of borders and NaN. Bound by L1: a load per pixel and vector.
"""

from __future__ import annotations

from planish.codegen.llvm.function import Function, Index
from planish.codegen.pieces.kernel import Kernel, Operands, Spec, epilogue_of, first_and_extra
from planish.codegen.pieces.pixels import Pixels
from planish.codegen.pieces.pool_maxima import largest_in_window
from planish.codegen.pieces.pool_windows import corner_of, for_each_output, rows_of


def emit(f: Function, spec: Spec, operands: Operands) -> None:
    source, pixels = spec.strides_of_input(0), Pixels(f, spec)
    epilogue = epilogue_of(f, spec, operands)

    def body(row: Index, column: Index, channel: Index, mask: str | None) -> None:
        corner = corner_of(f, spec, operands.inputs[0], source, row, column, channel)
        largest = largest_in_window(f, spec, source, corner, mask)
        element = pixels.at(row, column, channel)
        value = epilogue.apply(largest, channel, element, mask)
        f.store(value, operands.output, f.nbytes(pixels.stored(element)), mask)

    for_each_output(f, spec.shape, body, operands.grains)


KERNEL = Kernel("image", emit, grains=rows_of, writes_apart=True, reads_apart=first_and_extra)
