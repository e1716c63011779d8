"""A dense layer that reads images where the user has them, and its weights' gradient, as the kernels compute them.

* `dense_listed[rows, memory_dtype]` x, w: [parts, units], a matrix product of so many features and their rows of w in
  each part; x is an input, whose elements have that type in memory
* `sum_parts[]` x: its first axis summed, in order
* `dense_listed_weight_grad[memory_dtype]` x, g: the gradient of w

The kernels leave out products with a zero of x. That changes a result only where a weight (or g) is infinite or NaN.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planish.graph.node import Attributes, Node, TensorType
from planish.primitives.registry import Array, Environment, make, register


def _rows(arrays: Sequence[Array]) -> Array:
    """The images as rows of a matrix, in the precision of the other operand."""
    x, other = arrays
    flat: Array = x.reshape(len(x), -1).astype(other.dtype)
    return flat


def _infer(inputs: Sequence[TensorType], attributes: Attributes) -> TensorType:
    features, units = inputs[1].shape
    return TensorType((-(-features // attributes["rows"]), units))


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    x, w, rows = _rows(arrays), arrays[1], node.attributes["rows"]
    return np.stack([x[:, k : k + rows] @ w[k : k + rows] for k in range(0, len(w), rows)], axis=1)


def _infer_sum(inputs: Sequence[TensorType], attributes: Attributes) -> TensorType:
    return TensorType(inputs[0].shape[1:])


def _sum(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    total: Array = arrays[0].sum(axis=1)
    return total


def _infer_weight_grad(inputs: Sequence[TensorType], attributes: Attributes) -> TensorType:
    x, g = inputs
    return TensorType((x.size, g.size), batched=False)


def _weight_grad(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    product: Array = _rows(arrays).T @ arrays[1]
    return product


register("dense_listed", _infer, _reference, None)
register("sum_parts", _infer_sum, _sum, None)
register("dense_listed_weight_grad", _infer_weight_grad, _weight_grad, None)


def dense_listed(x: Node, w: Node, rows: int, memory_dtype: str) -> Node:
    return make("dense_listed", [x, w], rows=rows, memory_dtype=memory_dtype)


def dense_listed_weight_grad(x: Node, g: Node, memory_dtype: str) -> Node:
    return make("dense_listed_weight_grad", [x, g], memory_dtype=memory_dtype)
