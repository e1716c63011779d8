"""Gradients of a convolution with respect to its maps and its kernel.

dx[n, i*s + a*d - p, j*s + b*d - p, c] += g[n, i, j, o] * w[a, b, c, o]      summed over a, b, o (a transposed convolution)
dw[a, b, c, o] = sum over n, i, j of x[n, i*s + a*d - p, j*s + b*d - p, c] * g[n, i, j, o]
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planish.graph.node import Attributes, Node, TensorType
from planish.ops.registry import Array, Environment, make, register
from planish.ops.windows import padded, padding_of, pair, tap_slices, taps


def _infer_input(inputs: Sequence[TensorType], attributes: Attributes) -> TensorType:
    return TensorType(attributes["input_shape"])


def _input_grad(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    g, w = arrays
    settings = node.attributes
    (top, bottom), (left, right) = settings["padding"]
    height, width, channels = settings["input_shape"]
    groups = settings["groups"]
    result = np.zeros((len(g), height + top + bottom, width + left + right, channels), np.result_type(g, w))
    each_in, each_out = channels // groups, g.shape[3] // groups
    for a, b in taps(w.shape[:2]):
        vertical, horizontal = tap_slices((a, b), g.shape[1:3], settings["strides"], settings["dilation"])
        for group in range(groups):
            out = slice(group * each_out, (group + 1) * each_out)
            into = slice(group * each_in, (group + 1) * each_in)
            result[:, vertical, horizontal, into] += g[..., out] @ w[a, b, :, out].T
    return result[:, top : top + height, left : left + width]


def _infer_weight(inputs: Sequence[TensorType], attributes: Attributes) -> TensorType:
    return TensorType(attributes["kernel_shape"], batched=False)


def _weight_grad(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    x, g = arrays
    settings = node.attributes
    groups = settings["groups"]
    source = padded(x, settings["padding"])
    result = np.zeros(node.shape, np.result_type(x, g))
    each_in, each_out = node.shape[2], node.shape[3] // groups
    for a, b in taps(node.shape[:2]):
        vertical, horizontal = tap_slices((a, b), g.shape[1:3], settings["strides"], settings["dilation"])
        seen = source[:, vertical, horizontal]
        for group in range(groups):
            out = slice(group * each_out, (group + 1) * each_out)
            into = slice(group * each_in, (group + 1) * each_in)
            result[a, b, :, out] = np.tensordot(seen[..., into], g[..., out], ([0, 1, 2], [0, 1, 2]))
    return result


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
