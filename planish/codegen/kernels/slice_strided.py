"""Every so many elements of each axis, backwards too, as one box (see `codegen.pieces.boxes`).

    y[i, j, ...] = x[start + i * step, start + j * step, ...]

Bound by memory: 8 bytes an element.
"""

from __future__ import annotations

from planish.codegen.llvm.function import Function
from planish.codegen.pieces.boxes import apart, merged, move
from planish.codegen.pieces.kernel import Kernel, Operands, Spec, every_operand
from planish.primitives.slice_strided import SliceStridedSettings


def emit(f: Function, spec: Spec, operands: Operands) -> None:
    settings = SliceStridedSettings.of(spec)
    first, along = apart(spec.strides_of_input(0), settings.starts, settings.steps)
    here = f.offset(operands.inputs[0], f.floats.nbytes * first)
    move(f, merged(spec.shape, along, spec.result_strides), here, operands.output)


KERNEL = Kernel("image", emit, writes_apart=True, reads_apart=every_operand)
