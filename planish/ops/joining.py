"""Values joined, and values taken apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from planish import primitives
from planish.graph.node import Node
from planish.ops import nodes
from planish.ops.dtypes import together
from planish.ops.operation import CORE, NUMPY, Operand, Value, Values, operation
from planish.ops.shapes import expand_dims, ravel
from planish.primitives.broadcasting import zeros_like

Sections = int | Sequence[int]


def _for_every_image(values: Sequence[Any]) -> list[Node]:
    """Nodes that all have a batch axis if one of them has: what images share is repeated for each."""
    found = [nodes.node_of(value) for value in values]
    first = next((node for node in found if node.batched), None)
    if first is None:
        return found
    zero = primitives.multiply(zeros_like(primitives.reshape(first, (first.type.size,))), 0.0)
    zero = primitives.reduce_sum(zero, (0,))
    return [node if node.batched else _repeated(node, zero) for node in found]


def _repeated(node: Node, zero: Node) -> Node:
    """A value with a batch axis of extent 1, for every image."""
    if node.shape[:1] != (1,):
        raise nodes.mistake(
            "ops: a value without a batch axis cannot be joined with values that have one",
            expected="an axis of extent 1 in front, which stands for the batch",
            received=f"a value of shape {node.shape}",
            remedy="ops.expand_dims(x, 0)",
        )
    rest = node.shape[1:]
    return primitives.add(
        primitives.broadcast_to(primitives.reshape(zero, (1,) * len(rest)), rest), _without_front(node)
    )


def _without_front(node: Node) -> Node:
    """Without the axis in front, of extent 1."""
    return primitives.reshape(node, node.shape[1:])


def _concatenate_of_nodes(xs: Sequence[Any], axis: int = 0) -> Node:
    found = _for_every_image(xs)
    return primitives.concatenate(found, nodes.image_axis(found[0], axis, "concatenate"))


@operation(NUMPY, nodes=_concatenate_of_nodes)
def concatenate(xs: Values, axis: int = 0) -> Any:
    """Values one behind the other along an axis."""
    return np.concatenate(together(*xs), axis=axis)


def _stack_of_nodes(x: Sequence[Any], axis: int = 0) -> Node:
    expanded = [expand_dims(nodes.node_of(value), axis) for value in x]
    return _concatenate_of_nodes(expanded, axis)


@operation(NUMPY, nodes=_stack_of_nodes)
def stack(x: Values, axis: int = 0) -> Any:
    """Values of one shape side by side along a new axis."""
    return np.stack(together(*x), axis=axis)


@operation(NUMPY)
def hstack(xs: Values) -> Any:
    """Values joined along the second axis, or along the first if there is only one."""
    return concatenate(xs, 1 if _rank(xs[0]) > 1 else 0)


@operation(NUMPY, eager="it joins along the batch axis")
def vstack(xs: Values) -> Any:
    """Values joined along the first axis; vectors become rows."""
    return np.vstack(together(*xs))


@operation(NUMPY)
def dstack(xs: Values) -> Any:
    """Values joined along the third axis."""
    if all(isinstance(x, np.ndarray) for x in xs):
        return np.dstack(together(*xs))
    return concatenate([expand_dims(x, -1) if _rank(x) == 2 else x for x in xs], 2)


@operation(NUMPY)
def append(x1: Value, x2: Value, axis: int | None = None) -> Any:
    """x2 behind x1 along `axis`; all elements of both, if there is none."""
    return concatenate([ravel(x1), ravel(x2)], 0) if axis is None else concatenate([x1, x2], axis)


def _rank(x: Any) -> int:
    return nodes.rank(x) if isinstance(x, Node) else np.ndim(x)


def _split_of_nodes(x: Any, indices_or_sections: Sections, axis: int = 0) -> list[Node]:
    node = nodes.node_of(x)
    parts = indices_or_sections if isinstance(indices_or_sections, int) else [int(i) for i in indices_or_sections]
    return primitives.split(node, parts, nodes.image_axis(node, axis, "split"))


@operation(NUMPY, nodes=_split_of_nodes)
def split(x: Value, indices_or_sections: Sections, axis: int = 0) -> Any:
    """Pieces along `axis`: so many equal ones, or those between the positions.

    >>> [part.tolist() for part in ops.split([1, 2, 3, 4], 2)]
    [[1, 2], [3, 4]]
    >>> [part.tolist() for part in ops.split([1, 2, 3, 4], [1, 3])]
    [[1], [2, 3], [4]]
    """
    return np.split(x, indices_or_sections, axis)


def _array_split_of_nodes(x: Any, indices_or_sections: Sections, axis: int = 0) -> list[Node]:
    if not isinstance(indices_or_sections, int):
        return _split_of_nodes(x, indices_or_sections, axis)
    node = nodes.node_of(x)
    extent = node.shape[nodes.image_axis(node, axis, "array_split")]
    short, longer = divmod(extent, indices_or_sections)
    sizes = [short + 1] * longer + [short] * (indices_or_sections - longer)
    return _split_of_nodes(node, [int(place) for place in np.cumsum(sizes)[:-1]], axis)


@operation(NUMPY, nodes=_array_split_of_nodes)
def array_split(x: Value, indices_or_sections: Sections, axis: int = 0) -> Any:
    """Pieces along `axis`, as equal as can be."""
    return np.array_split(x, indices_or_sections, axis)


@operation(NUMPY)
def hsplit(x: Value, indices_or_sections: Sections) -> Any:
    """Pieces along the second axis, or along the first if there is only one."""
    return split(x, indices_or_sections, 1 if _rank(x) > 1 else 0)


@operation(NUMPY)
def vsplit(x: Value, indices_or_sections: Sections) -> Any:
    """Pieces along the first axis."""
    return split(x, indices_or_sections, 0)


@operation(NUMPY)
def dsplit(x: Value, indices_or_sections: Sections) -> Any:
    """Pieces along the third axis."""
    return split(x, indices_or_sections, 2)


def _unstack_of_nodes(x: Any, num: int | None = None, axis: int = 0) -> list[Node]:
    node = nodes.node_of(x)
    place = nodes.image_axis(node, axis, "unstack")
    _check_number(num, node.shape[place])
    return primitives.unstack(node, place)


@operation(CORE, nodes=_unstack_of_nodes)
def unstack(x: Value, num: int | None = None, axis: int = 0) -> Any:
    """The entries along `axis` one by one; there have to be `num` of them, if it is given."""
    _check_number(num, x.shape[axis])
    return [np.asarray(part) for part in np.moveaxis(x, axis, 0)]


def _check_number(num: int | None, extent: int) -> None:
    if num not in (None, extent):
        raise nodes.mistake("ops.unstack: the axis has another number of entries", expected=num, received=extent)


def _pairs(pad_width: Any, rank: int) -> list[tuple[int, int]]:
    """A number, a pair for all axes, or a pair for each."""
    widths = np.broadcast_to(np.asarray(pad_width, int), (rank, 2))
    return [(int(before), int(after)) for before, after in widths]


def _pad_of_nodes(x: Any, pad_width: Any, mode: str = "constant", constant_values: Any = None) -> Node:
    node = nodes.node_of(x)
    pairs = _pairs(pad_width, nodes.rank(node))
    if node.batched:
        if pairs[0] != (0, 0):
            raise nodes.batch_axis("pad", node)
        pairs = pairs[1:]
    return primitives.pad(node, pairs, mode, float(constant_values or 0.0))


@operation(NUMPY, nodes=_pad_of_nodes, settings="pad_width mode")
def pad(x: Value, pad_width: Any, mode: str = "constant", constant_values: Any = None) -> Any:
    """More entries before and after each axis: 0 or another number, or `mode` "reflect", "symmetric" or "edge".

    `pad_width` is a number, a pair (before, after) or a pair for each axis.

    >>> ops.pad([1, 2], (1, 2)).tolist()
    [0, 1, 2, 0, 0]
    >>> ops.pad([1, 2, 3], 2, mode="reflect").tolist()
    [3, 2, 1, 2, 3, 2, 1]
    >>> ops.pad([[1]], [(0, 0), (0, 2)]).tolist()
    [[1, 0, 0]]
    """
    if mode == "constant":
        return np.pad(x, _pairs(pad_width, x.ndim), constant_values=constant_values or 0)
    return np.pad(x, _pairs(pad_width, x.ndim), mode)  # type: ignore[call-overload]


@operation(NUMPY, eager="it makes arrays of coordinates: give it arrays")
def meshgrid(*x: Value, indexing: str = "xy") -> Any:
    """Arrays of coordinates of a grid from the coordinates along each of its axes.

    >>> [part.tolist() for part in ops.meshgrid([0, 1], [5, 6, 7], indexing="ij")]
    [[[0, 0, 0], [1, 1, 1]], [[5, 6, 7], [5, 6, 7]]]
    """
    return list(np.meshgrid(*x, indexing=indexing))  # type: ignore[call-overload]


@operation(NUMPY, eager="give it arrays")
def kron(x1: Operand, x2: Operand) -> Any:
    """The Kronecker product: a copy of x2, times each element of x1."""
    return np.kron(*together(x1, x2))
