"""Convolutions of volumes, as convolutions of maps whose channels are those of several planes.

The planes that an output plane sees become the channels of one map, and all of these maps lie below each other, each a
whole number of strides high. What a window across two of them would give is left out: as many rows as a kernel has more
than strides.
"""

from __future__ import annotations

from planish.graph.node import Node
from planish.primitives.arranging import pad
from planish.primitives.concatenate import concatenate
from planish.primitives.conv2d import conv2d
from planish.primitives.reshape import reshape
from planish.primitives.slice_axis import slice_axis
from planish.primitives.slice_strided import slice_strided
from planish.primitives.transpose import transpose

Triple = tuple[int, ...]  # planes, rows, columns
Borders = tuple[tuple[int, int], tuple[int, int], tuple[int, int]]


def volume_convolution(
    x: Node, w: Node, strides: Triple, borders: Borders, dilation: Triple = (1, 1, 1), groups: int = 1
) -> Node:
    """`x` f32[N, depth, h, w, cin], `w` f32[kd, kh, kw, cin / groups, cout] -> f32[N, planes, rows, columns, cout]."""
    planes, rows, columns = (
        (extent + sum(border) - (size - 1) * rate - 1) // stride + 1
        for extent, border, size, rate, stride in zip(x.shape, borders, w.shape, dilation, strides, strict=False)
    )
    height = x.shape[1] + sum(borders[1])
    more = -height % strides[1]
    (top, bottom), sides = borders[1], borders[2]
    bordered = pad(x, (borders[0], (top, bottom + more), sides, (0, 0)))
    seen = _planes_as_channels(bordered, planes, w.shape[0], strides[0], dilation[0], groups)
    height, width, channels = seen.shape[1:]
    tall = reshape(seen, (planes * height, width, channels))
    behind = max(0, (w.shape[1] - 1) * dilation[1] + 1 - strides[1])  # so that the last map has as many rows as others
    y = conv2d(tall, _kernel_of_planes(w), strides[1:], ((0, behind), (0, 0)), dilation[1:], groups)
    apart = reshape(y, (planes, height // strides[1], columns, w.shape[4]))
    return slice_axis(apart, 1, 0, rows)


def _planes_as_channels(x: Node, planes: int, size: int, stride: int, rate: int, groups: int) -> Node:
    """[planes, h, w, size * channels]: the planes that each output plane sees, those of each group together."""
    _, height, width, channels = x.shape
    counts = (planes, height, width, channels)
    seen = [slice_strided(x, (tap * rate, 0, 0, 0), counts, (stride, 1, 1, 1)) for tap in range(size)]
    joined = concatenate(seen, 3)
    if groups == 1 or size == 1:
        return joined
    apart = reshape(joined, (planes, height, width, size, groups, channels // groups))
    return reshape(transpose(apart, (0, 1, 2, 4, 3, 5)), joined.shape)


def _kernel_of_planes(w: Node) -> Node:
    depth, rows, columns, channels, filters = w.shape
    return reshape(transpose(w, (1, 2, 0, 3, 4)), (rows, columns, depth * channels, filters))
