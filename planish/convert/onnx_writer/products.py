"""Convolutions, products of matrices and pools. What has windows is channels first."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planish.convert.onnx_writer import layouts
from planish.convert.onnx_writer.elementwise import operands
from planish.convert.onnx_writer.layouts import CHANNELS_FIRST
from planish.convert.onnx_writer.rows import writes
from planish.convert.onnx_writer.writing import Writing
from planish.graph.node import Node
from planish.primitives.conv2d import Conv2DSettings
from planish.primitives.conv2d_input_grad import Conv2DInputGradSettings
from planish.primitives.pad2d import Pad2DSettings
from planish.primitives.pooling import PoolSettings
from planish.primitives.windows import Padding

_BIASED = ("conv2d", "conv2d_input_grad", "dense")


def _pads(padding: Padding) -> tuple[int, ...]:
    """ONNX has both beginnings first."""
    (top, bottom), (left, right) = padding
    return top, left, bottom, right


def _weights(w: Writing, kernel: Node, order: Sequence[int]) -> str:
    """A kernel with its axes in ONNX's order."""
    if kernel in w.known:
        return w.array(w.known[kernel].transpose(order), name=w.weight_name(kernel))
    return w.emit("Transpose", w.read(kernel), perm=tuple(order))


def _borderless(w: Writing, x: Node, padding: Padding) -> tuple[Node, Padding]:
    """A border of zeros that only this convolution sees is its own."""
    if x.op != "pad2d" or x not in w.used_once or Pad2DSettings.of(x).value != 0:
        return x, padding
    (top, bottom), (left, right) = Pad2DSettings.of(x).padding
    (above, below), (before, behind) = padding
    return x.inputs[0], ((top + above, bottom + below), (left + before, right + behind))


@writes("conv2d")
def _conv2d(w: Writing, node: Node) -> None:
    w.give(node, convolution(w, node, None), CHANNELS_FIRST)


def convolution(w: Writing, node: Node, bias: str | None) -> str:
    x, kernel = node.inputs
    own = Conv2DSettings.of(node)
    x, padding = _borderless(w, x, own.padding)
    return w.emit(
        "Conv",
        w.read(x, CHANNELS_FIRST),
        _weights(w, kernel, (3, 2, 0, 1)),
        *_given(bias),
        kernel_shape=kernel.shape[:2],
        strides=own.strides,
        pads=_pads(padding),
        dilations=own.dilation,
        group=own.groups,
    )


def _given(bias: str | None) -> list[str]:
    return [] if bias is None else [bias]


@writes("conv2d_input_grad")
def _conv2d_input_grad(w: Writing, node: Node) -> None:
    w.give(node, transposed_convolution(w, node, None), CHANNELS_FIRST)


def transposed_convolution(w: Writing, node: Node, bias: str | None) -> str:
    g, kernel = node.inputs
    own = Conv2DInputGradSettings.of(node)
    more = tuple(
        own.input_shape[axis]
        + sum(own.padding[axis])
        - own.strides[axis] * (g.shape[axis] - 1)
        - (kernel.shape[axis] - 1) * own.dilation[axis]
        - 1
        for axis in (0, 1)
    )
    return w.emit(
        "ConvTranspose",
        w.read(g, CHANNELS_FIRST),
        _weights(w, kernel, (3, 2, 0, 1)),
        *_given(bias),
        kernel_shape=kernel.shape[:2],
        strides=own.strides,
        pads=_pads(own.padding),
        dilations=own.dilation,
        group=own.groups,
        output_padding=more,
    )


@writes("max_pool2d", "average_pool2d")
def _pool(w: Writing, node: Node) -> None:
    (x,) = node.inputs
    own = PoolSettings.of(node)
    settings = {"kernel_shape": own.window, "strides": own.strides, "pads": _pads(own.padding)}
    if node.op == "max_pool2d":
        name = w.emit("MaxPool", w.read(x, CHANNELS_FIRST), **settings)
    else:
        name = w.emit("AveragePool", w.read(x, CHANNELS_FIRST), count_include_pad=0, **settings)
    w.give(node, name, CHANNELS_FIRST)


@writes("dense")
def _dense(w: Writing, node: Node) -> None:
    _give_dense(w, node, node, None)


def _give_dense(w: Writing, node: Node, result: Node, bias: str | None) -> bool:
    """Writes a dense layer, and gives its value to `result`; False, and nothing is written, if it cannot have a bias:
    a product with vectors is a Gemm, one with maps that are channels first a convolution."""
    x, kernel = node.inputs
    if len(x.shape) == 1 and x.batched:
        w.give(result, w.emit("Gemm", *_rows(w, x, kernel), *_given(bias)))
    elif w.layout(x) == CHANNELS_FIRST and kernel in w.known and x.batched:
        weights = w.array(w.known[kernel].T[:, :, None, None], name=w.weight_name(kernel))
        name = w.emit("Conv", w.read(x, CHANNELS_FIRST), weights, *_given(bias), kernel_shape=(1, 1))
        w.give(result, name, CHANNELS_FIRST)
    elif bias is None:
        w.give(result, w.emit("MatMul", w.read(x), w.read(kernel)))
    else:
        return False
    return True


def _rows(w: Writing, x: Node, kernel: Node) -> tuple[str, str]:
    """Vectors and weights. Rows of weights are put into the order of maps that were flattened channels first."""
    layout = w.layout(x)
    if layout.joined is None or kernel not in w.known:
        return w.read(x), w.read(kernel)
    weights = w.known[kernel]
    places = layout.arranged(np.arange(len(weights)))
    return w.read(x, layout), w.array(weights[places], name=w.weight_name(kernel))


@writes("matmul")
def _matmul(w: Writing, node: Node) -> None:
    a, b = node.inputs
    w.give(node, w.emit("MatMul", w.read(a), w.read(b)))


@writes("add")
def _add(w: Writing, node: Node) -> None:
    """What is added to the channels of a convolution, or a dense layer, is its bias."""
    for y, added in (node.inputs, node.inputs[::-1]):
        if y.op in _BIASED and y in w.used_once and y not in w.known and y.type == node.type and added in w.known:
            bias = _per_channel(w, added, node.shape)
            if bias is not None and _give_biased(w, y, node, bias):
                return
    names, layout = operands(w, node)
    w.give(node, w.emit("Add", *names), layout)


def _per_channel(w: Writing, added: Node, shape: Sequence[int]) -> str | None:
    """One number for each channel; None if there are others."""
    array = layouts.trimmed(w.known[added])
    if not shape or array.ndim > 1 or array.size not in (1, shape[-1]):
        return None
    return w.array(np.broadcast_to(array, shape[-1:]), name=w.weight_name(added))


def _give_biased(w: Writing, y: Node, node: Node, bias: str) -> bool:
    if y.op == "dense":
        return _give_dense(w, y, node, bias)
    write = convolution if y.op == "conv2d" else transposed_convolution
    w.give(node, write(w, y, bias), CHANNELS_FIRST)
    return True
