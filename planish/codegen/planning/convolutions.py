"""How a convolution can be computed, alone or with the maximum over windows behind it."""

from __future__ import annotations

import math
from functools import partial
from itertools import starmap

from planish.codegen.kernels import conv2d_columns as columns_kernel
from planish.codegen.kernels import conv2d_depthwise as depthwise_kernel
from planish.codegen.kernels import conv2d_panels as direct_kernel
from planish.codegen.kernels import conv2d_scattered as scattered_kernel
from planish.codegen.llvm.target import ASSUMED
from planish.codegen.pieces import winograd_plan
from planish.codegen.planning.candidate import Candidate, Problem, always
from planish.codegen.planning.rebasing import rebased, rebased_with_flat_rows, repeated_channels
from planish.graph.node import Node
from planish.primitives.conv2d import Conv2DSettings
from planish.primitives.pad2d import Pad2DSettings
from planish.primitives.reshape import reshape
from planish.primitives.rewritten.conv2d_columns import Conv2DColumnsSettings
from planish.primitives.rewritten.conv2d_depthwise import Conv2DDepthwiseSettings, is_depthwise, is_multiplied
from planish.primitives.rewritten.conv2d_panels import Conv2DPanelsSettings
from planish.primitives.rewritten.conv2d_pool import Conv2DPoolSettings
from planish.primitives.rewritten.conv2d_scattered import Conv2DScatteredSettings
from planish.primitives.rewritten.conv2d_winograd import Conv2DWinogradSettings
from planish.primitives.rewritten.pack_panels import pack_panels
from planish.primitives.rewritten.pack_winograd import pack_winograd
from planish.primitives.rewritten.turn_kernel import turn_kernel
from planish.primitives.transpose import transpose
from planish.primitives.windows import NO_PADDING, Padding, Pair
from planish.primitives.winograd import method

GAIN = 0.85  # another kernel pays if it takes at most this share of the direct kernel's cycles


def _window(problem: Problem) -> Pair:
    settings = problem.settings
    return settings.window if isinstance(settings, Conv2DPoolSettings) else (1, 1)


def _is_pooled(problem: Problem) -> bool:
    return isinstance(problem.settings, Conv2DPoolSettings)


def _convolution(problem: Problem) -> Conv2DSettings:
    """Those of the convolution; its padding is a border of its own by now."""
    return Conv2DSettings.part_of(problem.settings)


def _with_weights_read(problem: Problem, cycles: float) -> float:
    """The cycles, or those in which the weights come from memory if that takes longer."""
    weights = problem.node.inputs[1].type.nbytes / winograd_plan.MEMORY_NBYTES_A_CYCLE
    return float(max(cycles, weights) if problem.from_memory else cycles)


# ------------------------------------------------------------------ Winograd's method
def _why_not_winograd(tile: int, stride: int, problem: Problem) -> str | None:
    if problem.without_winograd is not None:
        return problem.without_winograd
    w, settings = problem.node.inputs[1], _convolution(problem)
    return winograd_plan.why_not(w.shape, settings, _window(problem), tile, stride)


def _winograd_cycles(tile: int, stride: int, problem: Problem) -> float:
    channels, filters = problem.node.inputs[1].shape[2:]
    cut = _winograd_cut(tile, stride, problem)
    return winograd_plan.cycles(cut, channels, filters, problem.target, from_memory=problem.from_memory) / GAIN


def _winograd_cut(tile: int, stride: int, problem: Problem) -> winograd_plan.Cut:
    """With caches as they often are: methods and panels are the same on all processors of a target."""
    shape, channels = problem.node.shape[:2], problem.node.inputs[1].shape[2:]
    target = problem.target._replace(caches=ASSUMED)
    return winograd_plan.cut_map(shape, _window(problem), method(tile, stride), (channels[0], channels[1]), target)


def _lower_to_winograd(tile: int, stride: int, problem: Problem) -> Node:
    x, w = problem.node.inputs[:2]
    lanes = problem.target.lanes
    at_once = _winograd_cut(tile, stride, problem).at_once
    panels = tuple(winograd_plan.panels_of(w.shape[3], at_once, problem.target))
    packed = pack_winograd(w, tile, panels, lanes, stride=stride)
    chosen = Conv2DWinogradSettings(
        kernel_shape=w.shape, window=_window(problem), tile=tile, stride=stride, panels=panels, lanes=lanes
    )
    return rebased(problem.node, "conv2d_winograd", (x, packed), chosen)


def _winograd(tile: int, stride: int) -> Candidate:
    return Candidate(
        "conv2d_winograd",
        f"Winograd F({tile}x{tile}, 3x3)" if stride == 1 else f"Winograd F({tile}x{tile}, 3x3/{stride})",
        "fewer multiplications, transforms included",
        partial(_why_not_winograd, tile, stride),
        partial(_winograd_cycles, tile, stride),
        partial(_lower_to_winograd, tile, stride),
    )


# ------------------------------------------------------------------ from the inputs' side
def _without_border(problem: Problem) -> tuple[Node, Padding]:
    """The map and the zeros around it, which this kernel does not multiply."""
    x = problem.node.inputs[0]
    if x.op == "pad2d" and Pad2DSettings.of(x).value == 0:
        return x.inputs[0], Pad2DSettings.of(x).padding
    return x, NO_PADDING


def _why_not_scattered(problem: Problem) -> str | None:
    if _is_pooled(problem):
        return "a maximum follows"
    _, border = _without_border(problem)
    fitting = scattered_kernel.can(problem.node.inputs[1].shape, _convolution(problem), border)
    return None if fitting else "it needs strides and groups of 1, and borders that the kernel reaches"


