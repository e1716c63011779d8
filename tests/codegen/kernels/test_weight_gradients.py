"""Gradients of convolutions, with respect to weights and to maps, beside the interpreter."""

import pytest

from planish import primitives
from planish.primitives.conv2d_input_grad import conv2d_input_grad
from planish.primitives.conv2d_weight_grad import conv2d_weight_grad
from tests.codegen.support import Case, on_every_target

# (kernel rows, kernel columns, strides, padding, dilation) on maps of 9 x 8
SETTINGS = [
    (3, 2, (2, 1), ((1, 1), (0, 1)), (1, 1)),
    (3, 3, (1, 1), ((1, 1), (1, 1)), (1, 1)),
    (2, 2, (1, 1), ((0, 0), (0, 0)), (2, 3)),
    (2, 3, (3, 2), ((0, 2), (2, 0)), (1, 2)),
    (1, 1, (2, 2), ((0, 0), (0, 0)), (1, 1)),
    (3, 3, (2, 2), ((0, 1), (1, 1)), (1, 1)),
    (2, 2, (3, 3), ((1, 0), (0, 0)), (1, 1)),
    (5, 4, (2, 3), ((2, 2), (3, 1)), (1, 1)),
]


def add_gradients(case, channels, filters, setting, groups=1):
    rows, columns, *settings = setting
    kernel = (rows, columns, channels // groups, filters)
    x = case.input(9, 8, channels)
    y = primitives.conv2d(x, case.weight(*kernel), *settings, groups)
    g = case.input(*y.shape)
    case.output(conv2d_weight_grad(x, g, kernel, y.settings))
    case.output(conv2d_input_grad(g, y.inputs[1], x.shape, y.settings))


@on_every_target
@pytest.mark.parametrize("setting", SETTINGS)
def test_settings(target, setting):
    case = Case()
    for channels, filters in ((1, 19), (3, 5), (17, 8)):
        add_gradients(case, channels, filters, setting)
    case.check()


@on_every_target
@pytest.mark.parametrize("filters", [1, 7, 16, 33])
def test_filters_that_straddle_vectors(target, filters):
    case = Case()
    for channels in (1, 8, 33):
        add_gradients(case, channels, filters, SETTINGS[1])
    case.check(4e-6)


@on_every_target
@pytest.mark.parametrize(("groups", "channels", "filters"), [(2, 4, 6), (3, 9, 33), (4, 4, 4), (2, 34, 34)])
def test_groups(target, groups, channels, filters):
    case = Case()
    add_gradients(case, channels, filters, SETTINGS[0], groups)
    add_gradients(case, channels, filters, SETTINGS[1], groups)
    case.check(4e-6)


@pytest.mark.parametrize("images", [1, 2, 33])
def test_batches(images):
    case = Case(images=images)
    add_gradients(case, 3, 9, SETTINGS[1])
    case.check(4e-6)
