"""The gradient of an average over windows: each pixel of a window gets its gradient divided by their number."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planish.graph.node import Node, TensorType
from planish.primitives.pooling import PoolSettings, check_gradient, cropped, pixels_in_windows
from planish.primitives.registry import (
    NO_SECOND_GRADIENT,
    NOT_LINEAR,
    ONLY_IN_GRADIENTS,
    Array,
    Environment,
    Primitive,
    make,
    register,
)
from planish.primitives.windows import padded, tap_slices, taps


class AveragePool2DGradSettings(PoolSettings):
    input_shape: tuple[int, ...]


def _infer(inputs: Sequence[TensorType], settings: AveragePool2DGradSettings) -> TensorType:
    x = TensorType(settings.input_shape)
    check_gradient(x, settings, *inputs)
    return x


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    (g,) = arrays
    settings = AveragePool2DGradSettings.of(node)
    share = g / pixels_in_windows(node.shape[:2], settings, g.shape[1:3]).astype(g.dtype)
    result = padded(np.zeros((len(g), *node.shape), g.dtype), settings.padding)
    for tap in taps(settings.window):
        result[:, *tap_slices(tap, g.shape[1:3], settings.strides)] += share
    return cropped(result, settings, node.shape)


register(
    Primitive(
        name="average_pool2d_grad",
        settings=AveragePool2DGradSettings,
        infer=_infer,
        reference=_reference,
        gradient=NO_SECOND_GRADIENT,
        reach=ONLY_IN_GRADIENTS,
        linear=NOT_LINEAR,
        tail=True,
        monotone=False,
        elementwise=False,
        multiply_adds=ONLY_IN_GRADIENTS,
    )
)


def average_pool2d_grad(g: Node, input_shape: Sequence[int], settings: PoolSettings) -> Node:
    """`g` f32[N, rows, columns, c], of a pool with these settings -> f32[N, *input_shape]."""
    own = AveragePool2DGradSettings.extending(settings, input_shape=tuple(input_shape))
    return make("average_pool2d_grad", [g], own)
