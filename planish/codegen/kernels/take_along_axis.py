"""Entries of an axis, by a number for each element (see `codegen.pieces.entries`).

    for outer: for place: for inner: y[outer][place][inner] = x[outer][number[...][inner]][inner]

A number that names no entry gives NaN. One element after another. Bound by memory.
"""

from __future__ import annotations

import math

from planish.codegen.llvm.function import Function, Index
from planish.codegen.pieces.entries import EntryNumber, axes_of, each_along
from planish.codegen.pieces.kernel import Kernel, Operands, Spec
from planish.primitives.axes import AxisSettings


def emit(f: Function, spec: Spec, operands: Operands) -> None:
    x, indices = spec.inputs
    axis = AxisSettings.of(spec).axis
    axes = axes_of(x.shape, axis, indices.shape[axis])
    nan = f.float_constant(math.nan)

    def emit_element(element: Index, number: EntryNumber, moved: Index) -> None:
        value = f.load_float(operands.inputs[0], moved)
        chosen = f.let(f"select i1 {number.named}, {f.floats.llvm} {value}, {f.floats.llvm} {nan}")
        f.store_float(chosen, operands.output, f.nbytes(element))

    each_along(f, axes, operands.inputs[1], indices, emit_element)


KERNEL = Kernel("image", emit)
