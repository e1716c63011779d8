"""Which elements of its operands an element of an operation's result depends on: one rule per operation.

A rule gets a node and a region of its result, and gives regions of its operands. It does not look at weights: an
element belongs to the region if the result depends on it for some weights. Positions outside an operand stand for
padding: the unclipped form of a receptive field has them, the exact one does not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from planish.errors import explain
from planish.flattening.regions import Places, Region, clip, gather, reshaped, whole
from planish.graph.graph import topological
from planish.graph.node import Node
from planish.primitives.registry import op_named
from planish.primitives.resize2d import between, nearest
from planish.primitives.table import numbers_in

Reached = Iterator[tuple[Node, Region]]
Rule = Callable[[Node, Region], Reached]


def trace_back(node: Node, region: Region, *, clipped: bool) -> dict[Node, list[Region]]:
    """The regions of every input of the graph that `region` of `node` depends on.

    `clipped` leaves padding out at every step, and is exact; otherwise padding counts as if it were pixels.
    """
    order = [each for each in topological([node]) if each.batched]
    pending: dict[Node, list[Region]] = {each: [] for each in order}
    pending[node] = [region]
    for each in reversed(order):
        regions = gather(pending[each])
        pending[each] = regions
        for one in regions:
            for source, reached in _rule_of(each)(each, one):
                kept = clip(reached, source.shape) if clipped else reached
                if source.batched and kept is not None:
                    pending[source].append(kept)
    return {each: pending[each] for each in order if each.op == "input"}


def _rule_of(node: Node) -> Rule:
    rule = _RULES.get(node.op)
    if rule is None and op_named(node.op).elementwise:
        return _elementwise
    if rule is None:
        raise ValueError(
            explain(
                what=f"receptive fields are not known through the operation {node.op!r}",
                layer=", ".join(node.layers) or None,
                received=node.type,
            )
        )
    return rule


def _leaf(node: Node, region: Region) -> Reached:
    yield from ()


def _elementwise(node: Node, region: Region) -> Reached:
    """Axes are aligned from the last; an axis of one goes with every position."""
    for source in node.inputs:
        aligned = region[len(region) - len(source.shape) :]
        yield (
            source,
            tuple(
                frozenset({0}) if extent == 1 else places for places, extent in zip(aligned, source.shape, strict=True)
            ),
        )


def _window(places: Places, size: int, stride: int, before: int, dilation: int = 1) -> Places:
    return frozenset(place * stride - before + tap * dilation for place in places for tap in range(size))


def _conv2d(node: Node, region: Region) -> Reached:
    x, w = node.inputs
    settings = node.attributes
    rows, columns = (
        _window(
            region[axis],
            w.shape[axis],
            settings["strides"][axis],
            settings["padding"][axis][0],
            settings["dilation"][axis],
        )
        for axis in (0, 1)
    )
    inputs, outputs = w.shape[2], w.shape[3] // settings["groups"]
    groups = {channel // outputs for channel in region[2]}
    yield x, (rows, columns, frozenset(group * inputs + channel for group in groups for channel in range(inputs)))


def _pool2d(node: Node, region: Region) -> Reached:
    settings = node.attributes
    rows, columns = (
        _window(region[axis], settings["window"][axis], settings["strides"][axis], settings["padding"][axis][0])
        for axis in (0, 1)
    )
    yield node.inputs[0], (rows, columns, region[2])


def _moved(places: Places, offset: int) -> Places:
    return frozenset(place + offset for place in places) if offset else places


def _pad2d(node: Node, region: Region) -> Reached:
    (top, _), (left, _) = node.attributes["padding"]
    yield node.inputs[0], (_moved(region[0], -top), _moved(region[1], -left), region[2])


def _crop2d(node: Node, region: Region) -> Reached:
    (top, _), (left, _) = node.attributes["cropping"]
    yield node.inputs[0], (_moved(region[0], top), _moved(region[1], left), region[2])


def _transpose(node: Node, region: Region) -> Reached:
    permutation = node.attributes["permutation"]
    yield node.inputs[0], tuple(region[permutation.index(axis)] for axis in range(len(permutation)))


def _reshape(node: Node, region: Region) -> Reached:
    """Another shape has no room for padding, so it is left out in the unclipped form, too."""
    (source,) = node.inputs
    inside = clip(region, node.shape)
    if inside is not None:
        yield from ((source, part) for part in reshaped(inside, node.shape, source.shape))


def _reduce(node: Node, region: Region) -> Reached:
    (source,) = node.inputs
    axes, keepdims = node.attributes["axes"], node.attributes["keepdims"]
    everything = whole(source.shape)
    kept = iter(region)
    reached = []
    for axis, places in enumerate(everything):
        if axis not in axes:
            reached.append(next(kept))
        else:
            reached.append(places)
            if keepdims:
                next(kept)
    yield source, tuple(reached)


def _last_axis(node: Node, region: Region) -> Reached:
    """Dense layers and softmax mix all of the last axis, and leave the others alone."""
    source = node.inputs[0]
    yield source, (*region[:-1], frozenset(range(source.shape[-1])))


def _concatenate(node: Node, region: Region) -> Reached:
    axis = node.attributes["axis"]
    start = 0
    for source in node.inputs:
        extent = source.shape[axis]
        part = frozenset(place - start for place in region[axis] if start <= place < start + extent)
        start += extent
        if part:
            yield source, (*region[:axis], part, *region[axis + 1 :])


def _slice_axis(node: Node, region: Region) -> Reached:
    axis = node.attributes["axis"]
    moved = _moved(region[axis], node.attributes["start"])
    yield node.inputs[0], (*region[:axis], moved, *region[axis + 1 :])


def _slice_strided(node: Node, region: Region) -> Reached:
    steps = zip(region, node.attributes["starts"], node.attributes["steps"], strict=True)
    yield node.inputs[0], tuple(frozenset(start + place * step for place in places) for places, start, step in steps)


def _spread_strided(node: Node, region: Region) -> Reached:
    """Positions between the elements and around them are padding: only those that are elements reach anything."""
    steps = zip(region, node.attributes["starts"], node.attributes["steps"], strict=True)
    reached = tuple(
        frozenset((place - start) // step for place in places if (place - start) % step == 0)
        for places, start, step in steps
    )
    if all(reached):
        yield node.inputs[0], reached


def _take(node: Node, region: Region) -> Reached:
    """Any entry, where the numbers are computed."""
    x, indices = node.inputs
    axis, rank = node.attributes["axis"], len(indices.shape)
    entries = _entries(indices, region[axis : axis + rank], x.shape[axis])
    yield x, (*region[:axis], entries, *region[axis + rank :])
    yield indices, region[axis : axis + rank]


def _entries(indices: Node, region: Region, extent: int) -> Places:
    if indices.op != "table":
        return frozenset(range(extent))
    numbers = numbers_in(indices)[np.ix_(*(sorted(places) for places in region))]
    return frozenset(int(number) % extent for number in numbers.ravel() if -extent <= number < extent)


def _take_along_axis(node: Node, region: Region) -> Reached:
    x, indices = node.inputs
    axis = node.attributes["axis"]
    yield x, (*region[:axis], frozenset(range(x.shape[axis])), *region[axis + 1 :])
    yield indices, region


def _resize2d(node: Node, region: Region) -> Reached:
    (x,) = node.inputs
    rows, columns = (
        frozenset(pixel for place in region[axis] if 0 <= place < node.shape[axis] for pixel in seen[place])
        for axis, seen in enumerate(map(_seen, x.shape[:2], node.shape[:2], [node.attributes["interpolation"]] * 2))
    )
    if rows and columns:
        yield x, (rows, columns, region[2])


def _seen(extent: int, size: int, interpolation: str) -> list[set[int]]:
    """The pixels that each of `size` pixels is made from."""
    if interpolation == "nearest":
        return [{int(pixel)} for pixel in nearest(extent, size)]
    first, second, share = between(extent, size)
    return [{int(a), int(b)} if weight else {int(a)} for a, b, weight in zip(first, second, share, strict=True)]


def _scan(node: Node, region: Region) -> Reached:
    """Everything along the axis, at most."""
    axis = node.attributes["axis"]
    for source in node.inputs:
        yield source, (*region[:axis], frozenset(range(source.shape[axis])), *region[axis + 1 :])


def _matmul(node: Node, region: Region) -> Reached:
    """Rows of the first operand, columns of the second one."""
    a, b = node.inputs
    every = frozenset(range(a.shape[-1]))
    yield a, (*region[:-1], every)
    yield b, (*region[:-2], every, region[-1])


_RULES: dict[str, Rule] = {
    **dict.fromkeys(("input", "parameter", "scalar", "constant", "table", "batch_size", "random_uniform"), _leaf),
    **dict.fromkeys(("max_pool2d", "average_pool2d"), _pool2d),
    **dict.fromkeys(("reduce_sum", "reduce_mean", "reduce_max", "reduce_min", "reduce_prod", "argmax"), _reduce),
    **dict.fromkeys(("dense", "softmax", "log_softmax"), _last_axis),
    "broadcast_to": _elementwise,
    "concatenate": _concatenate,
    "conv2d": _conv2d,
    "crop2d": _crop2d,
    "matmul": _matmul,
    **dict.fromkeys(("cumsum", "cumprod", "linear_scan"), _scan),
    "sort_places": _last_axis,
    "pad2d": _pad2d,
    "reshape": _reshape,
    "resize2d": _resize2d,
    "slice_axis": _slice_axis,
    "slice_strided": _slice_strided,
    "spread_strided": _spread_strided,
    "take": _take,
    "take_along_axis": _take_along_axis,
    "transpose": _transpose,
}


def bounds(regions: Sequence[Region], rank: int) -> tuple[range, ...]:
    """The smallest box around the regions: a half-open range an axis, all of them empty if there is no region."""
    if not regions:
        return (range(0),) * rank
    return tuple(
        range(min(min(region[axis]) for region in regions), max(max(region[axis]) for region in regions) + 1)
        for axis in range(rank)
    )
