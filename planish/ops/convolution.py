"""Convolutions and pools of one or two spatial axes, in both data formats.

A kernel is [*window, channels, filters], whatever the data format. Axes of a batch are (batch, *space, channels), or
with "channels_first" (batch, channels, *space).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from planish import config, primitives
from planish.graph.node import Node
from planish.ops import nodes
from planish.ops.interpreted import interpreted
from planish.ops.operation import NN, Value, operation
from planish.primitives.transposed_convolution import transposed_convolution

Extents = int | Sequence[int]
Pair = tuple[int, int]
NO_PADDING = ((0, 0), (0, 0))


def _pair(value: Extents, spatial: int, name: str) -> Pair:
    """One or two numbers for rows and columns: a vector of pixels is one row."""
    numbers = [value] * spatial if isinstance(value, int | np.integer) else [int(item) for item in value]
    if len(numbers) == spatial + 2:  # TensorFlow's form, with the batch and the channels
        numbers = numbers[1:-1]
    if len(numbers) != spatial or any(number < 1 for number in numbers):
        raise nodes.mistake(
            f"ops: {name} has a positive number for each spatial axis", expected=spatial, received=value
        )
    return (1, int(numbers[0])) if spatial == 1 else (int(numbers[0]), int(numbers[1]))


def _as_map(x: Node, data_format: str | None) -> tuple[Node, Callable[[Node], Node]]:
    """The images as maps [rows, columns, channels], and what brings a result back to their form."""
    first = (data_format or config.image_data_format()) == "channels_first"
    spatial = len(x.shape) - 1
    if spatial not in (1, 2) or not x.batched:
        raise nodes.mistake(
            "ops: convolutions and pools take images or sequences",
            expected="(batch, height, width, channels) or (batch, steps, channels)",
            received=nodes.full_shape(x),
        )
    order = [*range(1, spatial + 1), 0] if first else [*range(spatial + 1)]
    back = [spatial, *range(spatial)] if first else order
    moved = nodes.moved_back(x, order)
    image = moved if spatial == 2 else primitives.reshape(moved, (1, *moved.shape))

    def restored(y: Node) -> Node:
        flat = y if spatial == 2 else primitives.reshape(y, y.shape[1:])
        return nodes.moved_back(flat, back)

    return image, restored


def _as_kernel(w: Node) -> Node:
    return primitives.reshape(w, (1, *w.shape)) if len(w.shape) == 3 else w


def _borders(padding: str, size: Sequence[int], window: Pair, strides: Pair, dilation: Pair) -> Any:
    """'same' gives ceil(size / stride) windows; an odd pixel is added at the end."""
    if padding not in ("valid", "same"):
        raise nodes.mistake("ops: there is no such padding", expected="'valid' or 'same'", received=repr(padding))
    if padding == "valid":
        return NO_PADDING
    spans = [(extent - 1) * rate + 1 for extent, rate in zip(window, dilation, strict=True)]
    missing = [
        max((-(-extent // stride) - 1) * stride + span - extent, 0)
        for extent, stride, span in zip(size, strides, spans, strict=True)
    ]
    return tuple((width // 2, width - width // 2) for width in missing)


@interpreted(NN)
def conv(
    inputs: Value,
    kernel: Value,
    strides: Extents = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Extents = 1,
) -> Any:
    """The convolution of images with a kernel [*window, channels of a group, filters]; `padding` is "valid" or "same".

    Channels that are a multiple of the kernel's are convolved in groups.

    >>> ops.conv(np.ones((1, 8, 8, 3)), np.ones((3, 3, 3, 16)), strides=2, padding="same").shape
    (1, 4, 4, 16)
    """
    spatial = nodes.rank(inputs) - 2
    steps, dilation = _pair(strides, spatial, "strides"), _pair(dilation_rate, spatial, "dilation_rate")
    image, restored = _as_map(nodes.node_of(inputs), data_format)
    w = _as_kernel(nodes.node_of(kernel))
    borders = _borders(padding.lower(), image.shape[:2], (w.shape[0], w.shape[1]), steps, dilation)
    groups = image.shape[2] // w.shape[2]
    return restored(primitives.conv2d(image, w, steps, borders, dilation, groups))


@interpreted(NN)
def depthwise_conv(
    inputs: Value,
    kernel: Value,
    strides: Extents = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Extents = 1,
) -> Any:
    """The convolution of each channel with its own kernels; the kernel is [*window, channels, multiplier].

    >>> ops.depthwise_conv(np.ones((1, 8, 8, 3)), np.ones((3, 3, 3, 2))).shape
    (1, 6, 6, 6)
    """
    w = nodes.node_of(kernel)
    *window, channels, multiplier = w.shape
    grouped = primitives.reshape(w, (*window, 1, channels * multiplier))
    return conv(inputs, grouped, strides, padding, data_format, dilation_rate)


@operation(NN)
def separable_conv(
    inputs: Value,
    depthwise_kernel: Value,
    pointwise_kernel: Value,
    strides: Extents = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Extents = 1,
) -> Any:
    """A depthwise convolution, and a convolution of single pixels that mixes the channels."""
    maps = depthwise_conv(inputs, depthwise_kernel, strides, padding, data_format, dilation_rate)
    return conv(maps, pointwise_kernel, 1, "valid", data_format, 1)


@interpreted(NN)
def conv_transpose(
    inputs: Value,
    kernel: Value,
    strides: Extents = 1,
    padding: str = "valid",
    output_padding: Extents | None = None,
    data_format: str | None = None,
    dilation_rate: Extents = 1,
) -> Any:
    """What a convolution's gradient does to a map: each pixel is spread by a kernel [*window, filters, channels]."""
    spatial = nodes.rank(inputs) - 2
    steps, dilation = _pair(strides, spatial, "strides"), _pair(dilation_rate, spatial, "dilation_rate")
    image, restored = _as_map(nodes.node_of(inputs), data_format)
    w = _as_kernel(nodes.node_of(kernel))
    more = _more(output_padding, spatial)
    return restored(transposed_convolution(image, w, steps, padding.lower(), more, dilation))


