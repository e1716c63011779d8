"""The same elements in another shape or order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from planish import primitives
from planish.graph.node import Node
from planish.ops import nodes
from planish.ops.operation import NUMPY, Value, operation

Axis = int | Sequence[int] | None


def shape(x: Value) -> Any:
    """The shape as a tuple. Of a node, the first extent is that of the batch: a node, which `reshape` understands."""
    if isinstance(x, Node):
        return (primitives.batch_size(), *x.shape) if x.batched else x.shape
    found = getattr(x, "shape", None)
    return tuple(found) if found is not None else np.shape(x)


def _size_of_nodes(x: Node) -> Any:
    return primitives.multiply(primitives.batch_size(), float(x.type.size)) if x.batched else x.type.size


@operation(NUMPY, nodes=_size_of_nodes)
def size(x: Value) -> Any:
    """The number of elements."""
    return np.asarray(x.size, np.int32)


@operation(NUMPY, nodes=nodes.rank)
def ndim(x: Value) -> Any:
    """The number of axes, with the batch axis."""
    return x.ndim


def _reshape_of_nodes(x: Any, newshape: Any) -> Node:
    node = nodes.node_of(x)
    shape = (newshape,) if isinstance(newshape, int) else newshape
    return primitives.reshape(node, nodes.image_shape(node, shape, "reshape"))


@operation(NUMPY, nodes=_reshape_of_nodes)
def reshape(x: Value, newshape: int | Sequence[Any]) -> Any:
    """The elements in another shape, of which one extent may be -1: what is left.

    Of a value with a batch axis, the first extent is -1 or `ops.shape(x)[0]`.

    >>> ops.reshape(np.ones((2, 12)), (2, 3, -1)).shape
    (2, 3, 4)
    """
    return np.reshape(x, newshape)


@operation(NUMPY, nodes=lambda x: _reshape_of_nodes(x, (-1,)))
def ravel(x: Value) -> Any:
    """All elements along one axis."""
    return np.ravel(x)


def _transpose_of_nodes(x: Any, axes: Sequence[int] | None = None) -> Node:
    node = nodes.node_of(x)
    given = reversed(range(nodes.rank(node))) if axes is None else axes
    order = [nodes.counted(node, axis, "transpose") for axis in given]
    if not node.batched:
        return primitives.transpose(node, order)
    if order[:1] != [0]:
        raise nodes.mistake(
            "ops.transpose: the batch axis stays in front",
            expected=f"axes=(0, {', '.join(map(str, reversed(range(1, nodes.rank(node)))))})",
            received=f"axes={axes if axes is None else tuple(axes)}",
        )
    return primitives.transpose(node, [axis - 1 for axis in order[1:]])


@operation(NUMPY, nodes=_transpose_of_nodes)
def transpose(x: Value, axes: Sequence[int] | None = None) -> Any:
    """The axes in the order `axes`, or the other way round; the batch axis stays in front."""
    return np.transpose(x, axes)


@operation(NUMPY)
def swapaxes(x: Value, axis1: int, axis2: int) -> Any:
    """Two axes in each other's place."""
    order = [*range(_rank(x))]
    order[axis1], order[axis2] = order[axis2], order[axis1]
    return transpose(x, order)


@operation(NUMPY)
def moveaxis(x: Value, source: int | Sequence[int], destination: int | Sequence[int]) -> Any:
    """Axes `source` in the places `destination`; the others keep their order.

    >>> ops.moveaxis(np.ones((2, 3, 4)), 0, -1).shape
    (3, 4, 2)
    """
    rank = _rank(x)
    origins, places = ([axis % rank for axis in _several(axes)] for axes in (source, destination))
    order = [axis for axis in range(rank) if axis not in origins]
    for place, axis in sorted(zip(places, origins, strict=True)):
        order.insert(place, axis)
    return transpose(x, order)


def _rank(x: Any) -> int:
    return nodes.rank(x) if isinstance(x, Node) else np.ndim(x)


def _several(axes: int | Sequence[int]) -> Sequence[int]:
    return [axes] if isinstance(axes, int) else axes


def _expand_of_nodes(x: Any, axis: int | Sequence[int]) -> Node:
    node = nodes.node_of(x)
    rank = nodes.rank(node) + len(_several(axis))
    full: list[Any] = list(nodes.full_shape(node))
    if any(not -rank <= place < rank for place in _several(axis)):
        raise nodes.mistake("ops.expand_dims: there is no such place", expected=f"{-rank} to {rank - 1}", received=axis)
    for place in sorted(place % rank for place in _several(axis)):
        full.insert(place, 1)
    if node.batched and full[0] is not None:
        raise nodes.batch_axis("expand_dims", node)
    return primitives.reshape(node, full[1:] if node.batched else full)


@operation(NUMPY, nodes=_expand_of_nodes)
def expand_dims(x: Value, axis: int | Sequence[int]) -> Any:
    """New axes of extent 1, which have the places `axis` in the result."""
    return np.expand_dims(x, tuple(axis) if isinstance(axis, list) else axis)


def _squeeze_of_nodes(x: Any, axis: Axis = None) -> Node:
    node = nodes.node_of(x)
    if axis is None:
        return primitives.reshape(node, [extent for extent in node.shape if extent != 1])
    places = {nodes.image_axis(node, place, "squeeze") for place in _several(axis)}
    if any(node.shape[place] != 1 for place in places):
        raise nodes.mistake(
            "ops.squeeze takes away axes of extent 1", received=f"axis={axis} of shape {nodes.full_shape(node)}"
        )
    return primitives.reshape(node, [extent for place, extent in enumerate(node.shape) if place not in places])


