"""Sums, means and maxima along axes, beside the interpreter."""

import numpy as np
import pytest

from planish import primitives
from tests.codegen.support import Case, on_every_target

OF_REDUCTIONS = ["reduce_any", "reduce_all", "count_nonzero", "logsumexp", "variance", "standard_deviation"]
AXES = [(0,), (1,), (2,), (0, 1), (0, 2), (1, 2), (0, 1, 2)]


@on_every_target
@pytest.mark.parametrize("last", [1, 7, 16, 33])
def test_of_an_image(target, last):
    case = Case()
    x = case.input(3, 5, last)
    for axes in AXES:
        case.output(primitives.reduce_sum(x, axes))
        case.output(primitives.reduce_mean(x, axes, True))
        case.output(primitives.reduce_max(x, axes))
        case.output(primitives.reduce_min(x, axes))
        case.output(primitives.reduce_prod(x, axes))
    case.check()


@on_every_target
@pytest.mark.parametrize("last", [1, 7, 16, 33])
def test_of_the_batch(target, last):
    case = Case(images=5)
    x = case.input(3, 5, last)
    for axes in ((), *AXES):
        case.output(primitives.batch_sum(x, axes))
        case.output(primitives.batch_max(x, axes))
        case.output(primitives.batch_min(x, axes))
    case.check()


@pytest.mark.parametrize("extent", [3, 8, 9, 15, 17, 31, 65, 130])
def test_vectors(extent):
    case = Case()
    x = case.input(extent)
    case.output(primitives.reduce_sum(x, (0,)))
    case.output(primitives.reduce_max(x, (0,)))
    case.output(primitives.reduce_max(primitives.reshape(x, (1, extent)), (0,)))
    case.output(primitives.reduce_min(x, (0,)))
    case.output(primitives.reduce_prod(x, (0,)))
    case.output(primitives.batch_max(x))
    case.output(primitives.batch_sum(primitives.square(x)))
    case.output(primitives.reduce_sum(case.weight(extent, 3), (0,)))
    case.check()


@on_every_target
@pytest.mark.parametrize("axes", [(0,), (1,), (0, 1)])
def test_nan_reaches_its_extremes_and_products(target, axes):
    for place in ((0, 0, 0), (0, 2, 5), (0, 4, 18)):
        values = np.ones((1, 5, 19), np.float32)
        values[place] = np.nan
        case = Case(images=1)
        x = case.input(5, 19, values=values)
        for function in (primitives.reduce_max, primitives.reduce_min, primitives.reduce_prod, primitives.batch_max):
            case.output(function(x, axes))
        case.check(None)


def test_maxima_of_minus_infinity():
    case = Case(images=1)
    x = case.input(5, 3, values=np.full((1, 5, 3), -np.inf, np.float32))
    for axes in ((0,), (1,), (0, 1)):
        case.output(primitives.reduce_max(x, axes))
    case.check(None)


@on_every_target
@pytest.mark.parametrize("channels", [1, 3, 16, 17, 33])
def test_sums_of_expressions(target, channels):
    case = Case()
    x, g = case.input(3, 5, channels), case.input(3, 5, channels)
    mean, scale = case.weight(channels), case.weight()
    case.output(primitives.batch_sum(primitives.square(primitives.subtract(x, mean)), (0, 1)))
    case.output(primitives.batch_sum(primitives.multiply(primitives.multiply(scale, g), x), (0, 1)))
    case.output(primitives.batch_sum(primitives.multiply(x, mean), (1,)))
    case.output(primitives.batch_sum(primitives.maximum(g, x)))
    case.check(1e-5)


@on_every_target
@pytest.mark.parametrize("channels", [1, 3, 16, 17, 33, 64, 70, 150])
def test_sums_of_expressions_over_an_image(target, channels):
    case = Case()
    x, g = case.input(3, 5, channels), case.input(3, 5, channels)
    own, scale, one = case.input(channels), case.weight(channels), case.input()
    for axes in ((0, 1), (0,), (1,)):
        deviation = primitives.multiply(primitives.squared_deviation(x, own), scale)
        case.output(primitives.reduce_sum(primitives.add(primitives.multiply(deviation, g), one), axes))
    case.check()


LONG = [(4097,), (70_001,), (300, 301), (130, 2), (5000, 3), (70, 65, 5)]


@on_every_target
@pytest.mark.parametrize("shape", LONG)
def test_long_sums_go_by_blocks(target, shape):
    case = Case(images=2)
    x = case.input(*shape, values=np.random.default_rng(0).random((2, *shape), np.float32))
    every = tuple(range(len(shape)))
    for axes in {every, every[:1], every[-1:]}:
        case.output(primitives.reduce_sum(x, axes))
        case.output(primitives.reduce_max(x, axes))
        case.output(primitives.batch_sum(x, axes))
    case.check()


@pytest.mark.parametrize("images", [1, 63, 64, 65, 200, 5000])
def test_batches_go_by_blocks(images):
    case = Case(images=images)
    for extent in (1, 3):
        values = np.random.default_rng(0).random((images, extent), np.float32)
        x = case.input(extent, values=values)
        case.output(primitives.batch_sum(x))
        case.output(primitives.batch_max(x))
    case.check()


def test_a_sum_of_a_million_numbers_is_nearly_exact():
    """None of them negative: errors do not hide among large terms of both signs."""
    values = np.random.default_rng(0).random((1, 1_000_000), np.float32)
    for shape in [(1_000_000,), (1000, 1000), (500_000, 2)]:
        case = Case(images=1)
        x = case.input(*shape, values=values.reshape(1, *shape))
        case.output(primitives.reduce_sum(x, range(len(shape))), "sum")
        assert case.computed()["sum"][0] == pytest.approx(values.sum(dtype=np.float64), rel=3e-7)


def test_a_sum_over_a_hundred_thousand_images_is_nearly_exact():
    values = np.random.default_rng(0).random((100_000, 3), np.float32)
    case = Case(images=100_000)
    case.output(primitives.batch_sum(case.input(3, values=values)), "sum")
    np.testing.assert_allclose(case.computed()["sum"], values.sum(axis=0, dtype=np.float64), rtol=3e-7)


@on_every_target
@pytest.mark.parametrize("last", [1, 7, 33])
def test_what_is_made_of_reductions(target, last):
    case = Case()
    x = case.input(3, 5, last)
    for axes in ((0,), (1, 2), (2,)):
        for name in OF_REDUCTIONS:
            case.output(getattr(primitives, name)(x, axes, True))
        case.output(primitives.softmax_along(x, axes))
        case.output(primitives.log_softmax_along(x, axes))
    case.check()
