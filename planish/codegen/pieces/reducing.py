"""Sums, means, products, maxima and minima along axes of an image; sums and maxima over the whole batch.

    for kept axes:
        total = start
        for images (batch_sum): part = start; for reduced axes: part = part + x[...]; total = total + part
        y[kept] = total                    # mean: times 1 / count

If the last axis is kept, lanes run along it and the last vector is masked; up to WAYS sums are made side by
side, of several vectors or of parts of one, so that an addition does not wait for the one before. If it is reduced,
lanes hold partial results of it and are joined in a fixed tree at the end. `batch_sum_of` and `reduce_sum_of` sum an
expression of several operands, which is never written. Bound by memory. batch_sum is cut into one item a vector of the
last axis.

Rounding errors stay small, however much is summed: each image, and each index of an outer axis, is summed by itself
before it joins a total, and a loop of more than BLOCK turns becomes a loop of blocks, each of which starts at zero.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import nullcontext

from planish.codegen.llvm.function import Function, Index, Value
from planish.codegen.llvm.loops import vectors_of
from planish.codegen.llvm.target import Target
from planish.codegen.pieces.combining import Combining, combining, lanes_combined
from planish.codegen.pieces.kernel import Kernel, Operands, Spec, every_operand
from planish.codegen.pieces.reduced_operands import (
    Column,
    Pointers,
    Reader,
    ReducedAxes,
    Strides,
    axes_of,
    distances,
    moved,
    summed_type,
)

WAYS = 4
BLOCK = 64


def batch_items(spec: Spec, target: Target) -> int:
    axes = axes_of(spec)
    return vectors_of(axes.last, target.lanes) if axes.last_kept else 1


def batch_run(spec: Spec, target: Target) -> int | None:
    """Elements of an item, if no other axis is kept."""
    axes = axes_of(spec)
    return target.lanes if axes.last_kept and not axes.kept else None


def emit_image(f: Function, spec: Spec, operands: Operands) -> None:
    axes = axes_of(spec)
    if not axes.last_kept:
        _emit_columns(f, spec, operands, axes, [(0, None)], batched=False)
        return
    together = WAYS * f.lanes
    whole = axes.last // together if axes.last > together else 0
    first, stop = operands.over(_panels(axes, f.lanes))
    if whole:
        end = f.multiply(f.smaller(stop, whole), together)
        with f.loop(f.multiply(first, together), end, together, guarded=operands.grains is not None) as place:
            columns: list[Column] = [(f.add(place.index, v * f.lanes), None) for v in range(WAYS)]
            _emit_columns(f, spec, operands, axes, columns, batched=False)
    done = whole * together
    rest: list[Column] = [(start, f.tail_mask(axes.last - start)) for start in range(done, axes.last, f.lanes)]
    if rest:
        last = f.when(f.compare("sgt", stop, whole)) if operands.grains else nullcontext()
        with last:
            _emit_columns(f, spec, operands, axes, rest, batched=False)


def _panels(axes: ReducedAxes, lanes: int) -> int:
    """Runs of WAYS vectors of the last axis, with the rest of it."""
    return -(-axes.last // (WAYS * lanes)) if axes.last_kept else 1


def image_grains(spec: Spec, target: Target) -> int:
    return _panels(axes_of(spec), target.lanes)


def emit_batch(f: Function, spec: Spec, operands: Operands) -> None:
    axes = axes_of(spec)
    if not axes.last_kept:
        _emit_columns(f, spec, operands, axes, [(0, None)], batched=True)
        return
    whole = axes.last // f.lanes
    if whole:
        with f.when(f.compare("slt", operands.item, whole)):
            _emit_columns(f, spec, operands, axes, [(f.multiply(operands.item, f.lanes), None)], batched=True)
    if axes.last % f.lanes:
        with f.when(f.compare("eq", operands.item, whole)):
            column = (whole * f.lanes, f.tail_mask(axes.last % f.lanes))
            _emit_columns(f, spec, operands, axes, [column], batched=True)


def _emit_columns(
    f: Function, spec: Spec, operands: Operands, axes: ReducedAxes, columns: Sequence[Column], *, batched: bool
) -> None:
    """Some vectors of the last axis (or all of it, if it is reduced), for every index of the other kept axes."""

    readers = [Reader(f, spec, operands, column) for column in columns]

    def over_kept(level: int, x: list[Pointers], y: Index) -> None:
        if level < len(axes.kept):
            extent, strides = axes.kept[level]
            with f.loop(0, extent) as place:
                along = moved(f, x, place.index, strides)
                over_kept(level + 1, along, f.add(f.multiply(y, extent), place.index))
            return
        totals = _totals(f, spec, operands, axes, readers, x, batched=batched)
        for reader, total in zip(readers, totals, strict=True):
            _store(f, spec, operands, axes, reader, total, y)

    over_kept(0, [reader.pointers for reader in readers], 0)


def _store(
    f: Function, spec: Spec, operands: Operands, axes: ReducedAxes, reader: Reader, total: Value, y: Index
) -> None:
    if spec.op == "reduce_mean":
        count = math.prod(extent for extent, _ in axes.reduced) * (1 if axes.last_kept else axes.last)
        total = f.binary("fmul", total, f.constant(1.0 / count))
    if axes.last_kept:
        place = f.add(f.multiply(y, axes.last), reader.start)
        f.store(total, operands.output, f.nbytes(place), reader.mask)
    else:
        joined = lanes_combined(f, total, combining(f, spec.op))
        f.store_float(f.let(f"extractelement {f.vector} {joined}, i64 0"), operands.output, f.nbytes(y))


def _totals(
    f: Function,
    spec: Spec,
    operands: Operands,
    axes: ReducedAxes,
    readers: Sequence[Reader],
    x: list[Pointers],
    *,
    batched: bool,
) -> list[Value]:
    """One for each reader."""
    how = combining(f, spec.op)
    start = [how.neutral] * len(readers)
    if not batched:
        return _over_reduced(f, axes, readers, x, start, how, 0)
    images = (summed_type(spec).size,) * len(x[0])

    def image_joined(image: Index, totals: Sequence[Value]) -> list[Value]:
        own = moved(f, x, image, images)
        parts = _over_reduced(f, axes, readers, own, start, how, 0)
        return list(map(how.join, totals, parts))

    return _in_blocks(f, 0, operands.count, 1, BLOCK**3, start, how, image_joined)


def _in_blocks(
    f: Function,
    start: Index,
    stop: Index,
    step: int,
    turns: int,
    totals: Sequence[Value],
    how: Combining,
    body: Callable[[Index, Sequence[Value]], list[Value]],
) -> list[Value]:
    """A loop of `turns` turns, or at most that many, that adds the results of blocks of turns to `totals`."""
    if turns <= BLOCK:
        with f.loop(start, stop, step, carried=list(totals)) as place:
            place.next(*body(place.index, place.carried))
        return list(place.results)
    inside = BLOCK
    while inside * BLOCK < turns:
        inside *= BLOCK
    with f.loop(start, stop, inside * step, carried=list(totals)) as block:
        end = f.smaller(f.add(block.index, inside * step), stop)
        nothing = [how.neutral] * len(totals)
        parts = _in_blocks(f, block.index, end, step, inside, nothing, how, body)
        block.next(*map(how.join, block.carried, parts))
    return list(block.results)


def _over_reduced(
    f: Function,
    axes: ReducedAxes,
    readers: Sequence[Reader],
    x: list[Pointers],
    totals: Sequence[Value],
    how: Combining,
    level: int,
) -> list[Value]:
    if level == len(axes.reduced):
        if axes.last_kept:
            return _joined(f, readers, x, totals, how, [0] * len(x[0]))
        return [_over_last(f, axes.last, readers[0], x[0], totals[0], how)]
    extent, strides = axes.reduced[level]
    if level == len(axes.reduced) - 1 and axes.last_kept:
        return _over_innermost(f, (extent, strides), readers, x, totals, how)

    def index_joined(place: Index, totals: Sequence[Value]) -> list[Value]:
        here = moved(f, x, place, strides)
        nothing = [how.neutral] * len(totals)
        return list(map(how.join, totals, _over_reduced(f, axes, readers, here, nothing, how, level + 1)))

    return _in_blocks(f, 0, extent, 1, extent, totals, how, index_joined)


def _over_innermost(
    f: Function,
    axis: tuple[int, Strides],
    readers: Sequence[Reader],
    x: list[Pointers],
    totals: Sequence[Value],
    how: Combining,
) -> list[Value]:
    """Along an axis of (extent, strides in elements), several elements side by side if there are few vectors."""
    extent, strides = axis
    ways = min(extent, max(1, WAYS // len(readers)))
    several = [*totals, *[how.neutral] * (len(totals) * (ways - 1))]
    whole = extent // ways * ways

    def several_joined(place: Index, carried: Sequence[Value]) -> list[Value]:
        here = moved(f, x, place, strides)
        following: list[Value] = []
        for way in range(ways):
            own = carried[way * len(readers) : (way + 1) * len(readers)]
            following += _joined(f, readers, here, own, how, distances(f, way, strides))
        return following

    results = _in_blocks(f, 0, whole, ways, whole // ways, several, how, several_joined)
    for number in range(whole, extent):
        own = results[: len(readers)]
        results[: len(readers)] = _joined(f, readers, x, own, how, distances(f, number, strides))
    while len(results) > len(readers):
        last = results[-len(readers) :]
        del results[-len(readers) :]
        results[-len(readers) :] = map(how.join, results[-len(readers) :], last)
    return results


def _joined(
    f: Function,
    readers: Sequence[Reader],
    x: list[Pointers],
    totals: Sequence[Value],
    how: Combining,
    nbytes: Sequence[Index],
) -> list[Value]:
    loaded = [reader.load(own, nbytes, reader.mask) for reader, own in zip(readers, x, strict=True)]
    return list(map(how.join, totals, loaded))


def _over_last(f: Function, extent: int, reader: Reader, x: Pointers, total: Value, how: Combining) -> Value:
    whole = extent // f.lanes * f.lanes
    if whole:

        def vector_joined(place: Index, totals: Sequence[Value]) -> list[Value]:
            return [how.join(totals[0], reader.load(x, [f.nbytes(place)] * len(x)))]

        (total,) = _in_blocks(f, 0, whole, f.lanes, whole // f.lanes, [total], how, vector_joined)
    if extent == whole:
        return total
    mask = f.tail_mask(extent - whole) or ""
    last = reader.load(x, [f.floats.nbytes * whole] * len(x), mask)
    return f.select(mask, how.join(total, last), total)  # idle lanes keep their values


OF_IMAGE = Kernel("image", emit_image, grains=image_grains, reads_apart=every_operand)
OF_BATCH = Kernel("reduce", emit_batch, batch_items, run=batch_run)
