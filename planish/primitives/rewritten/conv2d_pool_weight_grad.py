"""The gradient of a convolution with respect to its kernel, from the places of a pool's maxima.

The mathematics is in `planish.primitives.pooled_convolution`.
"""

from __future__ import annotations

from collections.abc import Sequence

from planish.graph.node import Node, TensorType
from planish.primitives.conv2d_weight_grad import Conv2DWeightGradSettings
from planish.primitives.pooled_convolution import (
    PooledConvolutionSettings,
    check_gradient,
    convolution_of,
    meaning,
    spread,
)
from planish.primitives.registry import Array, Environment, make, register_rewritten


class Conv2DPoolWeightGradSettings(PooledConvolutionSettings):
    kernel_shape: tuple[int, ...]


def _infer(inputs: Sequence[TensorType], settings: Conv2DPoolWeightGradSettings) -> TensorType:
    x, places, g = inputs
    w = TensorType(settings.kernel_shape, batched=False)
    check_gradient(x, w, places, g, settings)
    return w


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    x, places, g = arrays
    settings = Conv2DPoolWeightGradSettings.of(node)
    full = spread(places, g, node.inputs[0].type, node.type, settings)
    plain = Conv2DWeightGradSettings.extending(convolution_of(settings), kernel_shape=settings.kernel_shape)
    return meaning("conv2d_weight_grad", [x, full], node, plain, environment)


register_rewritten("conv2d_pool_weight_grad", Conv2DPoolWeightGradSettings, _infer, _reference)


def conv2d_pool_weight_grad(x: Node, places: Node, g: Node, settings: Conv2DPoolWeightGradSettings) -> Node:
    """`x` f32[N, h, w, cin], `places` i8 and `g` f32 [N, rows, columns, cout] -> f32[kh, kw, cin, cout]."""
    return make("conv2d_pool_weight_grad", [x, places, g], settings)
