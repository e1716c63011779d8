"""Entries of an axis by their numbers: rows of an embedding, columns in another order.

What numbers mean is said in `planish.primitives.entries`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planish.graph.node import Node, TensorType
from planish.primitives import linearity
from planish.primitives.axes import AxisSettings, axis_of
from planish.primitives.entries import check_numbers, numbers_of
from planish.primitives.reaching import Reached
from planish.primitives.regions import Places, Region
from planish.primitives.registry import NO_PRODUCTS, Array, Environment, Primitive, make, register
from planish.primitives.table import numbers_in


def _infer(inputs: Sequence[TensorType], settings: AxisSettings) -> TensorType:
    x, indices = inputs
    check_numbers("take", x, indices)
    axis = settings.axis
    shape = (*x.shape[:axis], *indices.shape, *x.shape[axis + 1 :])
    return TensorType(shape, batched=x.batched or indices.batched)


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    x, indices = arrays
    per_image = [source.batched for source in node.inputs]
    axis = AxisSettings.of(node).axis
    if not per_image[1]:
        return _taken(x, indices, axis + per_image[0])
    entries = x if per_image[0] else np.broadcast_to(x, (len(indices), *x.shape))
    return _taken_by_each(entries, indices, axis + 1)


def _taken(x: Array, indices: Array, axis: int) -> Array:
    numbers, named = numbers_of(indices, x.shape[axis])
    return _or_nan(np.take(x, numbers, axis), named.reshape(*named.shape, *(1,) * (x.ndim - axis - 1)))


def _taken_by_each(x: Array, indices: Array, axis: int) -> Array:
    """Each image's entries, by its own numbers."""
    numbers, named = numbers_of(indices, x.shape[axis])
    rank, images = indices.ndim - 1, np.arange(len(x)).reshape(-1, *(1,) * (indices.ndim - 1))
    found = np.moveaxis(x, axis, 1)[images, numbers]
    taken = np.moveaxis(found, range(1, 1 + rank), range(axis, axis + rank))
    before, behind = (1,) * (axis - 1), (1,) * (x.ndim - axis - 1)
    return _or_nan(taken, named.reshape(len(x), *before, *indices.shape[1:], *behind))


def _or_nan(taken: Array, named: Array) -> Array:
    found: Array = np.where(named, taken, np.asarray(np.nan, taken.dtype))
    return found


def _grad(node: Node, g: Node) -> Sequence[Node | None]:
    from planish.primitives.take_batch_grad import take_batch_grad
    from planish.primitives.take_grad import take_grad

    x, indices = node.inputs
    gradient = take_batch_grad if node.batched and not x.batched else take_grad
    return [gradient(g, indices, AxisSettings.of(node).axis, x.shape), None]


def _reach(node: Node, region: Region) -> Reached:
    """Any entry, where the numbers are computed."""
    x, indices = node.inputs
    axis, rank = AxisSettings.of(node).axis, len(indices.shape)
    entries = _entries(indices, region[axis : axis + rank], x.shape[axis])
    yield x, (*region[:axis], entries, *region[axis + rank :])
    yield indices, region[axis : axis + rank]


def _entries(indices: Node, region: Region, extent: int) -> Places:
    if indices.op != "table":
        return frozenset(range(extent))
    numbers = numbers_in(indices)[np.ix_(*(sorted(places) for places in region))]
    return frozenset(int(number) % extent for number in numbers.ravel() if -extent <= number < extent)


register(
    Primitive(
        name="take",
        settings=AxisSettings,
        infer=_infer,
        reference=_reference,
        gradient=_grad,
        reach=_reach,
        linear=linearity.in_first,
        tail=False,
        monotone=False,
        elementwise=False,
        multiply_adds=NO_PRODUCTS,
    )
)


def take(x: Node, indices: Node, axis: int = 0) -> Node:
    """Entries of the per-image axis `axis`: x[..., n, ...], indices[...] -> x.shape with `indices.shape` for the axis.

    Where both have a batch axis, each image's indices are for its own entries.
    """
    return make("take", [x, indices], AxisSettings(axis=axis_of(x, axis)))
