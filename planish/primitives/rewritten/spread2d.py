"""Pixels moved apart: y[i * s, j * s] = x[i, j], zeros between (what a strided convolution's gradient starts from)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planish.graph.node import Node, TensorType
from planish.graph.settings import Settings
from planish.primitives.registry import Array, Environment, make, register_rewritten
from planish.primitives.windows import Pair, pair


class Spread2DSettings(Settings):
    strides: Pair


def _infer(inputs: Sequence[TensorType], settings: Spread2DSettings) -> TensorType:
    rows, columns, channels = inputs[0].shape
    down, across = settings.strides
    return TensorType(((rows - 1) * down + 1, (columns - 1) * across + 1, channels))


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    (x,) = arrays
    down, across = Spread2DSettings.of(node).strides
    result = np.zeros((len(x), *node.shape), x.dtype)
    result[:, ::down, ::across] = x
    return result


register_rewritten("spread2d", Spread2DSettings, _infer, _reference)


def spread2d(x: Node, strides: Sequence[int]) -> Node:
    return make("spread2d", [x], Spread2DSettings(strides=pair(strides)))
