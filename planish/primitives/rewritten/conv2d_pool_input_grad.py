"""The gradient of a convolution with respect to its maps, from the places of a pool's maxima.

The mathematics is in `planish.primitives.pooled_convolution`.
"""

from __future__ import annotations

from collections.abc import Sequence

from planish.graph.node import Node, TensorType
from planish.primitives.conv2d_input_grad import Conv2DInputGradSettings
from planish.primitives.pooled_convolution import (
    PooledConvolutionSettings,
    check_gradient,
    convolution_of,
    meaning,
    spread,
)
from planish.primitives.registry import Array, Environment, make, register_rewritten


class Conv2DPoolInputGradSettings(PooledConvolutionSettings):
    input_shape: tuple[int, ...]


def _infer(inputs: Sequence[TensorType], settings: Conv2DPoolInputGradSettings) -> TensorType:
    places, g, w = inputs
    x = TensorType(settings.input_shape)
    check_gradient(x, w, places, g, settings)
    return x


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    places, g, w = arrays
    settings = Conv2DPoolInputGradSettings.of(node)
    full = spread(places, g, node.type, node.inputs[2].type, settings)
    plain = Conv2DInputGradSettings.extending(convolution_of(settings), input_shape=settings.input_shape)
    return meaning("conv2d_input_grad", [full, w], node, plain, environment)


register_rewritten("conv2d_pool_input_grad", Conv2DPoolInputGradSettings, _infer, _reference)


def conv2d_pool_input_grad(places: Node, g: Node, w: Node, settings: Conv2DPoolInputGradSettings) -> Node:
    """`places` i8 and `g` f32 [N, rows, columns, cout], `w` f32[kh, kw, cin, cout] -> f32[N, *input_shape]."""
    return make("conv2d_pool_input_grad", [places, g, w], settings)
