"""Pixels moved apart: y[i * s, j * s] = x[i, j], zeros between (what a strided convolution's gradient starts from)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planish.graph.node import Attributes, Node, TensorType
from planish.primitives.registry import Array, Environment, make, register
from planish.primitives.windows import pair


def _infer(inputs: Sequence[TensorType], attributes: Attributes) -> TensorType:
    rows, columns, channels = inputs[0].shape
    down, across = attributes["strides"]
    return TensorType(((rows - 1) * down + 1, (columns - 1) * across + 1, channels))


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    (x,) = arrays
    down, across = node.attributes["strides"]
    result = np.zeros((len(x), *node.shape), x.dtype)
    result[:, ::down, ::across] = x
    return result


register("spread2d", _infer, _reference, None)


def spread2d(x: Node, strides: Sequence[int]) -> Node:
    return make("spread2d", [x], strides=pair(strides))