def _more(output_padding: Extents | None, spatial: int) -> Pair | None:
    if output_padding is None:
        return None
    numbers = [output_padding] * spatial if isinstance(output_padding, int) else [*output_padding]
    return (0, numbers[0]) if spatial == 1 else (numbers[0], numbers[1])


@interpreted(NN)
def max_pool(
    inputs: Value,
    pool_size: Extents,
    strides: Extents | None = None,
    padding: str = "valid",
    data_format: str | None = None,
) -> Any:
    """The largest value of each window; `strides` are those of the window, if none are given.

    >>> ops.max_pool(np.arange(4.0).reshape(1, 2, 2, 1), 2).tolist()
    [[[[3.0]]]]
    """
    return _pooled(primitives.max_pool2d, inputs, pool_size, strides, padding, data_format)


@interpreted(NN)
def average_pool(
    inputs: Value,
    pool_size: Extents,
    strides: Extents | None = None,
    padding: str = "valid",
    data_format: str | None = None,
) -> Any:
    """The mean of each window's pixels that are in the map; `strides` are the window's, if none are given.

    >>> ops.average_pool(np.arange(4.0).reshape(1, 2, 2, 1), 2).tolist()
    [[[[1.5]]]]
    """
    return _pooled(primitives.average_pool2d, inputs, pool_size, strides, padding, data_format)


def _pooled(
    pool: Callable[..., Node],
    inputs: Node,
    pool_size: Extents,
    strides: Extents | None,
    padding: str,
    data_format: str | None,
) -> Node:
    spatial = nodes.rank(inputs) - 2
    window = _pair(pool_size, spatial, "pool_size")
    steps = window if strides is None else _pair(strides, spatial, "strides")
    image, restored = _as_map(nodes.node_of(inputs), data_format)
    return restored(pool(image, window, steps, _borders(padding.lower(), image.shape[:2], window, steps, (1, 1))))


@interpreted(NN)
def depth_to_space(x: Value, block_size: int, data_format: str = "channels_last") -> Any:
    """[n, h, w, block * block * c] -> [n, h * block, w * block, c]: channels become blocks of pixels."""
    image, restored = _as_map(nodes.node_of(x), data_format)
    return restored(primitives.depth_to_space(image, block_size))


@interpreted(NN)
def space_to_depth(x: Value, block_size: int, data_format: str = "channels_last") -> Any:
    """[n, h, w, c] -> [n, h / block, w / block, block * block * c]: blocks of pixels become channels."""
    image, restored = _as_map(nodes.node_of(x), data_format)
    return restored(primitives.space_to_depth(image, block_size))
