"""The gradient of a convolution with respect to its kernel.

dw[a, b, c, o] = sum over n, i, j of x[n, i*s + a*d - p, j*s + b*d - p, c] * g[n, i, j, o]
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planish.graph.node import Node, TensorType
from planish.primitives.conv2d import Conv2DSettings, check_gradient
from planish.primitives.registry import Array, Environment, make, register_gradient
from planish.primitives.windows import padded, tap_slices, taps


class Conv2DWeightGradSettings(Conv2DSettings):
    kernel_shape: tuple[int, ...]


def infer(inputs: Sequence[TensorType], settings: Conv2DWeightGradSettings) -> TensorType:
    """The type of the kernel. ValueError if map and gradient are not those of such a convolution."""
    x, g = inputs
    w = TensorType(settings.kernel_shape, batched=False)
    check_gradient(x, w, g, settings)
    return w


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    x, g = arrays
    settings = Conv2DWeightGradSettings.of(node)
    groups = settings.groups
    source = padded(x, settings.padding)
    result = np.empty(node.shape, np.result_type(x, g))
    by_group = g.reshape(-1, groups, node.shape[3] // groups).swapaxes(0, 1)
    for tap in taps(node.shape[:2]):
        seen = source[:, *tap_slices(tap, g.shape[1:3], settings.strides, settings.dilation)]
        products = seen.reshape(-1, groups, node.shape[2]).transpose(1, 2, 0) @ by_group
        result[tap] = products.swapaxes(0, 1).reshape(node.shape[2:])
    return result


register_gradient("conv2d_weight_grad", Conv2DWeightGradSettings, infer, _reference)


def conv2d_weight_grad(x: Node, g: Node, kernel_shape: Sequence[int], settings: Conv2DSettings) -> Node:
    """`x` f32[N, h, w, cin], `g` f32[N, rows, columns, cout] -> f32[*kernel_shape], summed over the batch.

    `settings` are those of the convolution.
    """
    return make(
        "conv2d_weight_grad", [x, g], Conv2DWeightGradSettings.extending(settings, kernel_shape=tuple(kernel_shape))
    )
