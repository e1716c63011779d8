"""NumPy's broadcasting, on per-image shapes: an operand without a batch axis goes with every image."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real
from typing import SupportsFloat

import numpy as np

from planish.errors import explain
from planish.graph.node import Attributes, Node, TensorType, current_layers
from planish.primitives.leaves import constant
from planish.primitives.mistake import check_values
from planish.primitives.registry import Array

Operand = Node | SupportsFloat


def as_node(operand: Operand) -> Node:
    """Numbers become constants, variables their leaves. TypeError for what is neither a node nor a number."""
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
    if not isinstance(operand, Real) and not (isinstance(operand, np.ndarray) and operand.ndim == 0):
        raise TypeError(explain(what="operations take nodes and numbers", received=f"{operand!r}, a {type(operand)}"))
    return constant(float(operand))


def infer_broadcast(inputs: Sequence[TensorType], attributes: Attributes) -> TensorType:
    check_values("an element-wise operation", *inputs)
    shapes = [type_.shape for type_ in inputs]
    batched = any(type_.batched for type_ in inputs)
    if all(shape == shapes[0] for shape in shapes):
        return TensorType(shapes[0], batched=batched)
    try:
        return TensorType(np.broadcast_shapes(*shapes), batched=batched)
    except ValueError:
        raise ValueError(
            explain(
                what="Tensors of shapes that do not go together",
                layer=", ".join(current_layers()) or None,
                rule="axes are compared from the last; they have to be equal or one",
                received=" and ".join(str(shape) for shape in shapes),
            )
        ) from None


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
