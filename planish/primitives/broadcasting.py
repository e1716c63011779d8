"""NumPy's broadcasting, on per-image shapes: an operand without a batch axis goes with every image."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from numbers import Real
from typing import Any, SupportsFloat

import numpy as np
from numpy.typing import NDArray

from planish.errors import explain
from planish.graph.node import Node, TensorType, current_layers, dtype_of_numbers
from planish.graph.settings import Settings
from planish.primitives.leaves import constant
from planish.primitives.mistake import check_values, mistake
from planish.primitives.registry import Array
from planish.primitives.table import table

Operand = Node | SupportsFloat | NDArray[Any]


def as_node(operand: Operand) -> Node:
    """Numbers become constants, arrays tables, variables their leaves. TypeError for anything else."""
    if isinstance(operand, Node):
        return operand
    if isinstance(leaf := getattr(operand, "node", None), Node):
        return leaf
    if isinstance(operand, bool):
        raise TypeError(
            explain(
                what="operations take nodes and numbers",
                received=operand,
                rule="a == b and a != b of nodes are decided at once: whether they are the same node",
                remedy="ops.equal(a, b), which compares values",
            )
        )
    if isinstance(operand, np.ndarray) and operand.ndim and operand.dtype.kind in "biuf":
        return table(operand.astype(dtype_of_numbers()))
    if not isinstance(operand, Real) and not (isinstance(operand, np.ndarray) and operand.ndim == 0):
        raise TypeError(explain(what="operations take nodes and numbers", received=f"{operand!r}, a {type(operand)}"))
    return constant(float(operand))


def aligned_as_numpy(operands: Sequence[Operand]) -> list[Node]:
    """Nodes whose per-image shapes go together as their whole shapes do in NumPy, the batch axis counted.

    A value of the program that has as many axes as the arrays of images has to have one entry where they have images.
    Values of images go together image by image. ValueError where the batch axis would meet another, or not be in front.
    """
    nodes = [as_node(operand) for operand in operands]
    rank = max((len(node.shape) + 1 for node in nodes if node.batched), default=0)
    return [_below_the_batch(node, rank) if rank and not node.batched else node for node in nodes]


def _below_the_batch(node: Node, rank: int) -> Node:
    from planish.primitives.reshape import reshape

    if len(node.shape) < rank:
        return node
    if len(node.shape) == rank and node.shape[0] == 1:
        return reshape(node, node.shape[1:])
    raise mistake(
        "a value that is the same for all images does not go together with values of images",
        rule="axes are compared from the last, and the batch axis is the first one of the result",
        expected=f"{rank - 1} axes or fewer, or 1 in front of {rank - 1} axes",
        received=node.shape,
        remedy="planish.ops.reshape(value, shape) without the axis in front",
    )


def infer_broadcast(inputs: Sequence[TensorType], settings: Settings) -> TensorType:
    check_values("an element-wise operation", *inputs)
    shapes = tuple([type_.shape for type_ in inputs])
    batched = True in [type_.batched for type_ in inputs]
    try:
        return TensorType(_broadcast(shapes), batched=batched)
    except ValueError:
        raise ValueError(
            explain(
                what="Tensors of shapes that do not go together",
                layer=", ".join(current_layers()) or None,
                rule="axes are compared from the last; they have to be equal or one",
                received=" and ".join(str(shape) for shape in shapes),
                remedy="ops.expand_dims(x, axis) for an axis of one, or a weight of the input's shape: input_shape[1:]",
            )
        ) from None


@lru_cache(maxsize=4096)
def _broadcast(shapes: tuple[tuple[int, ...], ...]) -> tuple[int, ...]:
    """A deep net has thousands of operations on few shapes."""
    return np.broadcast_shapes(*shapes)


def aligned(arrays: Sequence[Array], node: Node) -> list[Array]:
    """Arrays in which image meets image: per-image axes aligned from the last, the batch axis in front."""
    rank = len(node.shape)
    lined_up = []
    for array, source in zip(arrays, node.inputs, strict=True):
        missing = rank - len(source.shape)
        stretched = source.batched and missing
        lined_up.append(array.reshape(len(array), *(1,) * missing, *source.shape) if stretched else array)
    return lined_up


def zeros_like(x: Node) -> Node:
    """Zeros of the type of `x`: no value is greater than itself, whereas infinity times zero is not a number."""
    from planish.primitives.binary import greater

    return greater(x, x)


def summed_to(g: Node, source: Node) -> Node:
    """The gradient of a broadcast operand: summed over all that it was repeated along."""
    from planish.primitives.batch_sum import batch_sum
    from planish.primitives.reduce import reduce_sum
    from planish.primitives.reshape import reshape

    missing = len(g.shape) - len(source.shape)
    padded = (1,) * missing + source.shape
    repeated = tuple(axis for axis, extent in enumerate(padded) if extent == 1 and g.shape[axis] != 1)
    if g.batched and not source.batched:
        g = batch_sum(g, repeated)
    elif repeated:
        g = reduce_sum(g, repeated)
    return g if g.shape == source.shape else reshape(g, source.shape)
