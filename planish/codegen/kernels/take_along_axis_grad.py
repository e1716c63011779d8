"""Gradients of entries of an axis, by a number for each element (see `codegen.pieces.entries`).

    y = 0; for outer: for place: for inner: y[outer][number[...][inner]][inner] += g[outer][place][inner]

One element after another. Bound by memory.
"""

from __future__ import annotations

from planish.codegen.llvm.function import Function, Index
from planish.codegen.pieces.boxes import fill
from planish.codegen.pieces.entries import EntryNumber, axes_of, each_along
from planish.codegen.pieces.kernel import Kernel, Operands, Spec
from planish.primitives.axes import AxisSettings


def emit(f: Function, spec: Spec, operands: Operands) -> None:
    g, indices = spec.inputs
    axis = AxisSettings.of(spec).axis
    axes = axes_of(spec.shape, axis, g.shape[axis])
    fill(f, operands.output, spec.result.size, 0.0)

    def emit_element(element: Index, number: EntryNumber, moved: Index) -> None:
        with f.when(number.named):
            total, part = (
                f.load_float(operands.output, moved),
                f.load_float(operands.inputs[0], f.nbytes(element)),
            )
            f.store_float(f.let(f"fadd {f.floats.llvm} {total}, {part}"), operands.output, moved)

    each_along(f, axes, operands.inputs[1], indices, emit_element)


KERNEL = Kernel("image", emit)
