"""Convolutions of each channel by itself, with their gradients, beside the interpreter."""

import numpy as np
import pytest

from planish import primitives
from planish.codegen.kernels.conv2d_depthwise import plan
from planish.codegen.llvm.target import current_target
from planish.codegen.planning.lowering import lower
from planish.codegen.planning.plan import Request, make_plan
from planish.graph.graph import Graph
from planish.graph.settings import name_of
from planish.passes import pipeline
from planish.primitives.conv2d_input_grad import conv2d_input_grad
from planish.primitives.conv2d_weight_grad import conv2d_weight_grad
from planish.primitives.rewritten.fused import base_of
from tests.codegen.support import Case, on_every_target

SAME, NONE = ((1, 1), (1, 1)), ((0, 0), (0, 0))

# (kernel, strides, padding, dilation) on maps of 11 x 13
SETTINGS = [
    ((3, 3), (1, 1), SAME, (1, 1)),
    ((3, 3), (2, 2), ((0, 1), (1, 1)), (1, 1)),
    ((5, 5), (1, 1), ((2, 2), (2, 2)), (1, 1)),
    ((5, 5), (2, 2), NONE, (1, 1)),
    ((3, 3), (1, 1), NONE, (2, 3)),
    ((2, 3), (3, 2), ((0, 2), (1, 0)), (1, 1)),
    ((3, 2), (1, 1), ((2, 1), (0, 0)), (3, 1)),
    ((1, 1), (2, 1), NONE, (1, 1)),
    ((7, 7), (1, 1), ((3, 3), (3, 3)), (1, 1)),
    ((1, 12), (1, 1), ((0, 0), (6, 5)), (1, 1)),
    ((9, 1), (2, 1), ((4, 4), (0, 0)), (1, 1)),
    ((11, 13), (1, 1), NONE, (1, 1)),
]


def lowered(node, *, training=False):
    """The operations that compute the node."""
    graph = Graph.build({"y": node}) if node.batched else Graph.build({}, {"y": node})
    dtypes = {name_of(leaf): "float32" for leaf in graph.leaves("input")}
    found = lower(pipeline.run(graph), current_target(), dtypes, training=training).graph
    return [base_of(each) for each in found.nodes if each.batched or training]


def add(case, channels, setting, shape=(11, 13)):
    """Forward and both gradients."""
    kernel, *settings = setting
    x = case.input(*shape, channels)
    y = primitives.conv2d(x, case.weight(*kernel, 1, channels), *settings, channels)
    g = case.input(*y.shape)
    case.output(y)
    case.output(conv2d_weight_grad(x, g, y.inputs[1].shape, y.settings))
    case.output(conv2d_input_grad(g, y.inputs[1], x.shape, y.settings))


@on_every_target
@pytest.mark.parametrize("setting", SETTINGS)
def test_settings(target, setting):
    case = Case()
    add(case, 11, setting)
    case.check(4e-6)


@on_every_target
@pytest.mark.parametrize("channels", [3, 8, 9, 16, 33, 64, 141])
def test_channels_that_straddle_vectors(target, channels):
    case = Case(images=2)
    add(case, channels, SETTINGS[0], (5, 6))
    case.check(4e-6)


@on_every_target
@pytest.mark.parametrize("columns", [1, 2, 6, 9, 33])
def test_rows_of_any_width(target, columns):
    case = Case(images=1)
    for rows in (1, 7):
        add(case, 5, SETTINGS[0], (rows, columns))
    case.check(4e-6)


@pytest.mark.parametrize("images", [1, 33])
def test_batches(images):
    case = Case(images=images)
    add(case, 9, SETTINGS[0])
    case.check(4e-6)


def test_they_have_kernels_of_their_own():
    case = Case()
    x = case.input(8, 9, 5)
    y = primitives.conv2d(x, case.weight(3, 3, 1, 5), (2, 2), SAME, groups=5)
    assert "conv2d_depthwise" in lowered(y)
    g = case.input(*y.shape)
    kernel = conv2d_weight_grad(x, g, (3, 3, 1, 5), y.settings)
    assert "conv2d_depthwise_weight_grad" in lowered(kernel, training=True)
    assert "conv2d_depthwise" in lowered(conv2d_input_grad(g, y.inputs[1], x.shape, y.settings), training=True)


