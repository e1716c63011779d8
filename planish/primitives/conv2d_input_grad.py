"""The gradient of a convolution with respect to its maps: a transposed convolution, which layers compute forward, too.

dx[n, i*s + a*d - p, j*s + b*d - p, c] += g[n, i, j, o] * w[a, b, c, o]  summed over a, b, o
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from planish.graph.node import Node, TensorType
from planish.primitives import linearity
from planish.primitives.conv2d import Conv2DSettings, check_gradient, conv2d, conv2d_settings, grouped_product
from planish.primitives.conv2d_weight_grad import conv2d_weight_grad
from planish.primitives.reaching import Reached
from planish.primitives.regions import Places, Region
from planish.primitives.registry import Array, Environment, Primitive, make, register
from planish.primitives.windows import Padding, Pair, tap_slices, taps


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


def _grad(node: Node, g: Node) -> Sequence[Node | None]:
    """The result is what x.conv(w) multiplies to a number, so that this is its own convolution, and the same product
    as a function of w."""
    spread, w = node.inputs
    settings = conv2d_settings(*_of_convolution(node))
    return [conv2d(g, w, *_of_convolution(node)), conv2d_weight_grad(g, spread, w.shape, settings)]


def _of_convolution(node: Node) -> tuple[Pair, Padding, Pair, int]:
    own = Conv2DInputGradSettings.of(node)
    return own.strides, own.padding, own.dilation, own.groups


def _reach(node: Node, region: Region) -> Reached:
    g, w = node.inputs
    own = Conv2DInputGradSettings.of(node)
    rows, columns = (
        _spreading(region[axis], w.shape[axis], own.strides[axis], own.padding[axis][0], own.dilation[axis])
        for axis in (0, 1)
    )
    inputs, outputs = w.shape[2], w.shape[3] // own.groups
    groups = {channel // inputs for channel in region[2]}
    channels = frozenset(group * outputs + channel for group in groups for channel in range(outputs))
    if rows and columns:
        yield g, (rows, columns, channels)


def _spreading(places: Places, size: int, stride: int, before: int, dilation: int) -> Places:
    """The positions along an axis whose windows meet one of `places`."""
    starts = {place + before - tap * dilation for place in places for tap in range(size)}
    return frozenset(start // stride for start in starts if start % stride == 0)


def _multiply_adds(node: Node) -> int:
    g, w = node.inputs
    return g.type.size * math.prod(w.shape[:3])


register(
    Primitive(
        name="conv2d_input_grad",
        settings=Conv2DInputGradSettings,
        infer=_infer,
        reference=_reference,
        gradient=_grad,
        reach=_reach,
        linear=linearity.in_first,
        tail=False,
        monotone=False,
        elementwise=False,
        multiply_adds=_multiply_adds,
    )
)


def conv2d_input_grad(g: Node, w: Node, input_shape: Sequence[int], settings: Conv2DSettings) -> Node:
    """`g` f32[N, rows, columns, cout], `w` f32[kh, kw, cin / groups, cout] -> f32[N, *input_shape].

    `settings` are those of the convolution.
    """
    return make(
        "conv2d_input_grad", [g, w], Conv2DInputGradSettings.extending(settings, input_shape=tuple(input_shape))
    )
