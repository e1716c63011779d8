"""What layers on images [height, width, channels] share: the two data formats, and the arithmetic of windows.

Sequences [steps, channels] are images of one row; volumes are [depth, height, width, channels].
"""

from __future__ import annotations

from collections.abc import Sequence

from planish import primitives
from planish.errors import number_of
from planish.graph.node import Node
from planish.layers.base.layer import Shape

Pair = tuple[int, int]
Padding = tuple[Pair, Pair]


_SPACE = {1: "steps", 2: "height, width", 3: "depth, height, width"}
_UNITS = {2: "pixels", 3: "voxels"}


def axes_of(data_format: str, rank: int = 2) -> str:
    """The axes of a batch, for messages; `rank` is the number of axes of space."""
    space = _SPACE[rank]
    return f"(batch, channels, {space})" if data_format == "channels_first" else f"(batch, {space}, channels)"


def told(extents: Sequence[int]) -> str:
    """A size for messages: "5 steps", "3x5 pixels"."""
    if len(extents) == 1:
        return number_of(extents[0], "step")
    return "x".join(map(str, extents)) + f" {_UNITS[len(extents)]}"


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


def as_map(x: Node) -> Node:
    """Channels-last steps as a map of one row; a map as it is."""
    return primitives.reshape(x, (1, *x.shape)) if len(x.shape) == 2 else x


def from_map(y: Node, rank: int) -> Node:
    """What came of `as_map`, with its own number of axes."""
    return primitives.reshape(y, y.shape[1:]) if rank == 1 else y


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
