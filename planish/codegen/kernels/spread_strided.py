"""Elements some steps apart along each axis, one value between them.

    y = value; for i, j, ...: y[start + i * step, start + j * step, ...] = x[i, j, ...]

Bound by memory: 8 bytes an element.
"""

from __future__ import annotations

from planish.codegen.llvm.function import Function
from planish.codegen.pieces.boxes import apart, fill, merged, move, strides_of
from planish.codegen.pieces.kernel import Kernel, Operands, Spec, every_operand
from planish.primitives.spread_strided import SpreadStridedSettings


def emit(f: Function, spec: Spec, operands: Operands) -> None:
    settings = SpreadStridedSettings.of(spec)
    first, along = apart(strides_of(spec.shape), settings.starts, settings.steps)
    fill(f, operands.output, spec.result.size, settings.value)
    shape = spec.inputs[0].shape
    move(
        f,
        merged(shape, spec.strides_of_input(0), along),
        operands.inputs[0],
        f.offset(operands.output, f.floats.nbytes * first),
    )


KERNEL = Kernel("image", emit, reads_apart=every_operand)
