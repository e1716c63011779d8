"""Primitives that take entries by their numbers, or add to them.

Numbers below zero count from the end, those that are not whole are cut, and what names nothing gives NaN.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from planish.convert.onnx_writer.rows import writes
from planish.convert.onnx_writer.writing import NUMPY, Writing
from planish.graph.node import Node
from planish.primitives.axes import AxisSettings
from planish.primitives.entries import numbers_of
from planish.primitives.one_hot import OneHotSettings
from planish.primitives.take_grad import TakeGradSettings


def _numbers(w: Writing, indices: Node, extent: int) -> tuple[str, str | None]:
    """Numbers from 0 on as int64, and whether each names an entry; None if all of them do."""
    if indices in w.known:
        places, there = numbers_of(w.known[indices], extent)
        return w.array(places, np.int64), None if there.all() else w.array(there, np.bool_)
    found, dtype = w.read(indices), NUMPY[indices.type.dtype]
    above = w.emit("GreaterOrEqual", found, w.array(-extent if dtype.kind == "i" else _above(extent), dtype))
    named = w.emit("And", above, w.emit("Less", found, w.array(extent, dtype)))
    whole = w.cast(w.emit("Where", named, found, w.array(0, dtype)), np.int64)
    low = w.emit("Less", whole, w.array(0, np.int64))
    return w.emit("Where", low, w.emit("Add", whole, w.array(extent, np.int64)), whole), named


def _above(extent: int) -> float:
    """The least number that is cut to -extent or more."""
    return float(np.nextafter(np.float32(-extent - 1), np.float32(0)))


def _or_nan(w: Writing, name: str, named: str | None) -> str:
    return name if named is None else w.emit("Where", named, name, w.array(math.nan))


def _behind(w: Writing, named: str | None, shape: Sequence[int], rest: int, *, batched: bool) -> str | None:
    """Truths of this shape with axes of one entry behind them."""
    return named if named is None or not rest else w.reshape(named, [*shape, *(1,) * rest], batched=batched)


@writes("take")
def _take(w: Writing, node: Node) -> None:
    x, indices = node.inputs
    axis = AxisSettings.of(node).axis
    numbers, named = _numbers(w, indices, x.shape[axis])
    rest = len(x.shape) - axis - 1
    if not indices.batched:
        taken = w.emit("Gather", w.read(x), numbers, axis=axis + x.batched)
        w.give(node, _or_nan(w, taken, _behind(w, named, indices.shape, rest, batched=False)))
        return
    first = [axis, *(other for other in range(len(x.shape)) if other != axis)]
    front = w.transpose(w.read(x), first, x) if axis else w.read(x)
    taken = (
        _of_each_image(w, x, indices, front, numbers, first) if x.batched else w.emit("Gather", front, numbers, axis=0)
    )
    taken = _or_nan(w, taken, _behind(w, named, indices.shape, len(x.shape) - 1, batched=True))
    rank = len(indices.shape)
    order = [*range(rank, rank + axis), *range(rank), *range(rank + axis, len(node.shape))]
    w.give(node, w.transpose(taken, order, node) if axis else taken)


def _of_each_image(w: Writing, x: Node, indices: Node, front: str, numbers: str, first: Sequence[int]) -> str:
    """Each image's entries, the axis of entries in front: [N, *indices, *others]."""
    flat = w.reshape(numbers, [indices.type.size, 1], batched=True)
    taken = w.emit("GatherND", front, flat, batch_dims=1)
    return w.reshape(taken, [*indices.shape, *(x.shape[axis] for axis in first[1:])], batched=True)


@writes("take_along_axis")
def _take_along_axis(w: Writing, node: Node) -> None:
    x, indices = node.inputs
    axis = AxisSettings.of(node).axis
    numbers, named = _numbers(w, indices, x.shape[axis])
    source = w.read(x)
    if node.batched and not x.batched:
        source = w.for_each_image(source, x.shape)
    if node.batched and not indices.batched:
        numbers = w.for_each_image(numbers, indices.shape)
    w.give(node, _or_nan(w, w.emit("GatherElements", source, numbers, axis=axis + node.batched), named))


@writes("one_hot")
def _one_hot(w: Writing, node: Node) -> None:
    (labels,) = node.inputs
    own, dtype = OneHotSettings.of(node), NUMPY[labels.type.dtype]
    single = w.reshape(w.read(labels), [*labels.shape, 1], batched=labels.batched)
    w.give(node, w.cast(w.emit("Equal", single, w.array(np.arange(own.classes), dtype)), w.numbers))


@writes("take_grad")
def _take_grad(w: Writing, node: Node) -> None:
    """What belongs to each entry, added up."""
    g, indices = node.inputs
    own = TakeGradSettings.of(node)
    axis, extent, count = own.axis, own.shape[own.axis], indices.type.size
    others = (*own.shape[:axis], *own.shape[axis + 1 :])
    rank = len(indices.shape)
    last = [*range(axis), *range(axis + rank, len(g.shape)), *range(axis, axis + rank)]
    moved = w.transpose(w.read(g), last, g) if last != list(range(len(last))) else w.read(g)
    rows = w.reshape(moved, [math.prod(others), count], batched=g.batched)
    numbers, named = _numbers(w, indices, extent)
    numbers = w.reshape(numbers, [1, count], batched=indices.batched)
    if named is not None:
        rows = w.emit("Where", w.reshape(named, [1, count], batched=indices.batched), rows, w.array(0.0))
    front = [1] * node.batched
    whole = w.integers([*front, math.prod(others), count])
    rows, numbers = w.emit("Expand", rows, whole), w.emit("Expand", numbers, whole)
    zeros = w.array(np.zeros((math.prod(others), extent)))
    if node.batched:
        zeros = w.for_each_image(zeros, (math.prod(others), extent))
        rows = rows if g.batched else w.for_each_image(rows, (math.prod(others), count))
        numbers = numbers if indices.batched else w.for_each_image(numbers, (math.prod(others), count))
    added = w.emit("ScatterElements", zeros, numbers, rows, axis=len(front) + 1, reduction="add")
    apart = w.reshape(added, [*others, extent], batched=node.batched)
    order = [*range(axis), len(others), *range(axis, len(others))]
    w.give(node, w.transpose(apart, order, node) if axis != len(others) else apart)
