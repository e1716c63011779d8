"""Gradients of convolutions from the places of a pool's maxima, beside the interpreter."""

import numpy as np
import pytest

from planish import primitives
from planish.autodiff import gradients
from planish.codegen.kernels import conv2d_listed_weight_grad as listed
from planish.codegen.kernels import conv2d_placed_input_grad as placed
from planish.codegen.kernels import conv2d_pool_weight_grad as expanded
from planish.codegen.llvm.target import make_target
from planish.codegen.pieces.picked_pixels import picks
from planish.primitives.rewritten.conv2d_pool_weight_grad import Conv2DPoolWeightGradSettings
from planish.primitives.rewritten.gate_places import gate_places
from planish.primitives.rewritten.placed_sum import placed_sum
from planish.primitives.rewritten.pool_places import pool_places
from tests.codegen.support import Case, on_every_target

# (kernel, strides, padding, dilation, window, pool strides) on maps of 14 x 13
SETTINGS = [
    ((3, 3), (1, 1), ((0, 0), (0, 0)), (1, 1), (2, 2), (2, 2)),
    ((3, 2), (1, 1), ((1, 1), (0, 1)), (1, 1), (3, 3), (2, 2)),
    ((5, 5), (1, 1), ((2, 2), (2, 2)), (1, 1), (3, 2), (3, 2)),
    ((2, 3), (2, 1), ((0, 1), (1, 0)), (1, 1), (2, 2), (2, 2)),
    ((2, 2), (1, 1), ((0, 0), (0, 0)), (2, 3), (4, 4), (4, 4)),
    ((1, 1), (1, 1), ((0, 0), (0, 0)), (1, 1), (1, 3), (1, 3)),
    ((7, 7), (1, 1), ((0, 0), (0, 0)), (1, 1), (8, 2), (8, 2)),
]


def add_gradients(case, channels, filters, setting, *, relu=True, extents=(14, 13)):
    """Both gradients of a network that starts like any classifier."""
    kernel, strides, padding, dilation, window, pool_strides = setting
    x = case.input(*extents, channels)
    w = case.weight(*kernel, channels, filters)
    pooled = primitives.max_pool2d(primitives.conv2d(x, w, strides, padding, dilation), window, pool_strides)
    y = primitives.relu(pooled) if relu else pooled
    total = primitives.batch_sum(primitives.reduce_sum(primitives.multiply(y, case.input(*pooled.shape)), (0, 1, 2)))
    dw, dx = gradients(total, [w, x])
    case.output(dw)
    case.output(dx)


@on_every_target
@pytest.mark.parametrize("place", range(len(SETTINGS)))
def test_settings(target, place):
    case = Case()
    for channels, filters in (((1, 19), (17, 8)), ((3, 33), (2, 7)))[place % 2]:
        add_gradients(case, channels, filters, SETTINGS[place])
    case.check(4e-6)


@on_every_target
@pytest.mark.parametrize("filters", [1, 7, 9, 16, 33])
def test_filters_that_straddle_vectors(target, filters):
    case = Case()
    for channels in (1, 8, 33):
        add_gradients(case, channels, filters, SETTINGS[0], extents=(7, 8))
    case.check(4e-6)


@on_every_target
def test_every_window_has_a_gradient(target):
    case = Case()
    add_gradients(case, 16, 33, SETTINGS[0], relu=False)
    case.check(4e-6)


@on_every_target
def test_a_window_of_the_whole_map(target):
    case = Case(images=1)
    add_gradients(case, 16, 17, ((1, 1), (1, 1), ((0, 0), (0, 0)), (1, 1), (2, 2), (2, 2)), extents=(2, 2))
    case.check(4e-6)


@pytest.mark.parametrize("images", [1, 2, 33])
def test_batches(images):
    case = Case(images=images)
    add_gradients(case, 5, 9, SETTINGS[0])
    case.check(4e-6)


@on_every_target
@pytest.mark.parametrize("channels", [1, 20])
def test_no_window_has_a_gradient(target, channels):
    case = Case()
    case.input(14, 13, channels)
    x, w = (
        primitives.input_("x0", (14, 13, channels)),
        case.weight(3, 3, channels, 19, values=np.zeros((3, 3, channels, 19))),
    )
    y = primitives.relu(primitives.subtract(primitives.max_pool2d(primitives.conv2d(x, w), (2, 2), (2, 2)), 1.0))
    dw, dx = gradients(primitives.batch_sum(primitives.reduce_sum(y, (0, 1, 2))), [w, x])
    case.output(dw)
    case.output(dx)
    for value in case.computed().values():
        np.testing.assert_array_equal(value, 0)


@on_every_target
def test_ties_go_to_the_first_place(target):
    case = Case()
    pixels = np.float32(np.random.default_rng(0).integers(0, 2, (3, 8, 8, 17)))
    x = case.input(8, 8, 17, values=pixels)
    w = case.weight(1, 1, 17, 17, values=np.eye(17, dtype=np.float32)[None, None])
    pooled = primitives.max_pool2d(primitives.conv2d(x, w), (2, 2), (2, 2))
    total = primitives.batch_sum(primitives.reduce_sum(primitives.multiply(pooled, case.input(4, 4, 17)), (0, 1, 2)))
    for gradient in gradients(total, [w, x]):
        case.output(gradient)
    case.check()


