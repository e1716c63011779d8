"""Entries of an axis by their numbers, and their gradients.

    take:             for outer: for place: y[outer][place] = x[outer][number[place]]         # rows of `inner` elements
    take_grad:        y = 0; for outer: for place: y[outer][number[place]] += g[outer][place]
    take_batch_grad:  y = 0; for image: the same; an item has some of the numbers, of all outer places
    take_along_axis:  for outer: for place: for inner: y[outer][place][inner] = x[outer][number[...][inner]][inner]

A number is checked before it becomes an address: one that names no entry reads nothing, and gives NaN. Sums are made in
the order of images and places, whoever makes them, so threads change no bit. Lanes run along the inner elements, the
last vector is masked. Bound by memory.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from planish.codegen.llvm.element_type import F32
from planish.codegen.llvm.function import Function, Index, Pointer, Value
from planish.codegen.llvm.loops import over_vectors
from planish.codegen.llvm.target import Target
from planish.codegen.pieces.boxes import fill
from planish.codegen.pieces.kernel import Kernel, Operands, Spec
from planish.graph.node import TensorType
from planish.primitives.axes import AxisSettings

MOST_ITEMS = 16
INTEGERS = 2.0**31


@dataclass(frozen=True, slots=True)
class _Axes:
    """A tensor as outer x entries x inner, and how many places the numbers have."""

    outer: int
    entries: int
    inner: int
    places: int


def _axes_of(shape: tuple[int, ...], axis: int, places: int) -> _Axes:
    return _Axes(math.prod(shape[:axis]), shape[axis], math.prod(shape[axis + 1 :]), places)


@dataclass(frozen=True, slots=True)
class _Number:
    """The entry that a number names, 0 if there is none, and an i1 that tells whether there is."""

    entry: Value
    named: Value


def _number_at(f: Function, pointer: Pointer, nbytes: Index, type_: TensorType, entries: int) -> _Number:
    if type_.dtype == "i32":
        whole, fits = f.let(f"sext i32 {f.load_i32(pointer, nbytes)} to i64"), "true"
    else:
        value = f.load_float(pointer, nbytes)
        above = f.let(f"fcmp ogt float {value}, {f.float_constant(-INTEGERS)}")
        below = f.let(f"fcmp olt float {value}, {f.float_constant(INTEGERS)}")
        fits = f.let(f"and i1 {above}, {below}")
        whole = f.let(f"fptosi float {f.let(f'select i1 {fits}, float {value}, float 0.0')} to i64")
    from_end = f.let(f"select i1 {f.compare('slt', whole, 0)}, i64 {entries}, i64 0")
    entry = f.add(whole, from_end)
    named = f.let(f"and i1 {fits}, {f.compare('ult', entry, entries)}")
    return _Number(f.let(f"select i1 {named}, i64 {entry}, i64 0"), named)


def emit_take(f: Function, spec: Spec, operands: Operands) -> None:
    x, indices = spec.inputs
    axes = _axes_of(x.shape, AxisSettings.of(spec).axis, indices.size)
    nan = f.constant(math.nan)
    with f.loop(0, axes.outer) as outer, f.loop(0, axes.places) as place:
        number = _number_at(f, operands.inputs[1], f.nbytes(place.index), indices, axes.entries)
        row = f.add(f.multiply(outer.index, axes.entries), number.entry)
        source = f.offset(operands.inputs[0], f.nbytes(row, axes.inner))
        row = f.add(f.multiply(outer.index, axes.places), place.index)
        target = f.offset(operands.output, f.nbytes(row, axes.inner))

        def emit_vector(start: Index, mask: str | None) -> None:
            value = f.load(source, f.nbytes(start), mask)
            f.store(f.chosen(number.named, value, nan), target, f.nbytes(start), mask)

        over_vectors(f, axes.inner, emit_vector)


def emit_grad(f: Function, spec: Spec, operands: Operands) -> None:
    indices = spec.inputs[1]
    axes = _axes_of(spec.shape, AxisSettings.of(spec).axis, indices.size)
    fill(f, operands.output, spec.result.size, 0.0)
    _add_rows(f, axes, operands.inputs[0], operands.inputs[1], indices, operands.output, lambda number: number.named)


def _add_rows(
    f: Function,
    axes: _Axes,
    g: Pointer,
    numbers: Pointer,
    indices: TensorType,
    output: Pointer,
    wanted: Callable[[_Number], Value],
) -> None:
    """Adds the rows of `g` to those that their numbers name, of the `wanted` ones."""
    with f.loop(0, axes.outer) as outer, f.loop(0, axes.places) as place:
        number = _number_at(f, numbers, f.nbytes(place.index), indices, axes.entries)
        with f.when(wanted(number)):
            row = f.add(f.multiply(outer.index, axes.places), place.index)
            source = f.offset(g, f.nbytes(row, axes.inner))
            row = f.add(f.multiply(outer.index, axes.entries), number.entry)
            target = f.offset(output, f.nbytes(row, axes.inner))

            def emit_vector(start: Index, mask: str | None) -> None:
                nbytes = f.nbytes(start)
                total = f.binary("fadd", f.load(target, nbytes, mask), f.load(source, nbytes, mask))
                f.store(total, target, nbytes, mask)

            over_vectors(f, axes.inner, emit_vector)


def _entries_of_item(axes: _Axes, target: Target) -> int:
    """As many that a thread writes whole vectors, if the entries lie one behind the other."""
    least = target.lanes // math.gcd(target.lanes, axes.inner)
    return -(-axes.entries // (MOST_ITEMS * least)) * least


def _axes_of_sum(spec: Spec) -> _Axes:
    return _axes_of(spec.shape, AxisSettings.of(spec).axis, spec.inputs[1].size)


def items_of_sum(spec: Spec, target: Target) -> int:
    axes = _axes_of_sum(spec)
    return -(-axes.entries // _entries_of_item(axes, target))


def run_of_sum(spec: Spec, target: Target) -> int | None:
    axes = _axes_of_sum(spec)
    return _entries_of_item(axes, target) * axes.inner if axes.outer == 1 else None


def emit_batch_grad(f: Function, spec: Spec, operands: Operands) -> None:
    indices = spec.inputs[1]
    axes = _axes_of_sum(spec)
    each = _entries_of_item(axes, f.module.target)
    first = f.multiply(operands.item, each)
    stop = f.smaller(f.add(first, each), axes.entries)
    with f.loop(0, axes.outer) as outer:
        row = f.add(f.multiply(outer.index, axes.entries), first)
        _clear(f, f.offset(operands.output, f.nbytes(row, axes.inner)), f.subtract(stop, first), axes.inner)

    def wanted(number: _Number) -> Value:
        inside = f.let(f"icmp ult i64 {f.subtract(number.entry, first)}, {f.subtract(stop, first)}")
        return f.let(f"and i1 {number.named}, {inside}")

    with f.loop(0, operands.count) as image:
        here, numbers = (
            f.offset(pointer, f.multiply(image.index, F32.nbytes * type_.size if type_.batched else 0))
            for pointer, type_ in zip(operands.inputs, spec.inputs, strict=True)
        )
        _add_rows(f, axes, here, numbers, indices, operands.output, wanted)


def _clear(f: Function, target: Pointer, rows: Index, inner: int) -> None:
    with f.loop(0, rows) as row:
        fill(f, f.offset(target, f.nbytes(row.index, inner)), inner, 0.0)


def emit_along(f: Function, spec: Spec, operands: Operands) -> None:
    x, indices = spec.inputs
    axis = AxisSettings.of(spec).axis
    axes = _axes_of(x.shape, axis, indices.shape[axis])
    nan = f.float_constant(math.nan)

    def emit_element(element: Index, number: _Number, moved: Index) -> None:
        value = f.load_float(operands.inputs[0], moved)
        chosen = f.let(f"select i1 {number.named}, float {value}, float {nan}")
        f.store_float(chosen, operands.output, f.nbytes(element))

    _each_along(f, axes, operands.inputs[1], indices, emit_element)


def emit_along_grad(f: Function, spec: Spec, operands: Operands) -> None:
    g, indices = spec.inputs
    axis = AxisSettings.of(spec).axis
    axes = _axes_of(spec.shape, axis, g.shape[axis])
    fill(f, operands.output, spec.result.size, 0.0)

    def emit_element(element: Index, number: _Number, moved: Index) -> None:
        with f.when(number.named):
            total, part = (
                f.load_float(operands.output, moved),
                f.load_float(operands.inputs[0], f.nbytes(element)),
            )
            f.store_float(f.let(f"fadd float {total}, {part}"), operands.output, moved)

    _each_along(f, axes, operands.inputs[1], indices, emit_element)


def _each_along(
    f: Function,
    axes: _Axes,
    numbers: Pointer,
    indices: TensorType,
    body: Callable[[Index, _Number, Index], None],
) -> None:
    """`body` for each number: which element it is, the entry that it names, and the distance to that in bytes."""
    with f.loop(0, axes.outer) as outer, f.loop(0, axes.places) as place, f.loop(0, axes.inner) as inner:
        row = f.add(f.multiply(outer.index, axes.places), place.index)
        element = f.add(f.multiply(row, axes.inner), inner.index)
        number = _number_at(f, numbers, f.nbytes(element), indices, axes.entries)
        row = f.add(f.multiply(outer.index, axes.entries), number.entry)
        body(element, number, f.nbytes(f.add(f.multiply(row, axes.inner), inner.index)))


TAKE = Kernel("image", emit_take)
GRAD = Kernel("image", emit_grad)
BATCH_GRAD = Kernel("reduce", emit_batch_grad, items_of_sum, run=run_of_sum)
ALONG = Kernel("image", emit_along)
ALONG_GRAD = Kernel("image", emit_along_grad)
