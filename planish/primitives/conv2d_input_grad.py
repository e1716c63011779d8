"""The gradient of a convolution with respect to its maps: a transposed convolution.

dx[n, i*s + a*d - p, j*s + b*d - p, c] += g[n, i, j, o] * w[a, b, c, o]  summed over a, b, o
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planish.graph.node import Node, TensorType
from planish.primitives.conv2d import Conv2DSettings, check_gradient, grouped_product
from planish.primitives.registry import Array, Environment, make, register_gradient
from planish.primitives.windows import tap_slices, taps


class Conv2DInputGradSettings(Conv2DSettings):
    input_shape: tuple[int, ...]


def _infer(inputs: Sequence[TensorType], settings: Conv2DInputGradSettings) -> TensorType:
    g, w = inputs
    x = TensorType(settings.input_shape)
    check_gradient(x, w, g, settings)
    return x


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    g, w = arrays
    settings = Conv2DInputGradSettings.of(node)
    (top, bottom), (left, right) = settings.padding
    height, width, channels = settings.input_shape
    groups = settings.groups
    result = np.zeros((len(g), height + top + bottom, width + left + right, channels), np.result_type(g, w))
    for tap in taps(w.shape[:2]):
        place = (slice(None), *tap_slices(tap, g.shape[1:3], settings.strides, settings.dilation))
        result[place] += grouped_product(g, _turned(w[tap], groups), groups)
    return result[:, top : top + height, left : left + width]


def _turned(w: Array, groups: int) -> Array:
    """w[cin / groups, cout] as the matrix back from the outputs of each group to its inputs: [cout / groups, cin]."""
    inputs, outputs = w.shape
    return w.reshape(inputs, groups, outputs // groups).transpose(2, 1, 0).reshape(outputs // groups, -1)


register_gradient("conv2d_input_grad", Conv2DInputGradSettings, _infer, _reference)


def conv2d_input_grad(g: Node, w: Node, input_shape: Sequence[int], settings: Conv2DSettings) -> Node:
    """`g` f32[N, rows, columns, cout], `w` f32[kh, kw, cin / groups, cout] -> f32[N, *input_shape].

    `settings` are those of the convolution.
    """
    return make(
        "conv2d_input_grad", [g, w], Conv2DInputGradSettings.extending(settings, input_shape=tuple(input_shape))
    )
