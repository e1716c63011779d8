"""What layers on images [height, width, channels] share: the two data formats, and the arithmetic of windows."""

from __future__ import annotations

from planish import primitives
from planish.graph.node import Node
from planish.layers.layer import Shape

Pair = tuple[int, int]
Padding = tuple[Pair, Pair]


def axes_of(data_format: str) -> str:
    """The axes of a batch, for messages."""
    return "(batch, channels, height, width)" if data_format == "channels_first" else "(batch, height, width, channels)"


def last_shape(shape: Shape, data_format: str) -> Shape:
    """An image's shape with its channels last."""
    return (*shape[1:], shape[0]) if data_format == "channels_first" else shape


def to_channels_last(x: Node, data_format: str) -> Node:
    if data_format == "channels_last":
        return x
    return primitives.transpose(x, (*range(1, len(x.shape)), 0))


def from_channels_last(x: Node, data_format: str) -> Node:
    if data_format == "channels_last":
        return x
    last = len(x.shape) - 1
    return primitives.transpose(x, (last, *range(last)))


def reach(window: Pair, dilation: Pair = (1, 1)) -> Pair:
    """Rows and columns of the input that one window spans."""
    return (window[0] - 1) * dilation[0] + 1, (window[1] - 1) * dilation[1] + 1


def window_padding(padding: str, size: Shape, window: Pair, strides: Pair, dilation: Pair = (1, 1)) -> Padding:
    """((top, bottom), (left, right)): 'same' gives ceil(size / stride) windows; an odd pixel is added at the end."""
    if padding == "valid":
        return (0, 0), (0, 0)
    top, left = (
        max((-(-extent // stride) - 1) * stride + spanned - extent, 0)
        for extent, stride, spanned in zip(size, strides, reach(window, dilation), strict=True)
    )
    return (top // 2, top - top // 2), (left // 2, left - left // 2)