def _scattered_cycles(problem: Problem) -> float:
    x, _ = _without_border(problem)
    cycles = scattered_kernel.cycles(x.shape, problem.node.inputs[1].shape, problem.target)
    return _with_weights_read(problem, cycles) / GAIN


def _lower_to_scattered(problem: Problem) -> Node:
    node, target = problem.node, problem.target
    w = node.inputs[1]
    x, border = _without_border(problem)
    rows, columns, channels, filters = w.shape
    tile = scattered_kernel.plan(columns * filters, x.shape[0], channels, target.lanes, target.registers)
    turned = w.inputs[0] if w.op == "turn_kernel" else turn_kernel(w, 1)
    matrices = reshape(transpose(turned, (0, 3, 1, 2)), (rows, channels, columns * filters))
    packed = pack_panels(matrices, tile.panels, target.lanes)
    chosen = Conv2DScatteredSettings(
        kernel_shape=w.shape,
        dilation=_convolution(problem).dilation,
        border=border,
        rows=tile.rows,
        panels=tile.panels,
        lanes=target.lanes,
    )
    return rebased_with_flat_rows(node, "conv2d_scattered", (x, packed), chosen)


# ------------------------------------------------------------------ columns in the lanes
def _why_not_columns(problem: Problem) -> str | None:
    if _is_pooled(problem):
        return "a maximum follows"
    x, w = problem.node.inputs[:2]
    if not columns_kernel.can(x.shape, _convolution(problem)):
        return "it needs one group, and few channels whose rows divide by the strides"
    fitting = columns_kernel.cycles(x.shape, w.shape, problem.node.shape, problem.target) is not None
    return None if fitting else f"{w.shape[3]} filters need more registers than there are"


def _columns_cycles(problem: Problem) -> float:
    x, w = problem.node.inputs[:2]
    cycles = columns_kernel.cycles(x.shape, w.shape, problem.node.shape, problem.target)
    assert cycles is not None  # it fits
    return _with_weights_read(problem, cycles) / GAIN


def _lower_to_columns(problem: Problem) -> Node:
    x, w = problem.node.inputs[:2]
    settings = _convolution(problem)
    chosen = Conv2DColumnsSettings(
        kernel_shape=w.shape, strides=settings.strides, dilation=settings.dilation, groups=settings.groups
    )
    return rebased_with_flat_rows(problem.node, "conv2d_columns", (x, w), chosen)


# ------------------------------------------------------------------ each channel by itself
def _why_not_depthwise(problem: Problem) -> str | None:
    shape, groups = problem.node.inputs[1].shape, _convolution(problem).groups
    if not is_depthwise(shape, groups) and not is_multiplied(shape, groups):
        return "it is for as many groups as channels"
    return "a maximum follows" if _is_pooled(problem) else None


def _depthwise_cycles(problem: Problem) -> float:
    settings, (rows, columns, *_) = _convolution(problem), problem.node.inputs[1].shape
    return depthwise_kernel.cycles(
        problem.node.shape, (rows, columns), settings.strides, settings.dilation, problem.target
    )


def _lower_to_depthwise(problem: Problem) -> Node:
    x, w = problem.node.inputs[:2]
    settings = _convolution(problem)
    chosen = Conv2DDepthwiseSettings(strides=settings.strides, dilation=settings.dilation)
    return rebased(problem.node, "conv2d_depthwise", (repeated_channels(x, w.shape[3]), w), chosen)


# ------------------------------------------------------------------ direct
def _direct_cycles(problem: Problem) -> float:
    rows, columns, channels, filters = problem.node.inputs[1].shape
    groups = _convolution(problem).groups
    target, width, pixels = problem.target, problem.node.shape[1], math.prod(_window(problem))
    each = direct_kernel.row_cycles(filters // groups, width, pixels, target.lanes, target.registers)
    products = problem.node.shape[0] * rows * columns * channels * groups * each
    return _with_weights_read(problem, products)


def _lower_to_panels(problem: Problem) -> Node:
    node, target = problem.node, problem.target
    x, w = node.inputs[:2]
    settings, window = _convolution(problem), _window(problem)
    groups = settings.groups
    depth, filters = w.shape[0] * w.shape[1] * w.shape[2], w.shape[3]
    pixels = window[0] * window[1]
    tile = direct_kernel.plan(filters // groups, node.shape[1], pixels, target.lanes, target.registers)
    matrices = transpose(reshape(w, (depth, groups, filters // groups)), (1, 0, 2))
    if groups == 1:
        matrices = reshape(w, (1, depth, filters))
    packed = pack_panels(matrices, tile.panels, target.lanes)
    chosen = Conv2DPanelsSettings(
        kernel_shape=w.shape,
        strides=settings.strides,
        dilation=settings.dilation,
        groups=groups,
        window=window,
        panels=tile.panels,
        lanes=target.lanes,
    )
    return rebased(node, "conv2d_panels", (x, packed), chosen)


CONVOLUTION = [
    *starmap(_winograd, winograd_plan.TILES),
    Candidate(
        "conv2d_panels",
        "direct",
        "filters in the lanes",
        always,
        _direct_cycles,
        _lower_to_panels,
    ),
    Candidate(
        "conv2d_depthwise",
        "each channel by itself",
        "channels in the lanes, which are not summed",
        _why_not_depthwise,
        _depthwise_cycles,
        _lower_to_depthwise,
    ),
    Candidate(
        "conv2d_scattered",
        "from the inputs' side",
        "the outputs that an input reaches in a row fill vectors, and borders of zeros are not multiplied",
        _why_not_scattered,
        _scattered_cycles,
        _lower_to_scattered,
    ),
    Candidate(
        "conv2d_columns",
        "direct, columns in lanes",
        "columns of outputs fill vectors better than few filters do",
        _why_not_columns,
        _columns_cycles,
        _lower_to_columns,
    ),
]
