"""Nodes as Keras's operations see them: their axes are counted with the batch axis, which nodes leave out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from planish import primitives, structures
from planish.errors import explain
from planish.graph.node import Node, current_layers, dtype_of_numbers
from planish.ops.dtypes import as_array
from planish.primitives.broadcasting import aligned_as_numpy, as_node
from planish.variable import Variable

Axis = int | Sequence[int] | None


def mistake(what: str, **parts: Any) -> ValueError:
    """The error about an operation that cannot be made of nodes; it names the layer that is being traced."""
    return ValueError(explain(what=what, layer=", ".join(current_layers()) or None, **parts))


def rank(x: Node) -> int:
    """The number of axes, with the batch axis."""
    return len(x.shape) + x.batched


def full_shape(x: Node) -> tuple[int | None, ...]:
    """The shape with the batch axis, whose extent is None."""
    return (None, *x.shape) if x.batched else x.shape


def node_of(value: Any) -> Node:
    """A value among nodes as a node: arrays become tables in the program, variables their leaves."""
    if isinstance(value, Node):
        return value
    if isinstance(value, Variable):
        return value.node
    if type(value) is float:
        return as_node(value)  # as exact as it is; programs round it to their type
    if isinstance(value, list | tuple) and any(isinstance(leaf, Node | Variable) for leaf in structures.leaves(value)):
        return _stacked([node_of(item) for item in value])
    array = as_array(value).astype(dtype_of_numbers())
    if array.size and (array == array.flat[0]).all():
        number = primitives.constant(float(array.flat[0]))
        return number if array.ndim == 0 else primitives.broadcast_to(number, array.shape)
    return as_node(array if array.ndim else float(array))


def _stacked(items: Sequence[Node]) -> Node:
    """A list of values of the whole batch, such as `self.losses`, as a value with an axis more."""
    if any(item.batched for item in items):
        raise mistake(
            "a list of values of each image is not a value: its first axis would come before the batch axis",
            expected="one value, or a list of values of the whole batch",
            remedy="ops.stack([a, b], axis=1)\nor for sums a + b",
        )
    return primitives.stack(items, 0)


def together(*values: Any) -> list[Node]:
    """Nodes whose axes meet as Keras's do: from the last, the batch axis among them.

    ValueError where the batch axis would meet another axis.
    """
    found = aligned_as_numpy([node_of(value) for value in values])
    ranks = {len(node.shape) for node in found if node.batched and node.shape}
    scalars = [node for node in found if node.batched and not node.shape]
    if len(ranks) > 1 or (scalars and any(node.shape for node in found)):
        raise mistake(
            "the batch axis would meet another axis",
            rule="axes are compared from the last, as in NumPy",
            received=" and ".join(str(full_shape(node)) for node in found),
            remedy="ops.expand_dims(x, -1) adds an axis behind the others",
        )
    return found


def counted(x: Node, axis: int, name: str) -> int:
    """An axis counted from the front, the batch axis being 0. ValueError if there is none."""
    place = int(axis)
    if not -rank(x) <= place < rank(x):
        raise mistake(
            f"ops.{name}: axis {axis} is not an axis of the value",
            expected=f"{-rank(x)} to {rank(x) - 1}",
            received=f"a value of shape {full_shape(x)}",
            remedy="axis=-1 for the last one, axis=1 for the first one of an image",
        )
    return place % rank(x)


def image_axis(x: Node, axis: int, name: str) -> int:
    """The per-image axis that is meant. ValueError for the batch axis."""
    place = counted(x, axis, name)
    if x.batched and place == 0:
        raise batch_axis(name, x)
    return place - x.batched


def batch_axis(name: str, x: Node) -> ValueError:
    return mistake(
        f"ops.{name} cannot be compiled along the batch axis",
        rule="axis 0 is the batch; every image is computed by itself",
        expected="an axis of an image, from 1 on" if x.shape else "a value with axes of its own",
        received=f"a value of shape {full_shape(x)}",
    )


def reduced_axes(x: Node, axis: Axis, name: str) -> tuple[bool, tuple[int, ...]]:
    """Whether the batch is reduced, and the per-image axes that are."""
    places = range(rank(x)) if axis is None else [axis] if isinstance(axis, int | np.integer) else axis
    counts = sorted({counted(x, place, name) for place in places})
    over_batch = x.batched and 0 in counts
    return over_batch, tuple(count - x.batched for count in counts if count >= x.batched)


def moved_back(x: Node, back: Sequence[int]) -> Node:
    return x if list(back) == sorted(back) else primitives.transpose(x, back)


def image_shape(x: Node, shape: Sequence[Any], name: str) -> tuple[int, ...]:
    """The per-image part of a full shape with -1, None or `ops.shape(x)[0]` in it, for the elements of `x`.

    ValueError if the batch axis would be taken apart.
    """
    given = [-1 if extent is None or isinstance(extent, Node) else int(extent) for extent in shape]
    rest = given
    if x.batched:
        if not given or given[0] != -1:
            raise mistake(
                f"ops.{name}: the batch axis stays in front",
                expected="-1 or ops.shape(x)[0] first",
                received=tuple(given),
                remedy=f"ops.{name}(x, {(-1, *x.shape)})",
            )
        rest = given[1:]
    known = math.prod(extent for extent in rest if extent != -1)
    if rest.count(-1) == 1 and known and x.type.size % known == 0:
        rest = [x.type.size // known if extent == -1 else extent for extent in rest]
    if -1 in rest:
        raise mistake(
            f"ops.{name}: the shape does not say how many entries an axis has",
            expected=f"{x.type.size} elements for each image" if x.batched else f"{x.type.size} elements",
            received=tuple(given),
        )
    return tuple(rest)
