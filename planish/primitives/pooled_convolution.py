"""Gradients of a convolution whose result only a maximum over windows reads: what they have in common.

The gradient of the convolution's result is zero except at one pixel per window, the place of its maximum. With
t = places[n, r, q, o], which is pixel (i, j) = (r, q) * pool strides + (t // window columns, t % window columns):

dw[a, b, c, o] = sum over n, r, q of x[n, i*s + a*d - p, j*s + b*d - p, c] * g[n, r, q, o]
dx[n, i*s + a*d - p, j*s + b*d - p, c] += g[n, r, q, o] * w[a, b, c, o]  summed over a, b, o, r, q

Windows without a place (`NO_PLACE`) add nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planish.graph.node import Node, TensorType
from planish.graph.settings import Settings
from planish.primitives.conv2d import Conv2DSettings
from planish.primitives.conv2d import infer as infer_convolution
from planish.primitives.mistake import mistake
from planish.primitives.pooling import infer as infer_pool
from planish.primitives.pooling import pool_settings
from planish.primitives.registry import Array, Environment, op_named
from planish.primitives.windows import NO_PADDING, Padding, Pair, tap_slices, taps


class PooledConvolutionSettings(Settings):
    """Those of the convolution, which has one group, and of the pool, which has no padding."""

    strides: Pair
    padding: Padding
    dilation: Pair
    window: Pair
    pool_strides: Pair


def convolution_of(settings: PooledConvolutionSettings) -> Conv2DSettings:
    return Conv2DSettings(strides=settings.strides, padding=settings.padding, dilation=settings.dilation, groups=1)


def check_gradient(
    x: TensorType, w: TensorType, places: TensorType, g: TensorType, settings: PooledConvolutionSettings
) -> None:
    """ValueError unless `places` and `g` are those of the pooled convolution of `x` with `w`."""
    map_type = infer_convolution([x, w], convolution_of(settings))
    pooled = infer_pool([map_type], pool_settings(settings.window, settings.pool_strides, NO_PADDING))
    if (g, places) != (pooled, TensorType(pooled.shape, "i8")):
        raise mistake(
            "a gradient does not have the type of its pooled convolution",
            expected=f"{pooled} and its places",
            received=f"{g} and {places}",
        )


def spread(places: Array, g: Array, x: TensorType, w: TensorType, settings: PooledConvolutionSettings) -> Array:
    """The gradient of the convolution of x with w: each `g` at its place, windows that overlap add up."""
    extents = infer_convolution([x, w], convolution_of(settings)).shape
    full = np.zeros((len(g), *extents), g.dtype)
    for number, tap in enumerate(taps(settings.window)):
        place = (slice(None), *tap_slices(tap, g.shape[1:3], settings.pool_strides))
        full[place] += np.where(places == number, g, 0)
    return full


def meaning(name: str, arrays: Sequence[Array], node: Node, settings: Settings, environment: Environment) -> Array:
    """What the operation `name` gives for the arrays."""
    plain = Node(name, node.inputs, node.type, settings, node.layers)
    return op_named(name).reference(arrays, plain, environment)
