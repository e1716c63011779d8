"""Pools and their gradients, beside the interpreter."""

import numpy as np
import pytest

from planish import primitives
from planish.primitives.average_pool2d_grad import average_pool2d_grad
from planish.primitives.max_pool2d_grad import max_pool2d_grad
from planish.primitives.pooling import pool_settings
from tests.codegen.support import Case, on_every_target

# (window, strides, padding) on maps of 7 x 6: windows that touch, overlap, leave gaps, reach over the border
SETTINGS = [
    ((2, 2), (2, 2), ((0, 0), (0, 0))),
    ((3, 2), (1, 1), ((0, 0), (0, 0))),
    ((2, 1), (3, 2), ((0, 0), (0, 0))),
    ((3, 3), (2, 2), ((1, 1), (0, 1))),
    ((3, 2), (1, 1), ((2, 1), (1, 0))),
    ((7, 6), (1, 1), ((0, 0), (0, 0))),
]
CHANNELS = (1, 3, 8, 17, 33)


@on_every_target
@pytest.mark.parametrize("settings", SETTINGS)
def test_pools(target, settings):
    maxima, averages = Case(), Case()
    for channels in CHANNELS:
        maxima.output(primitives.max_pool2d(maxima.input(7, 6, channels), *settings))
        averages.output(primitives.average_pool2d(averages.input(7, 6, channels), *settings))
    maxima.check(None)
    averages.output(primitives.relu(primitives.average_pool2d(averages.input(7, 6, 5), *settings)))
    averages.check()


@on_every_target
@pytest.mark.parametrize("settings", SETTINGS)
def test_gradients(target, settings):
    case = Case()
    for channels in CHANNELS:
        # small whole numbers, so that many maxima are equal
        values = case.generator.integers(0, 3, (3, 7, 6, channels)).astype(np.float32)
        x = case.input(7, 6, channels, values=values)
        y = primitives.max_pool2d(x, *settings)
        g = case.input(*y.shape)
        case.output(max_pool2d_grad(x, g, y.settings))
        case.output(average_pool2d_grad(g, x.shape, y.settings))
    case.check()


@on_every_target
def test_nan_reaches_every_window_that_sees_it(target):
    values = np.zeros((1, 4, 6, 19), np.float32)
    values[0, 1, 1, :] = np.nan
    values[0, 2, 4, 3] = np.nan
    case = Case(images=1)
    x = case.input(4, 6, 19, values=values)
    for window, strides in (((2, 2), (2, 2)), ((2, 2), (1, 1)), ((3, 3), (1, 1))):
        case.output(primitives.max_pool2d(x, window, strides))
        case.output(primitives.average_pool2d(x, window, strides))
    case.check()


@on_every_target
def test_gradient_where_a_maximum_is_nan(target):
    values = np.zeros((1, 4, 4, 3), np.float32)
    values[0, 0, 1] = values[0, 3, 2] = np.nan
    case = Case(images=1)
    x = case.input(4, 4, 3, values=values)
    case.output(max_pool2d_grad(x, case.input(2, 2, 3), pool_settings((2, 2), (2, 2), ((0, 0), (0, 0)))))
    case.check()


@on_every_target
@pytest.mark.parametrize("settings", [*SETTINGS, ((3, 5), (3, 5), ((0, 0), (0, 0)))])
@pytest.mark.parametrize("channels", [1, 3, 7, 12, 17, 33])
def test_tails_of_averages_gradients(target, settings, channels):
    case = Case(images=2)
    x = case.input(13, 19, channels)
    y = primitives.average_pool2d(x, *settings)
    g = [case.input(*y.shape) for _ in range(3)]
    gradients = [average_pool2d_grad(each, x.shape, y.settings) for each in g]
    case.output(gradients[0])
    case.output(primitives.multiply(gradients[1], primitives.subtract(1.0, primitives.square(x))))
    case.output(primitives.multiply(primitives.add(gradients[2], case.weight(channels)), x))
    case.check()
