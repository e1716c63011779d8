"""The middle of a map, as one box (see `codegen.pieces.boxes`).

    y[row, column, channel] = x[top + row, left + column, channel]

Bound by memory: 8 bytes an element.
"""

from __future__ import annotations

from planish.codegen.llvm.function import Function
from planish.codegen.pieces.boxes import merged, move
from planish.codegen.pieces.kernel import Kernel, Operands, Spec, every_operand
from planish.primitives.crop2d import Crop2DSettings


def emit(f: Function, spec: Spec, operands: Operands) -> None:
    (top, _), (left, _) = Crop2DSettings.of(spec).cropping
    source = spec.strides_of_input(0)
    inside = f.offset(operands.inputs[0], f.floats.nbytes * (top * source[0] + left * source[1]))
    move(f, merged(spec.shape, source, spec.result_strides), inside, operands.output)


KERNEL = Kernel("image", emit, writes_apart=True, reads_apart=every_operand)
