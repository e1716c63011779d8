"""Entries picked from values, put into them, and the parts of matrices."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import Any

import numpy as np

from planish import primitives
from planish.graph.node import Node
from planish.ops import arithmetic, nodes
from planish.ops.dtypes import Array, dtype_named
from planish.ops.joining import pad
from planish.ops.operation import CORE, NN, NUMPY, Value, operation
from planish.ops.reductions import sum
from planish.ops.shapes import ravel

_PLACES = "planish has no code that writes to places that are computed"


@operation(NUMPY, nodes=lambda x, key: nodes.node_of(x)[key], settings="")
def get_item(x: Value, key: Any) -> Any:
    """x[key]: numbers and slices; of a value with a batch axis, the first is a colon."""
    return x[key]


def _take_of_nodes(x: Any, indices: Any, axis: int | None = None) -> Node:
    node = nodes.node_of(x)
    if axis is None:
        node, axis = ravel(node), -1
    place = nodes.image_axis(node, axis, "take")
    places = indices if isinstance(indices, Node) else primitives.table(np.asarray(indices))
    return primitives.take(node, places, place)


@operation(NUMPY, nodes=_take_of_nodes)
def take(x: Value, indices: Value, axis: int | None = None) -> Any:
    """The entries at `indices` along `axis`, or among all elements; negative ones count from the end.

    >>> ops.take([[1, 2], [3, 4]], [1, -2], axis=0).tolist()
    [[3, 4], [1, 2]]
    >>> ops.take([[1, 2], [3, 4]], 2).tolist()
    3
    """
    return np.take(x, indices, axis)


def _take_along_of_nodes(x: Any, indices: Any, axis: int | None = None) -> Node:
    node, places = nodes.together(x, indices)
    if axis is None:
        node, places, axis = ravel(node), ravel(places), -1
    return primitives.take_along_axis(node, places, nodes.image_axis(node, axis, "take_along_axis"))


@operation(NUMPY, nodes=_take_along_of_nodes)
def take_along_axis(x: Value, indices: Value, axis: int | None = None) -> Any:
    """For each vector along `axis` its entries at the indices of the same vector of `indices`.

    >>> ops.take_along_axis([[5, 6, 7], [8, 9, 10]], [[2], [0]], axis=1).tolist()
    [[7], [8]]
    """
    if axis is None:
        return np.take_along_axis(x, indices, None)
    return np.take_along_axis(*_broadcast_but(x, indices, axis), axis)


def _broadcast_but(x: Array, indices: Array, axis: int) -> tuple[Array, Array]:
    """Both with the same extents, except along the axis."""
    shapes = [[*each.shape] for each in (x, indices)]
    for shape in shapes:
        shape[axis] = 1
    common = [*np.broadcast_shapes(*map(tuple, shapes))]

    def spread(each: Array) -> Array:
        common[axis] = each.shape[axis]
        return np.broadcast_to(each, tuple(common))

    return spread(x), spread(indices)


def _slice_of_nodes(inputs: Any, start_indices: Sequence[int], shape: Sequence[int]) -> Node:
    node = nodes.node_of(inputs)
    starts, counts = [int(start) for start in start_indices], [*shape]
    if node.batched:
        if starts[0] != 0 or not (isinstance(counts[0], Node) or counts[0] in (-1, None)):
            raise nodes.batch_axis("slice", node)
        starts, counts = starts[1:], counts[1:]
    for axis, (start, count) in enumerate(zip(starts, counts, strict=True)):
        stop = node.shape[axis] if count == -1 else start + int(count)
        node = primitives.slice_axis(node, axis, start, stop)
    return node


@operation(CORE, nodes=_slice_of_nodes, settings="shape")
def slice(inputs: Value, start_indices: Sequence[int], shape: Sequence[int]) -> Any:
    """The part of extents `shape` that begins at `start_indices`; an extent of -1 is what is left.

    >>> ops.slice([[1, 2, 3], [4, 5, 6]], [0, 1], [-1, 2]).tolist()
    [[2, 3], [5, 6]]
    """
    return inputs[_part(inputs, start_indices, shape)]


def _part(inputs: Array, starts: Sequence[int], shape: Sequence[int]) -> tuple[Any, ...]:
    ends = [
        extent if count == -1 else int(start) + int(count)
        for extent, start, count in zip(inputs.shape, starts, shape, strict=True)
    ]
    return tuple(builtins.slice(int(start), end) for start, end in zip(starts, ends, strict=True))


def _slice_update_of_nodes(inputs: Any, start_indices: Sequence[int], updates: Any) -> Node:
    node, new = nodes.node_of(inputs), nodes.node_of(updates)
    starts = [int(start) for start in start_indices][node.batched :]
    if node.batched and (int(start_indices[0]) or not new.batched):
        raise nodes.batch_axis("slice_update", node)
    borders = [(0, 0)] * node.batched + [
        (start, extent - start - count) for start, extent, count in zip(starts, node.shape, new.shape, strict=True)
    ]
    ones = primitives.equal(new, new)
    return primitives.select(pad(ones, borders), pad(new, borders), node)


@operation(CORE, nodes=_slice_update_of_nodes, settings="")
def slice_update(inputs: Value, start_indices: Sequence[int], updates: Value) -> Any:
    """`inputs`, in which the part that begins at `start_indices` is `updates`.

    >>> ops.slice_update([1.0, 2.0, 3.0], [1], [7.0, 8.0]).tolist()
    [1.0, 7.0, 8.0]
    """
    changed = inputs.copy()
    changed[_part(inputs, start_indices, updates.shape)] = updates
    return changed


@operation(CORE, eager=_PLACES)
def scatter(indices: Value, values: Value, shape: Sequence[int]) -> Any:
    """Zeros of `shape`, to which `values` are added at `indices` (the last axis is that of a place's numbers).

    >>> ops.scatter([[0], [2], [2]], [1.0, 2.0, 3.0], (4,)).tolist()
    [1.0, 0.0, 5.0, 0.0]
    """
    made = np.zeros(tuple(shape), values.dtype)
    np.add.at(made, tuple(np.moveaxis(indices, -1, 0)), values)
    return made


_UPDATES = {"add": np.add, "max": np.maximum, "min": np.minimum, "mul": np.multiply}


@operation(CORE, eager=_PLACES)
def scatter_update(inputs: Value, indices: Value, updates: Value, reduction: str | None = None) -> Any:
    """`inputs` with `updates` at `indices`, or "add"ed, multiplied ("mul"), or the "max" or "min" of both.

    >>> ops.scatter_update([1.0, 2.0, 3.0], [[0], [2]], [7.0, 8.0]).tolist()
    [7.0, 2.0, 8.0]
    >>> ops.scatter_update([1.0, 2.0, 3.0], [[0], [0]], [7.0, 8.0], reduction="add").tolist()
    [16.0, 2.0, 3.0]
    """
    changed, places = inputs.copy(), tuple(np.moveaxis(indices, -1, 0))
    if reduction is None:
        changed[places] = updates
    elif reduction in _UPDATES:
        _UPDATES[reduction].at(changed, places, updates.astype(changed.dtype))
    else:
        raise nodes.mistake("ops.scatter_update: no such reduction", expected=", ".join(_UPDATES), received=reduction)
    return changed


def _one_hot_of_nodes(x: Any, num_classes: int, axis: int = -1, dtype: Any = None, sparse: bool = False) -> Node:
    _check_full(sparse)
    vectors = primitives.one_hot(nodes.node_of(x), num_classes)
    place = nodes.image_axis(vectors, axis, "one_hot")
    order = [*range(len(vectors.shape) - 1)]
    order.insert(place, len(order))
    return nodes.moved_back(vectors, order)


@operation(NN, nodes=_one_hot_of_nodes)
def one_hot(x: Value, num_classes: int, axis: int = -1, dtype: Any = None, sparse: bool = False) -> Any:
    """Class numbers as vectors with a 1 at the class, along a new axis; a number out of range gives zeros.

    >>> ops.one_hot([0, 2, 7], 3).tolist()
    [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, 0.0]]
    """
    _check_full(sparse)
    vectors = (x[..., None] == np.arange(num_classes)).astype(dtype_named(dtype))
    return np.moveaxis(vectors, -1, axis)


def _check_full(sparse: bool) -> None:
    if sparse:
        raise nodes.mistake("ops: planish has no sparse arrays", received="sparse=True", remedy="sparse=False")


@operation(NN)
def multi_hot(
    inputs: Value, num_classes: int | None = None, axis: int = -1, dtype: Any = None, sparse: bool = False
) -> Any:
    """Vectors with a 1 at each class that is in a row of class numbers; `axis` is that of the row.

    >>> ops.multi_hot([[0, 2], [1, 1]], 3).tolist()
    [[1.0, 0.0, 1.0], [0.0, 1.0, 0.0]]
    """
    from planish.ops.reductions import max

    if num_classes is None:
        raise nodes.mistake("ops.multi_hot needs the number of classes", remedy="num_classes=10")
    rank = nodes.rank(inputs) if isinstance(inputs, Node) else inputs.ndim
    counted = axis - 1 if axis < 0 else axis
    return max(one_hot(inputs, num_classes, dtype=dtype, sparse=sparse), counted if rank > 1 else 0)


def _triangle(x: Any, keep: Array) -> Any:
    return (
        arithmetic.multiply(x, keep.astype(np.float32)) if isinstance(x, Node) else np.where(keep, x, 0).astype(x.dtype)
    )


def _matrix(x: Any) -> tuple[int, int]:
    rows, columns = x.shape[-2:]
    return int(rows), int(columns)


@operation(NUMPY)
def tril(x: Value, k: int = 0) -> Any:
    """Matrices without what is above the diagonal `k`."""
    return _triangle(x, np.tri(*_matrix(x), k, dtype=bool))


@operation(NUMPY)
def triu(x: Value, k: int = 0) -> Any:
    """Matrices without what is below the diagonal `k`."""
    return _triangle(x, ~np.tri(*_matrix(x), k - 1, dtype=bool))


def _diagonal_of_nodes(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Node:
    node = nodes.node_of(x)
    first, second = (nodes.image_axis(node, axis, "diagonal") for axis in (axis1, axis2))
    rest = [axis for axis in range(len(node.shape)) if axis not in (first, second)]
    flat = primitives.transpose(node, [*rest, first, second])
    rows, columns = flat.shape[-2:]
    places = np.diagonal(np.arange(rows * columns).reshape(rows, columns), offset)
    numbers = primitives.reshape(flat, (*flat.shape[:-2], rows * columns))
    return primitives.take(numbers, primitives.table(places), len(rest))


@operation(NUMPY, nodes=_diagonal_of_nodes)
def diagonal(x: Value, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """The diagonals of the matrices that two axes span, along a new last axis.

    >>> ops.diagonal([[1, 2], [3, 4]], offset=1).tolist()
    [2]
    """
    return np.diagonal(x, offset, axis1, axis2)


@operation(NUMPY)
def trace(x: Value, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """The sum of the diagonal."""
    return sum(diagonal(x, offset, axis1, axis2), -1)


@operation(NUMPY, eager="give it arrays")
def diag(x: Value, k: int = 0) -> Any:
    """A matrix with the vector x on its diagonal `k`; of a matrix, its diagonal."""
    return np.diag(x, k)


@operation(NUMPY, eager="give it arrays")
def diagflat(x: Value, k: int = 0) -> Any:
    """A matrix with all elements of x on its diagonal `k`."""
    return np.diagflat(x, k)
