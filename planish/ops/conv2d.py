"""2-D convolution (cross-correlation, as in every framework), channels last.

y[n, i, j, o] = sum over a, b, c of x[n, i*s + a*d - p, j*s + b*d - p, c] * w[a, b, c, o]; with groups, output channel o sees
the input channels of its own group only.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from planish.errors import explain
from planish.graph.node import Attributes, Node, TensorType, current_layers
from planish.ops.registry import Array, Environment, make, register
from planish.ops.windows import NO_PADDING, output_extents, padded, padding_of, pair, tap_slices, taps


def _infer(inputs: Sequence[TensorType], attributes: Attributes) -> TensorType:
    x, w = inputs
    kernel_rows, kernel_columns, group_channels, filters = w.shape
    groups = attributes["groups"]
    if len(x.shape) != 3 or x.shape[2] != group_channels * groups:
        raise ValueError(
            explain(
                what="A convolution got a map that does not fit its kernel",
                layer=", ".join(current_layers()) or None,
                rule="the kernel's input channels times the groups are the map's channels",
                expected=f"maps of shape (rows, columns, {group_channels * groups})",
                received=f"shape {x.shape}",
                remedy="build the layer for this input, or give the channels axis: x[..., None]",
            )
        )
    rows, columns = output_extents(
        "convolution", x.shape, (kernel_rows, kernel_columns), attributes["strides"], attributes["padding"], attributes["dilation"]
    )
    return TensorType((rows, columns, filters))


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    x, w = arrays
    rows, columns, filters = node.shape
    settings = node.attributes
    groups = settings["groups"]
    source = padded(x, settings["padding"])
    result = np.zeros((len(x), rows, columns, filters), np.result_type(x, w))
    each_in, each_out = w.shape[2], filters // groups
    for a, b in taps(w.shape[:2]):
        vertical, horizontal = tap_slices((a, b), (rows, columns), settings["strides"], settings["dilation"])
        seen = source[:, vertical, horizontal]
        for group in range(groups):
            out = slice(group * each_out, (group + 1) * each_out)
            result[..., out] += seen[..., group * each_in : (group + 1) * each_in] @ w[a, b, :, out]
    return result


def _grad(node: Node, g: Node) -> Sequence[Node | None]:
    from planish.ops.conv2d_gradients import conv2d_input_grad, conv2d_weight_grad

    x, w = node.inputs
    settings: dict[str, Any] = dict(node.attributes)
    return [conv2d_input_grad(g, w, x.shape, **settings), conv2d_weight_grad(x, g, w.shape, **settings)]


register("conv2d", _infer, _reference, _grad)


def conv2d(
    x: Node,
    w: Node,
    strides: Sequence[int] = (1, 1),
    padding: Sequence[Sequence[int]] = NO_PADDING,
    dilation: Sequence[int] = (1, 1),
    groups: int = 1,
) -> Node:
    """`x` f32[N, h, w, cin], `w` f32[kh, kw, cin / groups, cout] -> f32[N, rows, columns, cout]."""
    return make(
        "conv2d", [x, w], strides=pair(strides), padding=padding_of(padding), dilation=pair(dilation), groups=int(groups)
    )
