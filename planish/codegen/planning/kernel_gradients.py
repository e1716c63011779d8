"""How the gradients of a convolution can be computed: those of its kernel, and that of the map behind a pool."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

from planish.codegen.kernels import conv2d_placed_input_grad as placed_kernel
from planish.codegen.kernels import conv2d_pool_weight_grad as registers_kernel
from planish.codegen.kernels import conv2d_turned_weight_grad as turned_kernel
from planish.codegen.llvm.element_type import F32
from planish.codegen.pieces import winograd_weight_grad_plan as winograd_plan
from planish.codegen.pieces.picked_pixels import picks
from planish.codegen.planning.candidate import Candidate, Problem, always
from planish.codegen.planning.rebasing import repeated_channels
from planish.graph.node import Node, layer_scope
from planish.primitives.batch_sum import batch_sum
from planish.primitives.conv2d_weight_grad import Conv2DWeightGradSettings
from planish.primitives.reshape import reshape
from planish.primitives.rewritten.conv2d_depthwise import is_depthwise, is_multiplied
from planish.primitives.rewritten.conv2d_depthwise_weight_grad import conv2d_depthwise_weight_grad
from planish.primitives.rewritten.conv2d_listed_weight_grad import conv2d_listed_weight_grad
from planish.primitives.rewritten.conv2d_placed_input_grad import (
    Conv2DPlacedInputGradSettings,
    conv2d_placed_input_grad,
)
from planish.primitives.rewritten.conv2d_pool_input_grad import Conv2DPoolInputGradSettings
from planish.primitives.rewritten.conv2d_pool_weight_grad import Conv2DPoolWeightGradSettings
from planish.primitives.rewritten.conv2d_turned_weight_grad import conv2d_turned_weight_grad
from planish.primitives.rewritten.conv2d_winograd_weight_grad import conv2d_winograd_weight_grad
from planish.primitives.rewritten.list_places import ListPlacesSettings, list_places
from planish.primitives.rewritten.pack_panels import pack_panels
from planish.primitives.rewritten.unpack_winograd import unpack_winograd
from planish.primitives.transpose import transpose

_NOT_SPARSE = "not only a maximum reads the convolution, so its gradient is not sparse"
_BY_ITSELF = "each channel has a filter of its own, so that nothing is summed over channels"
_SPARSE = "only maxima have a gradient; lists leave out those that relu made zero"


@contextmanager
def _layers_of(node: Node) -> Iterator[None]:
    """Nodes made inside belong to the layers of `node`."""
    if not node.layers:
        yield
        return
    with layer_scope(", ".join(node.layers)):
        yield


# ------------------------------------------------------------------ of the kernel, from a full gradient
def _best_tile(problem: Problem) -> int:
    """0 if none pays, or fits."""
    if not problem.target.takes_winograd:
        return 0
    node = problem.node
    return winograd_plan.best_tile(Conv2DWeightGradSettings.of(node), node.inputs[1].shape[:2], problem.target.lanes)


def _turned_comes_first(problem: Problem) -> bool:
    """Whether Winograd's method would leave lanes empty that the kernel's inputs fill."""
    channels, filters = problem.node.shape[2:]
    return min(channels, filters) < problem.target.lanes and turned_kernel.pays(problem.spec, problem.target)


def _why_not_winograd(problem: Problem) -> str | None:
    if problem.without_winograd is not None:
        return problem.without_winograd
    reason = winograd_plan.why_not(Conv2DWeightGradSettings.of(problem.node))
    if reason is None and _why_not_turned(problem) is None:
        return "rows of the kernel's inputs fill vectors better than its channels do"
    return reason


def _costs(problem: Problem) -> dict[int, int]:
    channels, filters = problem.node.shape[2:]
    return winograd_plan.costs_of(problem.node.inputs[1].shape[:2], channels, filters, problem.target.lanes)


def _lower_to_winograd(tile: int, problem: Problem) -> Node:
    x, g = problem.node.inputs
    with _layers_of(problem.node):
        return unpack_winograd(conv2d_winograd_weight_grad(x, g, tile), tile)


def _winograd(tile: int) -> Candidate:
    return Candidate(
        "conv2d_winograd_weight_grad",
        f"Winograd F({tile}x{tile}, 3x3)",
        "fewer vector instructions, transforms included",
        _why_not_winograd,
        lambda problem: _costs(problem)[tile],
        partial(_lower_to_winograd, tile),
    )


def _why_not_depthwise(problem: Problem) -> str | None:
    shape, groups = problem.node.shape, Conv2DWeightGradSettings.of(problem.node).groups
    fitting = is_depthwise(shape, groups) or is_multiplied(shape, groups)
    return None if fitting else "it is for as many groups as channels"


def _lower_to_depthwise(problem: Problem) -> Node:
    x, g = problem.node.inputs
    settings = Conv2DWeightGradSettings.of(problem.node)
    filters = settings.kernel_shape[3]
    with _layers_of(problem.node):
        each = repeated_channels(x, filters)
        return batch_sum(conv2d_depthwise_weight_grad(each, g, settings.changed(groups=filters)))


def _why_not_turned(problem: Problem) -> str | None:
    if _why_not_depthwise(problem) is None:
        return _BY_ITSELF
    if not turned_kernel.pays(problem.spec, problem.target):
        return "filters fill vectors as well as rows of inputs do"
    if _best_tile(problem) and not _turned_comes_first(problem):
        return "Winograd's method pays from as many channels as lanes up"
    return None


def _lower_to_turned(problem: Problem) -> Node:
    x, g = problem.node.inputs
    with _layers_of(problem.node):
        kernel = conv2d_turned_weight_grad(x, g, Conv2DWeightGradSettings.of(problem.node))
        return reshape(transpose(kernel, (1, 0)), problem.node.shape)


def _why_not_direct(problem: Problem) -> str | None:
    if _why_not_depthwise(problem) is None:
        return _BY_ITSELF
    return None if _why_not_turned(problem) else "rows of inputs fill vectors better than few filters do"


KERNEL_GRADIENT = [
    Candidate(
        "conv2d_weight_grad",
        "direct",
        _NOT_SPARSE,
        _why_not_direct,
        lambda problem: _costs(problem)[0],
        lambda problem: problem.node,
    ),
    Candidate(
        "conv2d_depthwise_weight_grad",
        "each channel by itself",
        "channels in the lanes, image by image while its maps are in the cache",
        _why_not_depthwise,
        None,
        _lower_to_depthwise,
    ),
    *map(_winograd, winograd_plan.TILES),
    Candidate(
        "conv2d_turned_weight_grad", "direct, inputs in lanes", _NOT_SPARSE, _why_not_turned, None, _lower_to_turned
    ),
]


# ------------------------------------------------------------------ of the kernel, behind a pool
def _countable(problem: Problem) -> bool:
    """Whether lists, which have distances in bytes as i32, can cover the map."""
    return F32.nbytes * problem.node.inputs[0].type.size < 2**31


def _windows(problem: Problem) -> int:
    rows, columns = problem.node.inputs[2].shape[:2]
    return rows * columns


def _why_not_in_registers(*, picked: bool, problem: Problem) -> str | None:
    settings, target = Conv2DPoolWeightGradSettings.of(problem.node), problem.target
    if picks(settings, target) != picked:
        return "lanes can pick pixels themselves" if not picked else "lanes cannot pick pixels of these windows here"
    written = registers_kernel.products_of_window(settings, target)
    if written > registers_kernel.MOST_PRODUCTS and _countable(problem):
        return f"code for {written:,} products of a window would be written out"
    return None


def _in_registers_cycles(problem: Problem) -> float:
    settings = Conv2DPoolWeightGradSettings.of(problem.node)
    return registers_kernel.cycles(settings, _windows(problem), problem.target)


def _why_not_listed(problem: Problem) -> str | None:
    return None if _countable(problem) else "the map is larger than lists can count"


def _listed_cycles(problem: Problem) -> float:
    settings = Conv2DPoolWeightGradSettings.of(problem.node)
    return registers_kernel.cycles_of_lists(settings, _windows(problem), problem.target)


def _lower_to_lists(problem: Problem) -> Node:
    node = problem.node
    x, places, g = node.inputs
    settings = Conv2DPoolWeightGradSettings.of(node)
    rows, columns, channels, filters = settings.kernel_shape
    (down, across), (pool_down, pool_across) = settings.strides, settings.pool_strides
    pixel = F32.nbytes * down * x.shape[1] * channels, F32.nbytes * across * channels
    chosen = ListPlacesSettings(
        window_nbytes=(pool_down * pixel[0], pool_across * pixel[1]),
        pixel_nbytes=pixel,
        window_columns=settings.window[1],
        lanes=problem.target.lanes,
    )
    with _layers_of(node):
        lists = list_places(places, g, chosen)
        gradient = conv2d_listed_weight_grad(x, lists, settings.kernel_shape, settings.dilation)
        turned = transpose(reshape(gradient, (filters, rows * columns * channels)), (1, 0))
        return reshape(turned, settings.kernel_shape)


def _in_registers(method: str, *, picked: bool) -> Candidate:
    return Candidate(
        "conv2d_pool_weight_grad",
        method,
        "patches are too small for lists to pay",
        lambda problem: _why_not_in_registers(picked=picked, problem=problem),
        _in_registers_cycles,
        lambda problem: problem.node,
    )


POOLED_KERNEL_GRADIENT = [
    Candidate(
        "conv2d_listed_weight_grad", "lists of windows", _SPARSE, _why_not_listed, _listed_cycles, _lower_to_lists
    ),
    _in_registers("pixels picked by lanes", picked=True),
    _in_registers("windows in registers", picked=False),
]


# ------------------------------------------------------------------ of the map, behind a pool
def _lower_to_channel_lists(problem: Problem) -> Node:
    node, target = problem.node, problem.target
    places, g, w = node.inputs
    settings = Conv2DPoolInputGradSettings.of(node)
    rows, columns, channels, filters = w.shape
    geometry = (rows, columns), settings.window, settings.strides, settings.dilation
    panels = placed_kernel.plan(*geometry, channels, target.lanes, target.registers).panels
    matrix = reshape(transpose(w, (3, 0, 1, 2)), (filters * rows * columns, channels))
    packed = pack_panels(matrix, panels, target.lanes)
    chosen = Conv2DPlacedInputGradSettings(
        input_shape=settings.input_shape,
        kernel_shape=w.shape,
        strides=settings.strides,
        dilation=settings.dilation,
        window=settings.window,
        pool_strides=settings.pool_strides,
        panels=panels,
        lanes=target.lanes,
    )
    return replace(conv2d_placed_input_grad(places, g, packed, chosen), layers=node.layers)


POOLED_MAP_GRADIENT = [
    Candidate("conv2d_placed_input_grad", "lists of channels", _SPARSE, always, None, _lower_to_channel_lists)
]