@on_every_target
def test_gradients_that_are_not_numbers_reach_the_weights(target):
    case = Case()
    add_gradients(case, 16, 17, SETTINGS[0], relu=False)
    case.inputs["x1"][1, 2, 3, 5] = np.nan
    found, expected = case.computed(), case.expected()
    for name in case.outputs:
        assert np.isnan(found[name]).any()
    np.testing.assert_array_equal(np.isnan(found["y0"]), np.isnan(expected["y0"]))


@on_every_target
def test_maps_that_are_not_numbers_stay_inside(target):
    """Whatever the maximum of NaNs is said to be, its place is one of the window's."""
    case = Case()
    add_gradients(case, 16, 17, SETTINGS[0], relu=False)
    case.inputs["x0"][:, 3:9, 2:11] = np.nan
    assert np.isfinite(case.computed()["y0"]).sum() < 3 * 3 * 16 * 17


def test_kernels_larger_than_the_registers_are_cut():
    assert listed.parts(18, 32) == [18]
    assert listed.parts(49, 32) == [25, 24]
    assert sum(listed.parts(105, 16)) == 105
    assert max(listed.parts(105, 16)) <= 12


@pytest.mark.parametrize("kernel", [(1, 1), (3, 3), (5, 5), (7, 3)])
@pytest.mark.parametrize("window", [(2, 2), (3, 3), (1, 4)])
@pytest.mark.parametrize("registers", [16, 32])
def test_parts_of_a_kernel_leave_a_window_in_registers(kernel, window, registers):
    tile = placed.plan(kernel, window, (1, 1), (1, 1), 40, 16, registers)
    assert sorted(tap for part in tile.parts for tap in part) == sorted(np.ndindex(kernel))
    pixels = max(len(placed.seen(part, window, (1, 1), (1, 1))) for part in tile.parts)
    assert pixels * max(tile.panels) + 3 <= registers
    assert sum(tile.panels) == 3


def test_pixels_that_a_window_sees():
    whole = [(a, b) for a in range(3) for b in range(3)]
    assert placed.seen(whole, (2, 2), (1, 1), (1, 1)) == [(i, j) for i in range(4) for j in range(4)]
    assert placed.seen([(0, 1)], (2, 1), (3, 1), (1, 2)) == [(0, 2), (3, 2)]


def test_small_patches_are_written_out_in_registers():
    target = make_target("avx512", "x86_64-linux-gnu")

    def settings(*kernel, window=(2, 2)):
        return Conv2DPoolWeightGradSettings(
            kernel_shape=kernel,
            strides=(1, 1),
            padding=((0, 0), (0, 0)),
            dilation=(1, 1),
            window=window,
            pool_strides=window,
        )

    def pays(*kernel, windows):
        own, lists = expanded.cycles, expanded.cycles_of_lists
        return own(settings(*kernel), windows, target) < lists(settings(*kernel), windows, target)

    assert pays(3, 3, 1, 32, windows=144)
    assert not pays(3, 3, 32, 64, windows=25)
    assert not pays(5, 5, 3, 6, windows=144)
    assert picks(settings(3, 3, 1, 32), target)
    assert picks(settings(3, 3, 4, 32), target)
    assert not picks(settings(3, 3, 5, 32), target)  # 20 values in a row of a window
    assert not picks(settings(3, 3, 1, 32, window=(3, 2)), target)  # three rows
    assert not picks(settings(3, 3, 1, 32), make_target("avx2", "x86_64-linux-gnu"))


@on_every_target
@pytest.mark.parametrize("filters", [1, 7, 16, 19, 70])
def test_biases_in_front_of_relu(target, filters):
    """What relu switches off has no place, for all three gradients; places are gated where they are found."""
    for extents in ((4, 5), (9, 12)):
        case = Case()
        x, w, b = case.input(*extents, 16), case.weight(3, 3, 16, filters), case.weight(filters)
        y = primitives.relu(primitives.add(primitives.max_pool2d(primitives.conv2d(x, w), (2, 2), (2, 2)), b))
        total = primitives.batch_sum(primitives.reduce_sum(primitives.multiply(y, case.input(*y.shape)), (0, 1, 2)))
        for gradient in gradients(total, [w, x, b]):
            case.output(gradient)
        case.check(4e-6)


@on_every_target
@pytest.mark.parametrize("channels", [1, 5, 16, 35, 150])
def test_gates_and_sums_by_themselves(target, channels):
    case = Case()
    y, g = case.input(3, 5, channels), case.input(3, 5, channels)
    places = gate_places(pool_places(case.input(6, 10, channels), (2, 2), (2, 2)), y)
    case.output(placed_sum(places, g))
    case.check()
