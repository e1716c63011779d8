"""Axes in another order, as one box (see `codegen.pieces.boxes`).

    y[i, j, ...] = x[i, j, ... in another order]

Bound by memory: 8 bytes an element.
"""

from __future__ import annotations

from planish.codegen.llvm.function import Function
from planish.codegen.pieces.boxes import merged, move
from planish.codegen.pieces.kernel import Kernel, Operands, Spec, every_operand
from planish.primitives.transpose import TransposeSettings


def emit(f: Function, spec: Spec, operands: Operands) -> None:
    source = spec.strides_of_input(0)
    along = [source[axis] for axis in TransposeSettings.of(spec).permutation]
    move(f, merged(spec.shape, along, spec.result_strides), operands.inputs[0], operands.output)


KERNEL = Kernel("image", emit, writes_apart=True, reads_apart=every_operand)
