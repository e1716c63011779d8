"""Gradients of entries of an axis, by their numbers (see `codegen.pieces.entries`).

    y = 0; for outer: for place: y[outer][number[place]] += g[outer][place]         # rows of `inner` elements

Lanes run along the inner elements, the last vector is masked. Bound by memory.
"""

from __future__ import annotations

from planish.codegen.llvm.function import Function
from planish.codegen.pieces.boxes import fill
from planish.codegen.pieces.entries import add_rows, axes_of
from planish.codegen.pieces.kernel import Kernel, Operands, Spec
from planish.primitives.axes import AxisSettings


def emit(f: Function, spec: Spec, operands: Operands) -> None:
    indices = spec.inputs[1]
    axes = axes_of(spec.shape, AxisSettings.of(spec).axis, indices.size)
    fill(f, operands.output, spec.result.size, 0.0)
    add_rows(f, axes, operands.inputs[0], operands.inputs[1], indices, operands.output, lambda number: number.named)


KERNEL = Kernel("image", emit)
