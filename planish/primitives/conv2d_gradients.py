"""Gradients of a convolution with respect to its maps and its kernel.

dx[n, i*s + a*d - p, j*s + b*d - p, c] += g[n, i, j, o] * w[a, b, c, o]  summed over a, b, o: a transposed convolution
dw[a, b, c, o] = sum over n, i, j of x[n, i*s + a*d - p, j*s + b*d - p, c] * g[n, i, j, o]
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planish.graph.node import Attributes, Node, TensorType
from planish.primitives.conv2d import grouped_product, infer
from planish.primitives.mistake import mistake
from planish.primitives.registry import Array, Environment, make, register
from planish.primitives.windows import padded, padding_of, pair, tap_slices, taps


def _infer_input(inputs: Sequence[TensorType], attributes: Attributes) -> TensorType:
    g, w = inputs
    x = TensorType(attributes["input_shape"])
    _check(x, w, g, attributes)
    return x


def _input_grad(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    g, w = arrays
    settings = node.attributes
    (top, bottom), (left, right) = settings["padding"]
    height, width, channels = settings["input_shape"]
    groups = settings["groups"]
    result = np.zeros((len(g), height + top + bottom, width + left + right, channels), np.result_type(g, w))
    for tap in taps(w.shape[:2]):
        place = (slice(None), *tap_slices(tap, g.shape[1:3], settings["strides"], settings["dilation"]))
        result[place] += grouped_product(g, _turned(w[tap], groups), groups)
    return result[:, top : top + height, left : left + width]


def _turned(w: Array, groups: int) -> Array:
    """w[cin / groups, cout] as the matrix back from the outputs of each group to its inputs: [cout / groups, cin]."""
    inputs, outputs = w.shape
    return w.reshape(inputs, groups, outputs // groups).transpose(2, 1, 0).reshape(outputs // groups, -1)


def _infer_weight(inputs: Sequence[TensorType], attributes: Attributes) -> TensorType:
    x, g = inputs
    w = TensorType(attributes["kernel_shape"], batched=False)
    _check(x, w, g, attributes)
    return w


def _weight_grad(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    x, g = arrays
    settings = node.attributes
    groups = settings["groups"]
    source = padded(x, settings["padding"])
    result = np.empty(node.shape, np.result_type(x, g))
    by_group = g.reshape(-1, groups, node.shape[3] // groups).swapaxes(0, 1)
    for tap in taps(node.shape[:2]):
        seen = source[:, *tap_slices(tap, g.shape[1:3], settings["strides"], settings["dilation"])]
        products = seen.reshape(-1, groups, node.shape[2]).transpose(1, 2, 0) @ by_group
        result[tap] = products.swapaxes(0, 1).reshape(node.shape[2:])
    return result


def _check(x: TensorType, w: TensorType, g: TensorType, attributes: Attributes) -> None:
    """ValueError unless `g` has the type of the convolution of `x` with `w`."""
    result = infer([x, w], attributes)
    if g != result:
        raise mistake("a gradient does not have the type of its convolution", expected=result, received=g)


register("conv2d_input_grad", _infer_input, _input_grad, None)
register("conv2d_weight_grad", _infer_weight, _weight_grad, None)


def conv2d_input_grad(
    g: Node,
    w: Node,
    input_shape: Sequence[int],
    strides: Sequence[int],
    padding: Sequence[Sequence[int]],
    dilation: Sequence[int],
    groups: int,
) -> Node:
    """`g` f32[N, rows, columns, cout], `w` f32[kh, kw, cin / groups, cout] -> f32[N, *input_shape]."""
    return make(
        "conv2d_input_grad",
        [g, w],
        input_shape=tuple(input_shape),
        strides=pair(strides),
        padding=padding_of(padding),
        dilation=pair(dilation),
        groups=int(groups),
    )


def conv2d_weight_grad(
    x: Node,
    g: Node,
    kernel_shape: Sequence[int],
    strides: Sequence[int],
    padding: Sequence[Sequence[int]],
    dilation: Sequence[int],
    groups: int,
) -> Node:
    """`x` f32[N, h, w, cin], `g` f32[N, rows, columns, cout] -> f32[*kernel_shape], summed over the batch."""
    return make(
        "conv2d_weight_grad",
        [x, g],
        kernel_shape=tuple(kernel_shape),
        strides=pair(strides),
        padding=padding_of(padding),
        dilation=pair(dilation),
        groups=int(groups),
    )
