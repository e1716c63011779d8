"""How a layer's output shape follows from its input's, written out with the numbers at hand.

The numbers and the result come from the nodes that the layer made: `28 -> 26` is read off the graph, and the text
beside it says why.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from planish.graph.node import Node
from planish.primitives.conv2d import Conv2DSettings
from planish.primitives.conv2d_input_grad import Conv2DInputGradSettings
from planish.primitives.crop2d import Crop2DSettings
from planish.primitives.pad2d import Pad2DSettings
from planish.primitives.pooling import PoolSettings
from planish.primitives.reduce import ReduceSettings
from planish.primitives.windows import Padding


def spelled_out(nodes: Sequence[Node], same: bool = False) -> str:
    """The arithmetic of the first node of a layer that changes its shape; "" if none does.

    `same` says that the layer was asked for padding='same', which has a shorter rule.
    """
    for node in nodes:
        if not node.batched:
            continue  # a weight in another form
        if node.op in ("conv2d", "max_pool2d", "average_pool2d") and same:
            return _along_axes(node, _same)
        rule = _RULES.get(node.op)
        text = "" if rule is None else rule(node)
        if text:
            return text
    return ""


def _along_axes(node: Node, text: Callable[[Node, int], str]) -> str:
    """Rows and columns, once if they are alike; steps alone of sequences, which are maps of one row."""
    rows, columns = (f"{text(node, axis)} = {node.shape[axis]}" for axis in (0, 1))
    if node.inputs[0].shape[0] == node.shape[0] == 1:
        return columns
    return rows if rows == columns else f"rows {rows}, columns {columns}"


def _same(node: Node, axis: int) -> str:
    strides = Conv2DSettings.of(node).strides if node.op == "conv2d" else PoolSettings.of(node).strides
    return f"ceil({node.inputs[0].shape[axis]} / {strides[axis]})"


def _window(node: Node, axis: int) -> str:
    """floor((extent + padding - reach) / stride) + 1."""
    if node.op == "conv2d":
        convolution = Conv2DSettings.of(node)
        size, dilation = node.inputs[1].shape[axis], convolution.dilation[axis]
        stride, (before, after) = convolution.strides[axis], convolution.padding[axis]
    else:
        pool = PoolSettings.of(node)
        size, dilation = pool.window[axis], 1
        stride, (before, after) = pool.strides[axis], pool.padding[axis]
    terms = str(node.inputs[0].shape[axis])
    if before or after:
        terms += f" + 2 * {before}" if before == after else f" + {before} + {after}"
    reach = f"({dilation} * ({size} - 1) + 1)" if dilation > 1 else str(size)
    return f"floor(({terms} - {reach}) / {stride}) + 1"


def _spread(node: Node) -> str:
    return _along_axes(node, _span)


def _span(node: Node, axis: int) -> str:
    """(extent - 1) * stride + reach - padding, and what `output_padding` adds."""
    g, w = node.inputs
    own = Conv2DInputGradSettings.of(node)
    extent, stride, reach = g.shape[axis], own.strides[axis], own.dilation[axis] * (w.shape[axis] - 1) + 1
    border = sum(own.padding[axis])
    more = node.shape[axis] - ((extent - 1) * stride + reach - border)
    cut, added = f" - {border}" if border else "", f" + {more}" if more else ""
    return f"({extent} - 1) * {stride} + {reach}{cut}{added}"


def _pad(node: Node) -> str:
    return _along_axes(node, lambda node, axis: _sides(node, axis, Pad2DSettings.of(node).padding, "+"))


def _crop(node: Node) -> str:
    return _along_axes(node, lambda node, axis: _sides(node, axis, Crop2DSettings.of(node).cropping, "-"))


def _sides(node: Node, axis: int, border: Padding, sign: str) -> str:
    before, after = border[axis]
    return f"{node.inputs[0].shape[axis]} {sign} {before} {sign} {after}"


def _reshape(node: Node) -> str:
    """Joined axes are multiplied out; other shapes just have as many numbers as before, and axes of one say nothing."""
    before, after = node.inputs[0].shape, node.shape
    if len(before) < 2 or _without_ones(before) == _without_ones(after):
        return ""
    product = " * ".join(map(str, before))
    if len(after) == 1:
        return f"{product} = {after[0]}"
    return f"{product} = {' * '.join(map(str, after))}"


def _without_ones(shape: Sequence[int]) -> list[int]:
    return [extent for extent in shape if extent != 1]


def _reduce(node: Node) -> str:
    (source,) = node.inputs
    extents = " * ".join(str(source.shape[axis]) for axis in ReduceSettings.of(node).axes)
    kind = "largest" if node.op == "reduce_max" else "means"
    return f"{kind} of {extents} numbers: {math.prod(node.shape)}" if source.shape != node.shape else ""


def _dense(node: Node) -> str:
    return f"{node.shape[-1]} sums of {node.inputs[0].shape[-1]} products"


_RULES: dict[str, Callable[[Node], str]] = {
    **dict.fromkeys(("conv2d", "max_pool2d", "average_pool2d"), lambda node: _along_axes(node, _window)),
    **dict.fromkeys(("reduce_mean", "reduce_max"), _reduce),
    "conv2d_input_grad": _spread,
    "crop2d": _crop,
    "dense": _dense,
    "pad2d": _pad,
    "reshape": _reshape,
}
