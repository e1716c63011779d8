"""Entries of an axis by their numbers (see `codegen.pieces.entries`).

    for outer: for place: y[outer][place] = x[outer][number[place]]                 # rows of `inner` elements

A number that names no entry gives NaN. Lanes run along the inner elements, the last vector is masked. Bound by memory.
"""

from __future__ import annotations

import math

from planish.codegen.llvm.function import Function, Index
from planish.codegen.llvm.loops import over_vectors
from planish.codegen.pieces.entries import axes_of, number_at
from planish.codegen.pieces.kernel import Kernel, Operands, Spec
from planish.primitives.axes import AxisSettings


def emit(f: Function, spec: Spec, operands: Operands) -> None:
    x, indices = spec.inputs
    axes = axes_of(x.shape, AxisSettings.of(spec).axis, indices.size)
    nan = f.constant(math.nan)
    with f.loop(0, axes.outer) as outer, f.loop(0, axes.places) as place:
        number = number_at(f, operands.inputs[1], place.index, indices, axes.entries)
        row = f.add(f.multiply(outer.index, axes.entries), number.entry)
        source = f.offset(operands.inputs[0], f.nbytes(row, axes.inner))
        row = f.add(f.multiply(outer.index, axes.places), place.index)
        target = f.offset(operands.output, f.nbytes(row, axes.inner))

        def emit_vector(start: Index, mask: str | None) -> None:
            value = f.load(source, f.nbytes(start), mask)
            f.store(f.chosen(number.named, value, nan), target, f.nbytes(start), mask)

        over_vectors(f, axes.inner, emit_vector)


KERNEL = Kernel("image", emit)
