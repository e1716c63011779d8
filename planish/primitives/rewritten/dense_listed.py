"""A dense layer that reads images where the user has them, as the kernels compute it.

`dense_listed` x, w: [parts, units], a matrix product of `rows` features and their rows of w in each part. x is an
input, whose elements have the type `memory_dtype` in memory; `sum_parts` adds the parts up.

The kernels leave out products with a zero of x. That changes a result only where a weight (or g) is infinite or NaN.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planish.graph.node import Node, TensorType
from planish.primitives.registry import Array, Environment, make, register_rewritten
from planish.primitives.rewritten.load_input import LoadInputSettings


class DenseListedSettings(LoadInputSettings):
    rows: int


def rows_of(arrays: Sequence[Array]) -> Array:
    """The images as rows of a matrix, in the precision of the other operand."""
    x, other = arrays
    flat: Array = x.reshape(len(x), -1).astype(other.dtype)
    return flat


def _infer(inputs: Sequence[TensorType], settings: DenseListedSettings) -> TensorType:
    features, units = inputs[1].shape
    return TensorType((-(-features // settings.rows), units))


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    x, w, rows = rows_of(arrays), arrays[1], DenseListedSettings.of(node).rows
    return np.stack([x[:, k : k + rows] @ w[k : k + rows] for k in range(0, len(w), rows)], axis=1)


register_rewritten("dense_listed", DenseListedSettings, _infer, _reference)


def dense_listed(x: Node, w: Node, rows: int, memory_dtype: str) -> Node:
    return make("dense_listed", [x, w], DenseListedSettings(rows=rows, memory_dtype=memory_dtype))
