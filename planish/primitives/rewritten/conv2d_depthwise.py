"""A convolution without padding of each channel by itself: as many groups as channels, a filter each.

x f32[N, h, w, c], w f32[kh, kw, 1, c] as it is -> f32[N, rows, columns, c].
"""

from __future__ import annotations

from collections.abc import Sequence

from planish.graph.node import Node, TensorType
from planish.graph.settings import Settings
from planish.primitives.bordered_convolution import convolved, map_extents, without_padding
from planish.primitives.conv2d import Conv2DSettings
from planish.primitives.registry import Array, Environment, register_rewritten
from planish.primitives.windows import Pair


class Conv2DDepthwiseSettings(Settings):
    strides: Pair
    dilation: Pair


def is_depthwise(kernel_shape: Sequence[int], groups: int) -> bool:
    """Whether a convolution with this kernel [kh, kw, cin / groups, cout] is of each of several channels by itself."""
    return groups > 1 and kernel_shape[2] == 1 and kernel_shape[3] == groups


def is_multiplied(kernel_shape: Sequence[int], groups: int) -> bool:
    """The same for several filters for each channel."""
    return groups > 1 and kernel_shape[2] == 1 and kernel_shape[3] > groups


def _plain(x: TensorType, settings: Conv2DDepthwiseSettings) -> Conv2DSettings:
    return without_padding(settings.strides, settings.dilation, x.shape[2])


def _infer(inputs: Sequence[TensorType], settings: Conv2DDepthwiseSettings) -> TensorType:
    x, w = inputs
    return TensorType(map_extents(x, w.shape, _plain(x, settings)))


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    x, w = arrays
    source = node.inputs[0]
    plain = _plain(source.type, Conv2DDepthwiseSettings.of(node))
    return convolved(x, w, source, environment, plain)


register_rewritten("conv2d_depthwise", Conv2DDepthwiseSettings, _infer, _reference, tail=True)
