"""Convolutions in the opposite direction, as Keras sizes them: what a convolution's gradient does to a map."""

from __future__ import annotations

from collections.abc import Sequence

from planish.graph.node import Node
from planish.primitives.conv2d import conv2d_settings
from planish.primitives.conv2d_input_grad import conv2d_input_grad
from planish.primitives.windows import Padding, Pair


def transposed_size(
    size: Sequence[int], window: Pair, strides: Pair, dilation: Pair, more: Pair | None, padding: str
) -> Pair:
    """Rows and columns of the result. `more`: Keras's `output_padding`. `padding`: "valid" or "same"."""
    rows, columns = (
        _extent(size[axis], window[axis], strides[axis], dilation[axis], None if more is None else more[axis], padding)
        for axis in (0, 1)
    )
    return rows, columns


def _extent(extent: int, window: int, stride: int, rate: int, more: int | None, padding: str) -> int:
    span = (window - 1) * rate + 1
    if more is None:
        return extent * stride + (max(span - stride, 0) if padding == "valid" else 0)
    border = 0 if padding == "valid" else span // 2
    return (extent - 1) * stride + span - 2 * border + more


def _borders(
    size: Sequence[int], result: Sequence[int], window: Sequence[int], strides: Pair, dilation: Pair, padding: str
) -> Padding:
    """The border of the convolution whose gradient this is: it makes maps of `size` from those of `result`."""
    rows, columns = (
        max((size[axis] - 1) * strides[axis] + (window[axis] - 1) * dilation[axis] + 1 - result[axis], 0)
        if padding == "same"
        else 0
        for axis in (0, 1)
    )
    return (rows // 2, rows - rows // 2), (columns // 2, columns - columns // 2)


def transposed_convolution(
    x: Node, w: Node, strides: Pair, padding: str, more: Pair | None = None, dilation: Pair = (1, 1)
) -> Node:
    """`x` f32[N, h, w, channels], `w` f32[kh, kw, filters, channels] -> f32[N, rows, columns, filters]."""
    window = (w.shape[0], w.shape[1])
    size = transposed_size(x.shape[:2], window, strides, dilation, more, padding)
    borders = _borders(x.shape[:2], size, window, strides, dilation, padding)
    return conv2d_input_grad(x, w, (*size, w.shape[2]), conv2d_settings(strides, borders, dilation, 1))
