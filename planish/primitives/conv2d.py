"""2-D convolution (cross-correlation, as in every framework), channels last.

y[n, i, j, o] = sum over a, b, c of x[n, i*s + a*d - p, j*s + b*d - p, c] * w[a, b, c, o]; with groups, output channel o
sees the input channels of its own group only.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from planish.graph.node import Node, TensorType
from planish.graph.settings import Settings
from planish.primitives import linearity
from planish.primitives.mistake import mistake
from planish.primitives.reaching import Reached, window
from planish.primitives.regions import Region
from planish.primitives.registry import Array, Environment, Primitive, make, register
from planish.primitives.windows import (
    NO_PADDING,
    Padding,
    Pair,
    check_map,
    output_extents,
    padded,
    padding_of,
    pair,
    tap_slices,
    taps,
)


class Conv2DSettings(Settings):
    strides: Pair
    padding: Padding
    dilation: Pair
    groups: int


def conv2d_settings(
    strides: Sequence[int], padding: Sequence[Sequence[int]], dilation: Sequence[int], groups: int
) -> Conv2DSettings:
    return Conv2DSettings(
        strides=pair(strides), padding=padding_of(padding), dilation=pair(dilation), groups=int(groups)
    )


def infer(inputs: Sequence[TensorType], settings: Conv2DSettings) -> TensorType:
    """The type of the result. ValueError if map, kernel and settings do not go together."""
    x, w = inputs
    check_map("a convolution", x)
    groups = settings.groups
    if len(w.shape) != 4 or w.batched or groups < 1 or w.shape[3] % groups:
        raise mistake(
            "a convolution has impossible weights",
            rule="the groups share the filters equally, and all images share the kernel",
            expected="a kernel f32[rows, columns, input channels of a group, filters]",
            received=f"{w}, {groups} groups",
        )
    if x.shape[2] != w.shape[2] * groups:
        raise mistake(
            "a convolution got a map that does not fit its kernel",
            rule="the kernel's input channels times the groups are the map's channels",
            expected=f"maps of shape (rows, columns, {w.shape[2] * groups})",
            received=f"shape {x.shape}",
            remedy="build the layer for this input",
        )
    rows, columns = output_extents(
        "convolution", x.shape, w.shape[:2], settings.strides, settings.padding, settings.dilation
    )
    return TensorType((rows, columns, w.shape[3]))


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    x, w = arrays
    settings = Conv2DSettings.of(node)
    source = padded(x, settings.padding)
    result = np.zeros((len(x), *node.shape), np.result_type(x, w))
    for tap in taps(w.shape[:2]):
        seen = source[:, *tap_slices(tap, node.shape, settings.strides, settings.dilation)]
        result += grouped_product(seen, w[tap], settings.groups)
    return result


def grouped_product(x: Array, w: Array, groups: int) -> Array:
    """x[..., inputs] times w[inputs / groups, outputs], each group of inputs with its own columns: [..., outputs]."""
    inputs, outputs = w.shape
    if groups == 1:
        product: Array = x.reshape(-1, inputs) @ w
    else:
        by_group = x.reshape(-1, groups, inputs).swapaxes(0, 1) @ w.reshape(inputs, groups, -1).swapaxes(0, 1)
        product = by_group.swapaxes(0, 1)
    return product.reshape(*x.shape[:-1], outputs)


def check_gradient(x: TensorType, w: TensorType, g: TensorType, settings: Conv2DSettings) -> None:
    """ValueError unless `g` has the type of the convolution of `x` with `w`."""
    result = infer([x, w], settings)
    if g != result:
        raise mistake("a gradient does not have the type of its convolution", expected=result, received=g)


def _grad(node: Node, g: Node) -> Sequence[Node | None]:
    from planish.primitives.conv2d_input_grad import conv2d_input_grad
    from planish.primitives.conv2d_weight_grad import conv2d_weight_grad

    x, w = node.inputs
    settings = Conv2DSettings.of(node)
    return [conv2d_input_grad(g, w, x.shape, settings), conv2d_weight_grad(x, g, w.shape, settings)]


def _reach(node: Node, region: Region) -> Reached:
    x, w = node.inputs
    own = Conv2DSettings.of(node)
    rows, columns = (
        window(region[axis], w.shape[axis], own.strides[axis], own.padding[axis][0], own.dilation[axis])
        for axis in (0, 1)
    )
    inputs, outputs = w.shape[2], w.shape[3] // own.groups
    groups = {channel // outputs for channel in region[2]}
    yield x, (rows, columns, frozenset(group * inputs + channel for group in groups for channel in range(inputs)))


def _multiply_adds(node: Node) -> int:
    return node.type.size * math.prod(node.inputs[1].shape[:3])


register(
    Primitive(
        name="conv2d",
        settings=Conv2DSettings,
        infer=infer,
        reference=_reference,
        gradient=_grad,
        reach=_reach,
        linear=linearity.in_first,
        tail=True,
        monotone=False,
        elementwise=False,
        multiply_adds=_multiply_adds,
    )
)


def conv2d(
    x: Node,
    w: Node,
    strides: Sequence[int] = (1, 1),
    padding: Sequence[Sequence[int]] = NO_PADDING,
    dilation: Sequence[int] = (1, 1),
    groups: int = 1,
) -> Node:
    """`x` f32[N, h, w, cin], `w` f32[kh, kw, cin / groups, cout] -> f32[N, rows, columns, cout]."""
    return make("conv2d", [x, w], conv2d_settings(strides, padding, dilation, groups))
