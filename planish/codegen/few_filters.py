"""Convolutions of so few filters that these leave lanes of a vector empty: what else can fill them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from planish.codegen.kernels import conv2d as conv2d_kernel
from planish.codegen.kernels import conv2d_scattered as scattered_kernel
from planish.codegen.rebasing import rebased_with_flat_rows
from planish.codegen.target import Target
from planish.graph.node import Node
from planish.ops.packing import pack_panels
from planish.ops.reshape import reshape
from planish.ops.transpose import transpose
from planish.ops.turn_kernel import turn_kernel
from planish.ops.windows import NO_PADDING

GAIN = 0.85  # the share of the direct kernel's cycles from which on another one is worth it


def few_filters(node: Node, settings: Mapping[str, Any], target: Target) -> Node | None:
    """The convolution from its inputs' side, which needs no border, if that pays."""
    x, w = node.inputs[:2]
    border = NO_PADDING
    if x.op == "pad2d" and x.attributes["value"] == 0:
        border, x = x.attributes["padding"], x.inputs[0]
    rows, columns, channels, filters = w.shape
    if not scattered_kernel.can(w.shape, settings, border):
        return None
    each = conv2d_kernel.row_cycles(filters, node.shape[1], 1, target.lanes, target.registers)
    direct = node.shape[0] * rows * columns * channels * each
    if scattered_kernel.cycles(x.shape, w.shape, target) > GAIN * direct:
        return None
    tile = scattered_kernel.plan(columns * filters, x.shape[0], channels, target.lanes, target.registers)
    turned = w.inputs[0] if w.op == "turn_kernel" else turn_kernel(w, 1)
    matrices = reshape(transpose(turned, (0, 3, 1, 2)), (rows, channels, columns * filters))
    packed = pack_panels(matrices, tile.panels, target.lanes)
    chosen = {"kernel_shape": w.shape, "dilation": settings["dilation"], "border": border, "rows": tile.rows}
    chosen |= {"panels": tile.panels, "lanes": target.lanes}
    return rebased_with_flat_rows(node, "conv2d_scattered", (x, packed), chosen)
