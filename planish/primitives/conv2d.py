"""2-D convolution (cross-correlation, as in every framework), channels last.

y[n, i, j, o] = sum over a, b, c of x[n, i*s + a*d - p, j*s + b*d - p, c] * w[a, b, c, o]; with groups, output channel o
sees the input channels of its own group only.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from planish.graph.node import Attributes, Node, TensorType
from planish.primitives.mistake import mistake
from planish.primitives.registry import Array, Environment, make, register
from planish.primitives.windows import NO_PADDING, check_map, output_extents, padded, padding_of, pair, tap_slices, taps


def infer(inputs: Sequence[TensorType], attributes: Attributes) -> TensorType:
    """The type of the result. ValueError if map, kernel and settings do not go together."""
    x, w = inputs
    check_map("a convolution", x)
    groups = attributes["groups"]
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
    settings = attributes["strides"], attributes["padding"], attributes["dilation"]
    rows, columns = output_extents("convolution", x.shape, w.shape[:2], *settings)
    return TensorType((rows, columns, w.shape[3]))


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    x, w = arrays
    settings = node.attributes
    source = padded(x, settings["padding"])
    result = np.zeros((len(x), *node.shape), np.result_type(x, w))
    for tap in taps(w.shape[:2]):
        seen = source[:, *tap_slices(tap, node.shape, settings["strides"], settings["dilation"])]
        result += grouped_product(seen, w[tap], settings["groups"])
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


def _grad(node: Node, g: Node) -> Sequence[Node | None]:
    from planish.primitives.conv2d_gradients import conv2d_input_grad, conv2d_weight_grad

    x, w = node.inputs
    settings: dict[str, Any] = dict(node.attributes)
    return [conv2d_input_grad(g, w, x.shape, **settings), conv2d_weight_grad(x, g, w.shape, **settings)]


register("conv2d", infer, _reference, _grad)


def conv2d(
    x: Node,
    w: Node,
    strides: Sequence[int] = (1, 1),
    padding: Sequence[Sequence[int]] = NO_PADDING,
    dilation: Sequence[int] = (1, 1),
    groups: int = 1,
) -> Node:
    """`x` f32[N, h, w, cin], `w` f32[kh, kw, cin / groups, cout] -> f32[N, rows, columns, cout]."""
    settings = {"strides": pair(strides), "padding": padding_of(padding), "dilation": pair(dilation)}
    return make("conv2d", [x, w], **settings, groups=int(groups))
