"""Sums, means and maxima along axes of an image, and sums over the whole batch.

    for kept axes:
        total = start
        for images (batch_sum): part = start; for reduced axes: part = part + x[...]; total = total + part
        y[kept] = total                    # mean: times 1 / count

If the last axis is kept, lanes run along it and the last vector is masked. If it is reduced, lanes hold partial
results of it and are joined in a fixed tree at the end. Each image is summed by itself before it joins the batch's
total, which keeps rounding errors small. Bound by memory. batch_sum is cut into one item a vector of the last axis.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from planish.codegen.boxes import strides_of
from planish.codegen.function import Function, Index, Pointer, Value
from planish.codegen.kernel import Kernel, Operands, Spec
from planish.codegen.loops import vectors_of
from planish.codegen.target import Target

Join = Callable[[Value, Value], Value]


@dataclass(frozen=True, slots=True)
class _Axes:
    """(extent, stride in elements) of the axes other than the last one, and whether the last one is kept."""

    kept: tuple[tuple[int, int], ...]
    reduced: tuple[tuple[int, int], ...]
    last: int
    last_kept: bool


def _axes(spec: Spec) -> _Axes:
    shape = spec.inputs[0].shape or (1,)
    strides, axes = strides_of(shape), spec.attributes["axes"]
    places = range(len(shape) - 1)
    return _Axes(
        tuple((shape[axis], strides[axis]) for axis in places if axis not in axes),
        tuple((shape[axis], strides[axis]) for axis in places if axis in axes),
        shape[-1],
        len(shape) - 1 not in axes,
    )


def batch_items(spec: Spec, target: Target) -> int:
    axes = _axes(spec)
    return vectors_of(axes.last, target.lanes) if axes.last_kept else 1


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

    def over_kept(level: int, x: Pointer, y: Index) -> None:
        if level < len(axes.kept):
            extent, stride = axes.kept[level]
            with f.loop(0, extent) as place:
                over_kept(
                    level + 1,
                    f.offset(x, f.multiply(place.index, 4 * stride)),
                    f.add(f.multiply(y, extent), place.index),
                )
            return
        total = _total(f, spec, operands, axes, x, mask, batched=batched)
        if spec.op == "reduce_mean":
            count = math.prod(extent for extent, _ in axes.reduced) * (1 if axes.last_kept else axes.last)
            total = f.binary("fmul", total, f.constant(1.0 / count))
        if axes.last_kept:
            f.store(total, operands.output, f.multiply(f.add(f.multiply(y, axes.last), start), 4), mask)
        else:
            lane = _highest_lane(f, total) if spec.op == "reduce_max" else f.sum_lanes(total)
            f.store_float(lane, operands.output, f.multiply(y, 4))

    over_kept(0, f.offset(operands.inputs[0], f.multiply(start, 4)), 0)


def _total(
    f: Function, spec: Spec, operands: Operands, axes: _Axes, x: Pointer, mask: str | None, *, batched: bool
) -> Value:
    largest = spec.op == "reduce_max"
    start = f.constant(-math.inf if largest else 0.0)

    def joined(total: Value, value: Value) -> Value:
        return f.highest(total, value) if largest else f.binary("fadd", total, value)

    if not batched:
        return _over_reduced(f, axes, x, mask, start, joined, 0)
    image_nbytes = 4 * spec.inputs[0].size
    with f.loop(0, operands.count, carried=[start]) as image:
        part = _over_reduced(f, axes, f.offset(x, f.multiply(image.index, image_nbytes)), mask, start, joined, 0)
        image.next(joined(image.carried[0], part))
    return image.results[0]


def _over_reduced(
    f: Function, axes: _Axes, x: Pointer, mask: str | None, total: Value, joined: Join, level: int
) -> Value:
    if level < len(axes.reduced):
        extent, stride = axes.reduced[level]
        with f.loop(0, extent, carried=[total]) as place:
            here = f.offset(x, f.multiply(place.index, 4 * stride))
            place.next(_over_reduced(f, axes, here, mask, place.carried[0], joined, level + 1))
        return place.results[0]
    if axes.last_kept:
        return joined(total, f.load(x, 0, mask))
    return _over_last(f, axes.last, x, total, joined)


def _over_last(f: Function, extent: int, x: Pointer, total: Value, joined: Join) -> Value:
    whole = extent // f.lanes * f.lanes
    if whole:
        with f.loop(0, whole, f.lanes, carried=[total]) as place:
            place.next(joined(place.carried[0], f.load(x, f.multiply(place.index, 4))))
        (total,) = place.results
    if extent == whole:
        return total
    mask = f.tail_mask(extent - whole) or ""
    return f.select(mask, joined(total, f.load(x, 4 * whole, mask)), total)  # idle lanes keep what they have


def _highest_lane(f: Function, value: Value) -> Value:
    """The largest lane as a scalar; NaN if any is."""
    distance = f.lanes // 2
    while distance:
        moved = [(lane + distance) % f.lanes for lane in range(f.lanes)]
        value = f.highest(value, f.shuffle(value, value, moved))
        distance //= 2
    return f.let(f"extractelement {f.vector} {value}, i64 0")


IMAGE = Kernel("image", emit_image)
BATCH = Kernel("reduce", emit_batch, batch_items)
