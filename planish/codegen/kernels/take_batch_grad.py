"""Gradients of entries of an unbatched value, by their numbers (see `codegen.pieces.entries`).

    y = 0
    for image: for outer: for place: y[outer][number[place]] += g[outer][place]     # an item has some of the numbers

Lanes run along the inner elements, the last vector is masked. Bound by memory.
"""

from __future__ import annotations

import math

from planish.codegen.llvm.element_type import element_type
from planish.codegen.llvm.function import Function, Index, Pointer, Value
from planish.codegen.llvm.target import Target
from planish.codegen.pieces.boxes import fill
from planish.codegen.pieces.entries import EntryAxes, EntryNumber, add_rows, axes_of
from planish.codegen.pieces.kernel import Kernel, Operands, Spec
from planish.graph.node import TensorType
from planish.primitives.axes import AxisSettings

MOST_ITEMS = 16


def _axes_of_sum(spec: Spec) -> EntryAxes:
    return axes_of(spec.shape, AxisSettings.of(spec).axis, spec.inputs[1].size)


def _entries_of_item(axes: EntryAxes, target: Target) -> int:
    """As many that a thread writes whole vectors, if the entries lie one behind the other."""
    least = target.lanes // math.gcd(target.lanes, axes.inner)
    return -(-axes.entries // (MOST_ITEMS * least)) * least


def items(spec: Spec, target: Target) -> int:
    axes = _axes_of_sum(spec)
    return -(-axes.entries // _entries_of_item(axes, target))


def run(spec: Spec, target: Target) -> int | None:
    axes = _axes_of_sum(spec)
    return _entries_of_item(axes, target) * axes.inner if axes.outer == 1 else None


def emit(f: Function, spec: Spec, operands: Operands) -> None:
    indices = spec.inputs[1]
    axes = _axes_of_sum(spec)
    each = _entries_of_item(axes, f.module.target)
    first = f.multiply(operands.item, each)
    stop = f.smaller(f.add(first, each), axes.entries)
    with f.loop(0, axes.outer) as outer:
        row = f.add(f.multiply(outer.index, axes.entries), first)
        _clear(f, f.offset(operands.output, f.nbytes(row, axes.inner)), f.subtract(stop, first), axes.inner)

    def wanted(number: EntryNumber) -> Value:
        inside = f.let(f"icmp ult i64 {f.subtract(number.entry, first)}, {f.subtract(stop, first)}")
        return f.let(f"and i1 {number.named}, {inside}")

    with f.loop(0, operands.count) as image:
        here, numbers = (
            f.offset(pointer, f.multiply(image.index, _nbytes_of(type_) if type_.batched else 0))
            for pointer, type_ in zip(operands.inputs, spec.inputs, strict=True)
        )
        add_rows(f, axes, here, numbers, indices, operands.output, wanted)


def _clear(f: Function, target: Pointer, rows: Index, inner: int) -> None:
    with f.loop(0, rows) as row:
        fill(f, f.offset(target, f.nbytes(row.index, inner)), inner, 0.0)


def _nbytes_of(type_: TensorType) -> int:
    return element_type(type_.dtype).nbytes * type_.size


KERNEL = Kernel("reduce", emit, items, run=run)