@operation(NUMPY, nodes=_squeeze_of_nodes)
def squeeze(x: Value, axis: Axis = None) -> Any:
    """Without axes of extent 1: all of them, or those in `axis`."""
    return np.squeeze(x, tuple(axis) if isinstance(axis, list) else axis)


def _flip_of_nodes(x: Any, axis: Axis = None) -> Node:
    node = nodes.node_of(x)
    places = range(nodes.rank(node)) if axis is None else _several(axis)
    return primitives.flip(node, [nodes.image_axis(node, place, "flip") for place in places])


@operation(NUMPY, nodes=_flip_of_nodes)
def flip(x: Value, axis: Axis = None) -> Any:
    """The other way round along `axis`, or along all axes."""
    return np.flip(x, tuple(axis) if isinstance(axis, Sequence) else axis)


@operation(NUMPY)
def fliplr(x: Value) -> Any:
    """The other way round along the second axis."""
    return flip(x, 1)


@operation(NUMPY)
def flipud(x: Value) -> Any:
    """The other way round along the first axis."""
    return flip(x, 0)


def _roll_of_nodes(x: Any, shift: int | Sequence[int], axis: Axis = None) -> Node:
    node = nodes.node_of(x)
    if axis is None:
        flat = _reshape_of_nodes(node, (-1,))
        return primitives.reshape(primitives.roll(flat, _several(shift)[0], 0), node.shape)
    shifts = [shift] * len(_several(axis)) if isinstance(shift, int) else shift
    for count, place in zip(shifts, _several(axis), strict=True):
        node = primitives.roll(node, count, nodes.image_axis(node, place, "roll"))
    return node


@operation(NUMPY, nodes=_roll_of_nodes)
def roll(x: Value, shift: int | Sequence[int], axis: Axis = None) -> Any:
    """Moved by `shift` places along `axis` (None: as if along one axis); what falls off comes in at the other end.

    >>> ops.roll([1, 2, 3, 4], 1).tolist()
    [4, 1, 2, 3]
    """
    return np.roll(x, shift, axis)


def _rot90_of_nodes(array: Any, k: int = 1, axes: Sequence[int] = (0, 1)) -> Node:
    node = nodes.node_of(array)
    first, second = (nodes.image_axis(node, axis, "rot90") for axis in axes)
    order = [*range(len(node.shape))]
    order[first], order[second] = second, first
    if k % 4 == 0:
        return node
    if k % 4 == 2:
        return primitives.flip(node, [first, second])
    turned = second if k % 4 == 1 else first
    return primitives.transpose(primitives.flip(node, [turned]), order)


@operation(NUMPY, nodes=_rot90_of_nodes)
def rot90(array: Value, k: int = 1, axes: Sequence[int] = (0, 1)) -> Any:
    """Turned `k` times by 90 degrees in the plane of two axes, from the first towards the second."""
    return np.rot90(array, k, (axes[0], axes[1]))


def _broadcast_of_nodes(x: Any, shape: Sequence[Any]) -> Node:
    node = nodes.node_of(x)
    extents = list(shape)
    if extents[0] is None or isinstance(extents[0], Node) or (node.batched and len(extents) == nodes.rank(node)):
        extents = extents[1:]
        if node.batched:
            return primitives.broadcast_to(node, extents)
        raise nodes.batch_axis("broadcast_to", node)
    return primitives.broadcast_to(node, extents)


@operation(NUMPY, nodes=_broadcast_of_nodes)
def broadcast_to(x: Value, shape: Sequence[Any]) -> Any:
    """Repeated along axes of extent 1, and along new axes in front, to `shape`."""
    return np.broadcast_to(x, tuple(shape)).copy()


def _tile_of_nodes(x: Any, repeats: int | Sequence[int]) -> Node:
    node = nodes.node_of(x)
    times = [*_several(repeats)]
    missing = nodes.rank(node) - len(times)
    times = [1] * missing + times
    if node.batched:
        if len(times) > nodes.rank(node) or times[0] != 1:
            raise nodes.batch_axis("tile", node)
        times = times[1:]
    return primitives.tile(node, times)


@operation(NUMPY, nodes=_tile_of_nodes)
def tile(x: Value, repeats: int | Sequence[int]) -> Any:
    """The whole value `repeats` times along each axis, counted from the last."""
    return np.tile(x, repeats)


def _repeat_of_nodes(x: Any, repeats: Any, axis: int | None = None) -> Node:
    node = nodes.node_of(x)
    if axis is None:
        node, axis = _reshape_of_nodes(node, (-1,)), -1
    place = nodes.image_axis(node, axis, "repeat")
    counts = np.asarray(repeats).reshape(-1)
    if counts.size == 1:
        return primitives.repeat(node, int(counts[0]), place)
    places = primitives.table(np.repeat(np.arange(node.shape[place]), counts))
    return primitives.take(node, places, place)


@operation(NUMPY, nodes=_repeat_of_nodes, settings="repeats axis")
def repeat(x: Value, repeats: Value, axis: int | None = None) -> Any:
    """Each entry along `axis` (None: each element) `repeats` times: one number, or one for each entry.

    >>> ops.repeat([1, 2], 2).tolist()
    [1, 1, 2, 2]
    >>> ops.repeat([[1], [2]], [1, 2], axis=0).tolist()
    [[1], [2], [2]]
    """
    return np.repeat(x, repeats, axis)
