"""Sums, means and maxima along axes of an image, and sums over the whole batch.

    for kept axes:
        total = start
        for images (batch_sum): part = start; for reduced axes: part = part + x[...]; total = total + part
        y[kept] = total                    # mean: times 1 / count

If the last axis is kept, lanes run along it and the last vector is masked. If it is reduced, lanes hold partial
results of it and are joined in a fixed tree at the end. `batch_sum_of` sums an expression of several operands, which is
never written. Each image is summed by itself before it joins the batch's total, which keeps rounding errors small.
Bound by memory. batch_sum is cut into one item a vector of the last axis.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from planish.codegen.boxes import strides_of
from planish.codegen.expression import emit_expression
from planish.codegen.function import Function, Index, Pointer, Value
from planish.codegen.kernel import Kernel, Operands, Spec
from planish.codegen.loops import vectors_of
from planish.codegen.target import Target
from planish.graph.node import TensorType
from planish.ops.expression import Expression, operand_kind, result_type

Join = Callable[[Value, Value], Value]
Pointers = Sequence[Pointer]


@dataclass(frozen=True, slots=True)
class _Axes:
    """(extent, stride in elements) of the axes other than the last one, and whether the last one is kept."""

    kept: tuple[tuple[int, int], ...]
    reduced: tuple[tuple[int, int], ...]
    last: int
    last_kept: bool


def _axes(spec: Spec) -> _Axes:
    shape = _summed(spec).shape or (1,)
    strides, axes = strides_of(shape), spec.attributes["axes"]
    places = range(len(shape) - 1)
    return _Axes(
        tuple((shape[axis], strides[axis]) for axis in places if axis not in axes),
        tuple((shape[axis], strides[axis]) for axis in places if axis in axes),
        shape[-1],
        len(shape) - 1 not in axes,
    )


def _summed(spec: Spec) -> TensorType:
    """The type of what is reduced."""
    if spec.op == "batch_sum_of":
        return result_type(spec.attributes["expression"], spec.inputs)
    return spec.inputs[0]


class _Reader:
    """Gives vectors of what is reduced: loaded, or computed of operands that walk together and of some that stay."""

    def __init__(self, f: Function, spec: Spec, operands: Operands, start: Index, mask: str | None) -> None:
        self._f = f
        self._expression: Expression | None = spec.attributes.get("expression")
        self._fixed: list[Value | None] = [None]
        self.pointers = [f.offset(operands.inputs[0], f.multiply(start, 4))]
        if self._expression is None:
            return
        self._fixed, self.pointers = [], []
        for pointer, type_ in zip(operands.inputs, spec.inputs, strict=True):
            kind = operand_kind(type_, _summed(spec))
            if kind == "full":
                self.pointers.append(f.offset(pointer, f.multiply(start, 4)))
                self._fixed.append(None)
            else:
                whole = kind == "channel"
                self._fixed.append(f.load(pointer, f.multiply(start, 4), mask) if whole else f.broadcast(pointer))

    def load(self, pointers: Pointers, nbytes: Index = 0, mask: str | None = None) -> Value:
        moving = (self._f.load(pointer, nbytes, mask) for pointer in pointers)
        values = [next(moving) if fixed is None else fixed for fixed in self._fixed]
        return values[0] if self._expression is None else emit_expression(self._f, self._expression, values)


def _moved(f: Function, pointers: Pointers, nbytes: Index) -> list[Pointer]:
    return [f.offset(pointer, nbytes) for pointer in pointers]


def batch_items(spec: Spec, target: Target) -> int:
    axes = _axes(spec)
    return vectors_of(axes.last, target.lanes) if axes.last_kept else 1


def batch_run(spec: Spec, target: Target) -> int | None:
    """Elements of an item, if no other axis is kept."""
    axes = _axes(spec)
    return target.lanes if axes.last_kept and not axes.kept else None


def emit_image(f: Function, spec: Spec, operands: Operands) -> None:
    axes = _axes(spec)
    starts = range(0, axes.last, f.lanes) if axes.last_kept else [0]
    if axes.last_kept and axes.last > 4 * f.lanes:
        whole = axes.last // f.lanes * f.lanes
        with f.loop(0, whole, f.lanes) as place:
            _emit_column(f, spec, operands, axes, place.index, None, batched=False)
        starts = range(whole, axes.last, f.lanes)
    for start in starts:
        mask = f.tail_mask(axes.last - start) if axes.last_kept else None
        _emit_column(f, spec, operands, axes, start, mask, batched=False)


def emit_batch(f: Function, spec: Spec, operands: Operands) -> None:
    axes = _axes(spec)
    if not axes.last_kept:
        _emit_column(f, spec, operands, axes, 0, None, batched=True)
        return
    whole = axes.last // f.lanes
    if whole:
        with f.when(f.compare("slt", operands.item, whole)):
            _emit_column(f, spec, operands, axes, f.multiply(operands.item, f.lanes), None, batched=True)
    if axes.last % f.lanes:
        with f.when(f.compare("eq", operands.item, whole)):
            _emit_column(f, spec, operands, axes, whole * f.lanes, f.tail_mask(axes.last % f.lanes), batched=True)


def _emit_column(
    f: Function, spec: Spec, operands: Operands, axes: _Axes, start: Index, mask: str | None, *, batched: bool
) -> None:
    """One vector of the last axis (or all of it, if it is reduced), for every index of the other kept axes."""

    reader = _Reader(f, spec, operands, start, mask)

    def over_kept(level: int, x: Pointers, y: Index) -> None:
        if level < len(axes.kept):
            extent, stride = axes.kept[level]
            with f.loop(0, extent) as place:
                over_kept(
                    level + 1,
                    _moved(f, x, f.multiply(place.index, 4 * stride)),
                    f.add(f.multiply(y, extent), place.index),
                )
            return
        total = _total(f, spec, operands, axes, reader, x, mask, batched=batched)
        if spec.op == "reduce_mean":
            count = math.prod(extent for extent, _ in axes.reduced) * (1 if axes.last_kept else axes.last)
            total = f.binary("fmul", total, f.constant(1.0 / count))
        if axes.last_kept:
            f.store(total, operands.output, f.multiply(f.add(f.multiply(y, axes.last), start), 4), mask)
        else:
            lane = _highest_lane(f, total) if spec.op == "reduce_max" else f.sum_lanes(total)
            f.store_float(lane, operands.output, f.multiply(y, 4))

    over_kept(0, reader.pointers, 0)


def _total(
    f: Function,
    spec: Spec,
    operands: Operands,
    axes: _Axes,
    reader: _Reader,
    x: Pointers,
    mask: str | None,
    *,
    batched: bool,
) -> Value:
    largest = spec.op == "reduce_max"
    start = f.constant(-math.inf if largest else 0.0)

    def joined(total: Value, value: Value) -> Value:
        return f.highest(total, value) if largest else f.binary("fadd", total, value)

    if not batched:
        return _over_reduced(f, axes, reader, x, mask, start, joined, 0)
    image_nbytes = 4 * _summed(spec).size
    with f.loop(0, operands.count, carried=[start]) as image:
        own = _moved(f, x, f.multiply(image.index, image_nbytes))
        part = _over_reduced(f, axes, reader, own, mask, start, joined, 0)
        image.next(joined(image.carried[0], part))
    return image.results[0]


def _over_reduced(
    f: Function, axes: _Axes, reader: _Reader, x: Pointers, mask: str | None, total: Value, joined: Join, level: int
) -> Value:
    if level < len(axes.reduced):
        extent, stride = axes.reduced[level]
        with f.loop(0, extent, carried=[total]) as place:
            here = _moved(f, x, f.multiply(place.index, 4 * stride))
            place.next(_over_reduced(f, axes, reader, here, mask, place.carried[0], joined, level + 1))
        return place.results[0]
    if axes.last_kept:
        return joined(total, reader.load(x, 0, mask))
    return _over_last(f, axes.last, reader, x, total, joined)


def _over_last(f: Function, extent: int, reader: _Reader, x: Pointers, total: Value, joined: Join) -> Value:
    whole = extent // f.lanes * f.lanes
    if whole:
        with f.loop(0, whole, f.lanes, carried=[total]) as place:
            place.next(joined(place.carried[0], reader.load(x, f.multiply(place.index, 4))))
        (total,) = place.results
    if extent == whole:
        return total
    mask = f.tail_mask(extent - whole) or ""
    return f.select(mask, joined(total, reader.load(x, 4 * whole, mask)), total)  # idle lanes keep what they have


def _highest_lane(f: Function, value: Value) -> Value:
    """The largest lane as a scalar; NaN if any is."""
    distance = f.lanes // 2
    while distance:
        moved = [(lane + distance) % f.lanes for lane in range(f.lanes)]
        value = f.highest(value, f.shuffle(value, value, moved))
        distance //= 2
    return f.let(f"extractelement {f.vector} {value}, i64 0")


IMAGE = Kernel("image", emit_image)
BATCH = Kernel("reduce", emit_batch, batch_items, run=batch_run)
