"""Averages over windows, which are cut at the border.

    for row, column, channels (in vectors): y = epilogue(sum over the window / pixels in it)

x [h, w, c], y [rows, columns, c]. The last vector of channels is masked. Bound by L1.
"""

from __future__ import annotations

from planish.codegen.llvm.function import ZERO, Function, Index, Value
from planish.codegen.pieces.cut_windows import CutWindow
from planish.codegen.pieces.kernel import Kernel, Operands, Spec, epilogue_of, first_and_extra
from planish.codegen.pieces.pixels import Pixels
from planish.codegen.pieces.pool_windows import corner_of, for_each_output, is_written_out, rows_of, tap_nbytes
from planish.primitives.pooling import PoolSettings
from planish.primitives.windows import NO_PADDING


def emit(f: Function, spec: Spec, operands: Operands) -> None:
    source, pixels = spec.strides_of_input(0), Pixels(f, spec)
    epilogue = epilogue_of(f, spec, operands)
    written_out = PoolSettings.of(spec).padding == NO_PADDING and is_written_out(spec)
    taps = tap_nbytes(spec, source) if written_out else []

    def body(row: Index, column: Index, channel: Index, mask: str | None) -> None:
        if written_out:
            corner = corner_of(f, spec, operands.inputs[0], source, row, column, channel)
            total, share = ZERO, f.constant(1.0 / len(taps))
            for tap in taps:
                total = f.binary("fadd", total, f.load(corner, tap, mask))
        else:
            window = CutWindow(f, spec, spec.inputs[0].shape, source, row, column)

            def added(place: Index, before: list[Value]) -> list[Value]:
                return [f.binary("fadd", before[0], f.load(operands.inputs[0], f.nbytes(place), mask))]

            (total,), share = window.over_pixels(channel, [ZERO], added), window.share
        mean = f.binary("fmul", total, share)
        element = pixels.at(row, column, channel)
        value = epilogue.apply(mean, channel, element, mask)
        f.store(value, operands.output, f.nbytes(pixels.stored(element)), mask)

    for_each_output(f, spec.shape, body, operands.grains)


KERNEL = Kernel("image", emit, grains=rows_of, writes_apart=True, reads_apart=first_and_extra)
