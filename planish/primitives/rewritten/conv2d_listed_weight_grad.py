"""The gradient of a convolution's kernel from lists of windows: x, lists -> [cout, kh * kw * cin]."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planish.graph.node import Node, TensorType
from planish.graph.settings import Settings
from planish.primitives.registry import Array, Environment, make, register_rewritten
from planish.primitives.windows import Pair, pair, taps


class Conv2DListedWeightGradSettings(Settings):
    kernel_shape: tuple[int, ...]
    dilation: Pair


def _infer(inputs: Sequence[TensorType], settings: Conv2DListedWeightGradSettings) -> TensorType:
    rows, columns, channels, filters = settings.kernel_shape
    return TensorType((filters, rows * columns * channels), batched=False)


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    x, lists = arrays
    settings = Conv2DListedWeightGradSettings.of(node)
    kernel_rows, kernel_columns, channels, filters = settings.kernel_shape
    down, across = settings.dilation
    width = x.shape[2] * channels
    patch = np.array(
        [a * down * width + b * across * channels + c for a, b in taps((kernel_rows, kernel_columns))
         for c in range(channels)]
    )  # fmt: skip
    room = (lists.shape[2] - 1) // 2
    result = np.zeros(node.shape, x.dtype)
    for image, channel in np.ndindex(len(x), filters):
        count, own = lists[image, channel, 0], lists[image, channel, 1:]
        values = own[room : room + count].view(np.float32).astype(x.dtype)
        result[channel] += values @ x[image].reshape(-1)[own[:count, None] // 4 + patch]
    return result


register_rewritten("conv2d_listed_weight_grad", Conv2DListedWeightGradSettings, _infer, _reference)


def conv2d_listed_weight_grad(x: Node, lists: Node, kernel_shape: Sequence[int], dilation: Sequence[int]) -> Node:
    own = Conv2DListedWeightGradSettings(kernel_shape=tuple(kernel_shape), dilation=pair(dilation))
    return make("conv2d_listed_weight_grad", [x, lists], own)
