"""A value repeated along axes, as one box (see `codegen.pieces.boxes`) with strides of zero.

    y[i, j, ...] = x[0 where x is repeated]

Bound by memory: 8 bytes an element.
"""

from __future__ import annotations

from planish.codegen.llvm.function import Function
from planish.codegen.pieces.boxes import merged, move
from planish.codegen.pieces.kernel import Kernel, Operands, Spec, every_operand


def emit(f: Function, spec: Spec, operands: Operands) -> None:
    shape = spec.inputs[0].shape
    missing = len(spec.shape) - len(shape)
    along = [0] * missing + [
        stride if extent > 1 else 0 for stride, extent in zip(spec.strides_of_input(0), shape, strict=True)
    ]
    move(f, merged(spec.shape, along, spec.result_strides), operands.inputs[0], operands.output)


KERNEL = Kernel("image", emit, writes_apart=True, reads_apart=every_operand)
