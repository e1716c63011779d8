"""Convolutions of so few filters that they leave lanes of a vector empty, and what else can fill the lanes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from planish.codegen.kernels import conv2d as conv2d_kernel
from planish.codegen.kernels import conv2d_columns as columns_kernel
from planish.codegen.kernels import conv2d_scattered as scattered_kernel
from planish.codegen.llvm.target import Target
from planish.codegen.planning.rebasing import rebased_with_flat_rows
from planish.graph.node import Node
from planish.primitives.packing import pack_panels
from planish.primitives.reshape import reshape
from planish.primitives.transpose import transpose
from planish.primitives.turn_kernel import turn_kernel
from planish.primitives.windows import NO_PADDING

GAIN = 0.85  # another kernel pays if it takes at most this share of the direct kernel's cycles


def few_filters(node: Node, settings: Mapping[str, Any], target: Target) -> Node | None:
    """The convolution by a kernel other than the direct one, if that pays."""
    rows, columns, channels, filters = node.inputs[1].shape
    each = conv2d_kernel.row_cycles(filters // settings["groups"], node.shape[1], 1, target.lanes, target.registers)
    direct = node.shape[0] * rows * columns * channels * settings["groups"] * each
    ways = [_scattered(node, settings, target), _in_columns(node, settings, target)]
    best = min((way for way in ways if way), key=lambda way: way.cycles, default=None)
    return best.made() if best and best.cycles < GAIN * direct else None


@dataclass(frozen=True, slots=True)
class _Way:
    """What a kernel takes for a map, and how to make its node."""

    cycles: float
    made: Callable[[], Node]


def _in_columns(node: Node, settings: Mapping[str, Any], target: Target) -> _Way | None:
    x, w = node.inputs[:2]
    if not columns_kernel.can(x.shape, settings):
        return None
    cycles = columns_kernel.cycles(x.shape, w.shape, node.shape, target)
    chosen = {**settings, "kernel_shape": w.shape}
    return (
        None if cycles is None else _Way(cycles, lambda: rebased_with_flat_rows(node, "conv2d_columns", (x, w), chosen))
    )


def _scattered(node: Node, settings: Mapping[str, Any], target: Target) -> _Way | None:
    """From the inputs' side, which needs no border."""
    x, w = node.inputs[:2]
    border = NO_PADDING
    if x.op == "pad2d" and x.attributes["value"] == 0:
        border, x = x.attributes["padding"], x.inputs[0]
    rows, columns, channels, filters = w.shape
    if not scattered_kernel.can(w.shape, settings, border):
        return None
    tile = scattered_kernel.plan(columns * filters, x.shape[0], channels, target.lanes, target.registers)

    def made() -> Node:
        turned = w.inputs[0] if w.op == "turn_kernel" else turn_kernel(w, 1)
        matrices = reshape(transpose(turned, (0, 3, 1, 2)), (rows, channels, columns * filters))
        packed = pack_panels(matrices, tile.panels, target.lanes)
        chosen = {"kernel_shape": w.shape, "dilation": settings["dilation"], "border": border, "rows": tile.rows}
        chosen |= {"panels": tile.panels, "lanes": target.lanes}
        return rebased_with_flat_rows(node, "conv2d_scattered", (x, packed), chosen)

    return _Way(scattered_kernel.cycles(x.shape, w.shape, target), made)
