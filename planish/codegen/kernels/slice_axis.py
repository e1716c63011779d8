"""A part of an axis, as one box (see `codegen.pieces.boxes`).

    y[..., k, ...] = x[..., start + k, ...]

Bound by memory: 8 bytes an element.
"""

from __future__ import annotations

from planish.codegen.llvm.function import Function
from planish.codegen.pieces.boxes import merged, move
from planish.codegen.pieces.kernel import Kernel, Operands, Spec, every_operand
from planish.primitives.slice_axis import SliceAxisSettings


def emit(f: Function, spec: Spec, operands: Operands) -> None:
    source = spec.strides_of_input(0)
    settings = SliceAxisSettings.of(spec)
    here = f.offset(operands.inputs[0], f.floats.nbytes * settings.start * source[settings.axis])
    move(f, merged(spec.shape, source, spec.result_strides), here, operands.output)


KERNEL = Kernel("image", emit, writes_apart=True, reads_apart=every_operand)
