"""The gradient of a convolution with respect to its maps, written as a convolution.

Of the spread and bordered gradient with the turned kernel.
"""

from __future__ import annotations

from dataclasses import replace

from planish.graph.graph import Graph
from planish.graph.node import Node
from planish.ops.conv2d import conv2d
from planish.ops.crop2d import crop2d
from planish.ops.pad2d import pad2d
from planish.ops.spread2d import spread2d
from planish.ops.turn_kernel import turn_kernel


def rewrite_input_gradients(graph: Graph) -> Graph:
    return graph.rewrite(_as_convolution)


def _as_convolution(node: Node) -> Node | None:
    if node.op != "conv2d_input_grad":
        return None
    g, w = node.inputs
    settings = node.attributes
    spread = g if settings["strides"] == (1, 1) else spread2d(g, settings["strides"])
    borders = []
    for axis in (0, 1):
        reach = settings["dilation"][axis] * (w.shape[axis] - 1)
        before = reach - settings["padding"][axis][0]
        borders.append((before, settings["input_shape"][axis] + reach - before - spread.shape[axis]))
    padding = tuple((max(0, before), max(0, after)) for before, after in borders)
    excess = tuple((max(0, -before), max(0, -after)) for before, after in borders)
    if any(sum(pair) for pair in excess):
        spread = crop2d(spread, excess)
    turned = turn_kernel(w, settings["groups"])
    result = conv2d(pad2d(spread, padding), turned, dilation=settings["dilation"], groups=settings["groups"])
    return replace(result, layers=node.layers)
