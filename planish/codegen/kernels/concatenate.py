"""Operands one behind the other along an axis, each as one box (see `codegen.pieces.boxes`).

    for operand: y[..., start of the operand + k, ...] = operand[..., k, ...]

Operands that were written where the result has them are not moved. Bound by memory: 8 bytes an element.
"""

from __future__ import annotations

from planish.codegen.llvm.function import Function
from planish.codegen.pieces.boxes import merged, move
from planish.codegen.pieces.kernel import Kernel, Operands, Spec, every_operand
from planish.primitives.axes import AxisSettings


def emit(f: Function, spec: Spec, operands: Operands) -> None:
    axis = AxisSettings.of(spec).axis
    target, start = spec.result_strides, 0
    for position, (pointer, type_) in enumerate(zip(operands.inputs, spec.inputs, strict=True)):
        if position not in spec.in_place:
            there = f.offset(operands.output, f.floats.nbytes * start * target[axis])
            move(f, merged(type_.shape, spec.strides_of_input(position), target), pointer, there)
        start += type_.shape[axis]


KERNEL = Kernel("image", emit, writes_apart=True, reads_apart=every_operand)