@on_every_target
@pytest.mark.parametrize("strides", [(1, 1), (2, 2)])
def test_several_filters_for_a_channel(target, strides):
    case = Case()
    x = case.input(8, 9, 5)
    y = primitives.conv2d(x, case.weight(3, 3, 1, 15), strides, SAME, groups=5)
    g = case.input(*y.shape)
    case.output(primitives.relu(y))
    case.output(conv2d_weight_grad(x, g, y.inputs[1].shape, y.settings))
    case.output(conv2d_input_grad(g, y.inputs[1], x.shape, y.settings))
    assert all("conv2d_depthwise" in op or "panels" not in op for node in case.outputs.values() for op in lowered(node))
    case.check(4e-6)


@on_every_target
@pytest.mark.parametrize("shape", [(8, 9, 17), (7, 7, 3)])
def test_phases_are_written_between_each_other(target, shape):
    """The gradient of a map behind strides copies nothing, if no phase is zero."""
    case = Case()
    x, w = case.input(*shape), case.weight(3, 3, 1, shape[2])
    y = primitives.conv2d(x, w, (2, 2), SAME, groups=shape[2])
    found = conv2d_input_grad(case.input(*y.shape), w, x.shape, y.settings)
    case.output(primitives.multiply(found, 2.0))
    plan = plan_of(case)
    assert [node in plan.storage.layouts.there for node in plan.graph.nodes if node.op == "interleave2d"] == [True]
    case.check(4e-6)


def plan_of(case):
    graph = Graph.build(case.outputs)
    dtypes = {name_of(leaf): "float32" for leaf in graph.leaves("input")}
    return make_plan(Request(graph, dtypes, current_target(), False, 0))


TAILS = {
    "bias and relu": lambda case, y: primitives.relu(primitives.add(y, case.weight(19))),
    "relu6": lambda case, y: primitives.minimum(primitives.relu(primitives.add(y, case.weight(19))), 6.0),
    "folded normalization": lambda case, y: primitives.relu(
        primitives.add(primitives.multiply(y, case.weight(1, 1, 19)), case.weight(1, 1, 19))
    ),
    "hard_swish": lambda case, y: primitives.multiply(
        y, primitives.multiply(primitives.minimum(primitives.relu(primitives.add(y, 3.0)), 6.0), 1 / 6)
    ),
    "a shortcut": lambda case, y: primitives.add(y, case.input(11, 13, 19)),
}


@on_every_target
@pytest.mark.parametrize("tail", TAILS)
def test_tails_are_computed_on_the_way(target, tail):
    case = Case()
    x = case.input(11, 13, 19)
    y = TAILS[tail](case, primitives.conv2d(x, case.weight(3, 3, 1, 19), (1, 1), SAME, groups=19))
    assert "elementwise" not in lowered(y)
    case.output(y)
    case.check(4e-6)


def test_a_maximum_behind_it():
    case = Case()
    y = primitives.conv2d(case.input(8, 9, 5), case.weight(3, 3, 1, 5), groups=5)
    case.output(primitives.max_pool2d(y, (2, 2), (2, 2)))
    case.check()


def test_the_tile_changes_no_bit():
    """Rows are cut in other ways where a map is larger: its corner is the same."""
    case = Case(images=1)
    x, w = case.input(17, 23, 9), case.weight(3, 3, 1, 9)
    case.output(primitives.conv2d(x, w, groups=9), "whole")
    for rows, columns in ((4, 5), (9, 11), (16, 20)):
        corner = primitives.slice_axis(primitives.slice_axis(x, 0, 0, rows), 1, 0, columns)
        case.output(primitives.conv2d(corner, w, groups=9), f"{rows}x{columns}")
    computed = case.computed()
    whole = computed.pop("whole")
    for name, part in computed.items():
        np.testing.assert_array_equal(part, whole[:, : part.shape[1], : part.shape[2]], err_msg=name)


def test_the_tile_fits_the_registers():
    for registers in (16, 32):
        for kernel in ((3, 3), (5, 5), (7, 7), (1, 9), (9, 1)):
            for strides in ((1, 1), (2, 2)):
                tile = plan((56, 56), kernel, strides, (1, 1), registers)
                row = kernel[1] if kernel[1] <= 8 else 1
                held = kernel[0] * kernel[1] if tile.holds else row
                assert tile.rows * tile.columns + held + 3 <= registers


def test_sums_do_not_wait_for_their_terms():
    """Enough outputs side by side keep both ports of multiplications busy, where registers allow it."""
    for registers in (16, 32):
        for strides in ((1, 1), (2, 2)):
            assert plan((56, 56), (3, 3), strides, (1, 1), registers).cycles == 4.5
