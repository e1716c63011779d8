"""The gradient of a convolution with respect to its maps, written as convolutions.

Without strides it is one: of the bordered gradient with the turned kernel. With strides it is one for each phase of
the map, pixels whose positions have the same remainder, since these meet the same taps of the kernel. A single
convolution, of a gradient with zeros in between, would multiply by those zeros.

Where each channel has several filters of its own, it is a sum of as many gradients, each of a depthwise convolution.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from planish.graph.graph import Graph
from planish.graph.node import Node, found_or
from planish.primitives.conv2d import conv2d
from planish.primitives.conv2d_input_grad import Conv2DInputGradSettings
from planish.primitives.crop2d import crop2d
from planish.primitives.pad2d import pad2d
from planish.primitives.phases import phase_starts
from planish.primitives.reduce import reduce_sum
from planish.primitives.registry import make
from planish.primitives.reshape import reshape
from planish.primitives.rewritten.conv2d_depthwise import is_multiplied
from planish.primitives.rewritten.interleave2d import interleave2d
from planish.primitives.rewritten.kernel_phase import kernel_phase
from planish.primitives.rewritten.spread2d import spread2d
from planish.primitives.rewritten.turn_kernel import turn_kernel
from planish.primitives.windows import Pair


def rewrite_input_gradients(graph: Graph) -> Graph:
    return graph.rewrite(_as_convolutions, only=("conv2d_input_grad",))


def _as_convolutions(node: Node) -> Node | None:
    settings = Conv2DInputGradSettings.of(node)
    if is_multiplied(node.inputs[1].shape, settings.groups):
        return replace(_of_each_filter(node), layers=node.layers)
    strided = settings.strides != (1, 1)
    result = _of_phases(node) if strided and settings.dilation == (1, 1) else _of_spread(node)
    return replace(result, layers=node.layers)


def _of_each_filter(node: Node) -> Node:
    """Of a channel with several filters: the gradients that each of them has for a map of its own, added up."""
    g, w = node.inputs
    settings = Conv2DInputGradSettings.of(node)
    rows, columns, channels = settings.input_shape
    filters = w.shape[3]
    wide = settings.changed(input_shape=(rows, columns, filters), groups=filters)
    own = replace(make("conv2d_input_grad", [g, w], wide), layers=node.layers)
    each = reshape(found_or(_as_convolutions(own), own), (rows, columns, channels, filters // channels))
    return reduce_sum(each, (3,))


def _of_spread(node: Node) -> Node:
    g, w = node.inputs
    settings = Conv2DInputGradSettings.of(node)
    spread = g if settings.strides == (1, 1) else spread2d(g, settings.strides)
    borders = []
    for axis in (0, 1):
        reach = settings.dilation[axis] * (w.shape[axis] - 1)
        before = reach - settings.padding[axis][0]
        borders.append((before, settings.input_shape[axis] + reach - before - spread.shape[axis]))
    turned = turn_kernel(w, settings.groups)
    return conv2d(_bordered(spread, borders), turned, dilation=settings.dilation, groups=settings.groups)


def _of_phases(node: Node) -> Node:
    g, w = node.inputs
    settings = Conv2DInputGradSettings.of(node)
    extents, strides = settings.input_shape[:2], settings.strides
    turned = turn_kernel(w, settings.groups)
    phases: list[Node | None] = []
    for first in phase_starts(extents, strides):
        rows, columns = (
            _along(first[axis], strides[axis], extents[axis], w.shape[axis], settings.padding[axis][0], g.shape[axis])
            for axis in (0, 1)
        )
        if rows is None or columns is None:
            phases.append(None)
            continue
        part = kernel_phase(turned, (rows.tap, columns.tap), strides)
        bordered = _bordered(g, [rows.border, columns.border])
        phases.append(conv2d(bordered, part, groups=settings.groups))
    return interleave2d(phases, extents, strides)


class _Along(NamedTuple):
    """A phase along one axis: its first tap in the turned kernel, and what the gradient needs at both ends."""

    tap: int
    border: Pair


def _along(first: int, stride: int, extent: int, kernel: int, before: int, outputs: int) -> _Along | None:
    """Pixel first + stride * m met tap (first + before) % stride + stride * j of output start + m - j.

    None if no output met these pixels.
    """
    start, tap = divmod(first + before, stride)
    taps = -(-(kernel - tap) // stride)
    lowest = start - (taps - 1)
    if taps <= 0 or lowest >= outputs:
        return None
    pixels = -(-(extent - first) // stride)
    return _Along(kernel - 1 - tap - stride * (taps - 1), (-lowest, start + pixels - outputs))


def _bordered(x: Node, borders: list[Pair]) -> Node:
    """With this many zeros around it; a negative number takes rows or columns away."""
    excess = tuple((max(0, -before), max(0, -after)) for before, after in borders)
    if any(sum(pair) for pair in excess):
        x = crop2d(x, excess)
    padding = tuple((max(0, before), max(0, after)) for before, after in borders)
    return pad2d(x, padding) if any(sum(pair) for pair in padding) else x
