"""Operators on values of any rank, as mirrored layers."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from planish import ops
from planish.graph.node import Node
from planish.layers.base.layer import Layer, Shape
from planish.structure.foreign_site import Site, mirrors
from planish.structure.mirrored_rows import (
    Averaged,
    Joined,
    Moved,
    Normalized,
    Pointwise,
    Product,
    Reshaped,
    SoftmaxAlong,
)

_BEYOND = 2**62
"""The end of a slice that reaches to the end of its axis."""


@mirrors("Gemm")
def _gemm(site: Site) -> Layer:
    return product(site, bias=len(site.operation.inputs) > 2)


@mirrors("MatMul")
def _matmul(site: Site) -> Layer:
    return product(site, bias=False)


def product(site: Site, *, bias: bool) -> Layer:
    """A product with a matrix of weights."""
    shape = site.shape(1)
    if shape is None:
        raise site.unknown()
    if len(shape) < 2:  # of a lazy module
        return Product(site.called, site.name, features=None, units=site.setting("units", None), bias=bias)
    features, units = shape[::-1] if site.setting("transB", 0) else shape
    return Product(site.called, site.name, features=features, units=units, bias=bias)


@mirrors("BatchNormalization")
def _batch_normalization(site: Site) -> Layer:
    mean, scale = site.shape(3), site.shape(1)
    channels = mean[0] if mean and mean[0] else None
    weights = [(channels,), (channels,)] if scale is not None and channels else []
    return Pointwise(site.called, site.name, weights=weights, channels=channels)


@mirrors("InstanceNormalization", "GroupNormalization", "LayerNormalization", "RMSNormalization", "LRN")
def _normalized(site: Site) -> Layer:
    along = site.setting("axis", -1)
    first, last = {"InstanceNormalization": (2, None), "GroupNormalization": (1, None), "LRN": (1, 2)}.get(
        site.kind, (along, None)
    )
    shapes = (site.shape(place) for place in (1, 2))
    weights = [shape for shape in shapes if shape is not None]
    return Normalized(site.called, site.name, first=first, last=last, weights=weights)


@mirrors("ReduceL1", "ReduceL2", "ReduceLogSumExp", "ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd", "ReduceSum")
def _reduced(site: Site) -> Layer:
    return Averaged(site.called, site.name, axes=site.integers(1), keepdims=bool(site.setting("keepdims", 1)))


@mirrors("Softmax", "LogSoftmax")
def _softmax(site: Site) -> Layer:
    return SoftmaxAlong(site.called, site.name, axis=site.setting("axis", -1))


# -- other shapes ------------------------------------------------------------------------------------------------------


@mirrors("Flatten")
def _joined(site: Site) -> Layer:
    if site.setting("axis", 1) != 1:
        raise site.unknown()
    return Joined(site.called, site.name)


@mirrors("Reshape")
def _reshaped(site: Site) -> Layer:
    extents = site.integers(1)
    if len(extents) == 2:
        return Joined(site.called, site.name)
    if len(extents) < 2:
        raise site.unknown()
    return Reshaped(site.called, site.name, shape_for=lambda shape: _completed(shape, extents[1:]))


@mirrors("Unflatten")
def _unflattened(site: Site) -> Layer:
    axis, sizes = site.setting("axis", 1), site.setting("sizes", ())

    def split(shape: Shape) -> Shape:
        place = axis % (len(shape) + 1) - 1
        return (*shape[:place], *_completed((shape[place],), sizes), *shape[place + 1 :])

    return Reshaped(site.called, site.name, shape_for=split)


@mirrors("FlattenAxes")
def _partly_joined(site: Site) -> Layer:
    start, end = site.setting("start", 1), site.setting("end", -1)

    def joined(shape: Shape) -> Shape:
        first, last = start % (len(shape) + 1) - 1, end % (len(shape) + 1) - 1
        return (*shape[:first], math.prod(shape[first : last + 1]), *shape[last + 1 :])

    return Reshaped(site.called, site.name, shape_for=joined)


def _completed(shape: Shape, extents: Sequence[int]) -> Shape:
    """`extents` with the number for -1 that the others leave; 0 is the extent that there was."""
    known = [shape[place] if extent == 0 else extent for place, extent in enumerate(extents)]
    rest = math.prod(shape) // abs(math.prod(known))
    return tuple(rest if extent == -1 else extent for extent in known)


# -- other places ------------------------------------------------------------------------------------------------------


def _moved(site: Site, function: Callable[[Node], Any]) -> Layer:
    return Moved(site.called, site.name, function=function)


@mirrors("Transpose")
def _transposed(site: Site) -> Layer:
    order = tuple(site.setting("perm", ()))
    return _moved(site, lambda x: ops.transpose(x, order))


@mirrors("Squeeze")
def _squeezed(site: Site) -> Layer:
    axes = site.integers(1)
    return _moved(site, lambda x: ops.squeeze(x, axes))


@mirrors("Unsqueeze")
def _unsqueezed(site: Site) -> Layer:
    axes = site.integers(1)
    return _moved(site, lambda x: ops.expand_dims(x, axes))


@mirrors("Tile")
def _tiled(site: Site) -> Layer:
    counts = site.integers(1)
    return _moved(site, lambda x: ops.tile(x, counts))


@mirrors("Expand")
def _expanded(site: Site) -> Layer:
    extents = site.integers(1)[1:]

    def whole(x: Node) -> Any:
        before = (1,) * (len(extents) - len(x.shape)) + x.shape
        shape = [max(pair) for pair in zip(before, extents, strict=True)]
        return ops.broadcast_to(x, (None, *shape))

    return _moved(site, whole)


@mirrors("Slice")
def _sliced(site: Site) -> Layer:
    starts, ends, axes = (site.integers(place) for place in (1, 2, 3))
    steps = site.integers(4) or (1,) * len(starts)
    cuts = {axis: _cut(*parts) for axis, *parts in zip(axes, starts, ends, steps, strict=True)}

    def part(x: Node) -> Any:
        index = [slice(None)] * (len(x.shape) + 1)
        for axis, cut in cuts.items():
            index[axis] = cut
        return ops.get_item(x, tuple(index))

    return _moved(site, part)


def _cut(start: int, end: int, step: int) -> slice:
    whole = end > _BEYOND or end < -_BEYOND
    return slice(start, None if whole else end, step)


def split(site: Site, place: int) -> Layer:
    """One of the parts."""
    axis, sizes, count = site.setting("axis", 0), site.integers(1), len(site.operation.outputs)

    def part(x: Node) -> Any:
        extent = x.shape[axis % (len(x.shape) + 1) - 1]
        size = -(-extent // count)
        start, end = (sum(sizes[:place]), sum(sizes[: place + 1])) if sizes else (size * place, size * (place + 1))
        return ops.get_item(x, (*[slice(None)] * (axis % (len(x.shape) + 1)), slice(start, end)))

    return _moved(site, part)


@mirrors("DepthToSpace")
def _blown_up(site: Site) -> Layer:
    """Channels become pixels. The order of the channels, which modes differ in, changes no shape and no window."""
    block = site.setting("blocksize", 1)

    def larger(x: Node) -> Any:
        channels, rows, columns = x.shape
        fewer = channels // block**2
        parted = ops.transpose(ops.reshape(x, (-1, fewer, block, block, rows, columns)), (0, 1, 4, 2, 5, 3))
        return ops.reshape(parted, (-1, fewer, rows * block, columns * block))

    return _moved(site, larger)
