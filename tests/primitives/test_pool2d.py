"""Maximum and average over windows, and their gradients, against definitions window by window."""

import math

import numpy as np
import pytest

from planish import primitives
from planish.autodiff import gradients
from planish.graph.node import layer_scope
from planish.primitives.average_pool2d_grad import average_pool2d_grad
from planish.primitives.max_pool2d_grad import max_pool2d_grad
from planish.primitives.pooling import pool_settings
from tests.primitives.support import check_gradients, compute, numbers

# (map, window, strides, padding): windows that touch, overlap, leave gaps and rests, reach over the border
CASES = [
    ((4, 6, 2), (2, 2), (2, 2), ((0, 0), (0, 0))),
    ((5, 7, 3), (2, 3), (2, 3), ((0, 0), (0, 0))),
    ((5, 6, 1), (3, 2), (1, 1), ((0, 0), (0, 0))),
    ((7, 6, 2), (2, 1), (3, 2), ((0, 0), (0, 0))),
    ((5, 5, 2), (3, 3), (2, 2), ((1, 1), (0, 1))),
    ((4, 3, 1), (3, 2), (1, 1), ((2, 1), (1, 0))),
    ((1, 1, 2), (2, 2), (1, 1), ((0, 1), (1, 0))),
    ((3, 4, 2), (3, 4), (1, 1), ((0, 0), (0, 0))),
    ((3, 3, 1), (1, 1), (2, 2), ((0, 0), (0, 0))),
]
POOLS = {"max_pool2d": np.max, "average_pool2d": np.mean}


def windows(shape, window, strides, padding):
    """For each place of the result the places of its window that are in the map, row by row."""
    rows, columns = ((shape[axis] + sum(padding[axis]) - window[axis]) // strides[axis] + 1 for axis in (0, 1))
    for i, j in np.ndindex(rows, columns):
        top, left = i * strides[0] - padding[0][0], j * strides[1] - padding[1][0]
        places = [(top + a, left + b) for a, b in np.ndindex(*window)]
        yield (i, j), [(a, b) for a, b in places if 0 <= a < shape[0] and 0 <= b < shape[1]]


@pytest.mark.parametrize("name", POOLS)
@pytest.mark.parametrize(("shape", "window", "strides", "padding"), CASES)
def test_values(name, shape, window, strides, padding):
    x = numbers(3, *shape) - 3.0  # mostly below zero: a border of zeros would win
    y = compute(getattr(primitives, name)(primitives.input_("x", shape), window, strides, padding), x=x)
    for (i, j), places in windows(shape, window, strides, padding):
        expected = POOLS[name](np.stack([x[:, a, b] for a, b in places]), axis=0)
        np.testing.assert_allclose(y[:, i, j], expected, rtol=1e-12)


@pytest.mark.parametrize("name", POOLS)
@pytest.mark.parametrize(("shape", "window", "strides", "padding"), CASES)
def test_gradients(name, shape, window, strides, padding):
    check_gradients(lambda x: getattr(primitives, name)(x, window, strides, padding), [numbers(3, *shape)])


def first_maximum_gradient(x, g, window, strides, padding):
    """Of the places of a window, row by row, the first one that no other exceeds gets its gradient. NaN exceeds none,
    but where a window begins with it."""
    dx = np.zeros_like(x)
    for (i, j), places in windows(x.shape[1:3], window, strides, padding):
        for n, c in np.ndindex(len(x), x.shape[3]):
            seen = [x[n, a, b, c] for a, b in places]
            begins = (i * strides[0] - padding[0][0], j * strides[1] - padding[1][0]) == places[0]
            numbers_ = [-math.inf if np.isnan(value) else value for value in seen]
            where = 0 if begins and np.isnan(seen[0]) else numbers_.index(max(numbers_))
            dx[(n, *places[where], c)] += g[n, i, j, c]
    return dx


@pytest.mark.parametrize(("shape", "window", "strides", "padding"), CASES)
@pytest.mark.parametrize("with_nan", [False, True])
def test_of_equal_maxima_the_first_gets_the_gradient(shape, window, strides, padding, with_nan):
    x = np.random.default_rng(3).integers(0, 3, (3, *shape)).astype(np.float64)
    if with_nan:
        x[np.random.default_rng(4).random(x.shape) < 0.2] = np.nan
    node = primitives.max_pool2d(primitives.input_("x", shape), window, strides, padding)
    g = numbers(3, *node.shape)
    (gradient,) = gradients(
        primitives.batch_sum(primitives.multiply(node, primitives.input_("g", node.shape)), (0, 1, 2)), [node.inputs[0]]
    )
    expected = first_maximum_gradient(x, g, window, strides, padding)
    np.testing.assert_allclose(compute(gradient, x=x, g=g), expected, rtol=1e-12, atol=1e-12)


def test_a_map_of_minus_infinity():
    x = np.full((1, 2, 2, 1), -np.inf)
    node = primitives.max_pool2d(primitives.input_("x", (2, 2, 1)), (2, 2), (1, 1), ((1, 0), (1, 0)))
    assert (compute(node, batch_size=1, x=x) == -np.inf).all()
    (gradient,) = gradients(primitives.batch_sum(node, (0, 1, 2)), [node.inputs[0]])
    assert compute(gradient, batch_size=1, x=x)[0, :, :, 0].tolist() == [[4, 0], [0, 0]]


@pytest.mark.parametrize("name", POOLS)
def test_nan_reaches_every_window_that_sees_it(name):
    x = np.zeros((1, 4, 4, 1))
    x[0, 1, 1, 0] = np.nan
    y = compute(getattr(primitives, name)(primitives.input_("x", (4, 4, 1)), (2, 2), (1, 1)), batch_size=1, x=x)
    assert np.isnan(y[0, :, :, 0]).tolist() == [[True, True, False], [True, True, False], [False, False, False]]


@pytest.mark.parametrize("name", POOLS)
def test_float32_stays_float32(name):
    node = getattr(primitives, name)(primitives.input_("x", (3, 3, 1)), (2, 2), (1, 1), ((1, 0), (1, 0)))
    assert (compute(node, np.float32, x=np.ones((3, 3, 3, 1))) == 1).all()
    (gradient,) = gradients(primitives.batch_sum(node, (0, 1, 2)), [node.inputs[0]])
    assert compute(gradient, np.float32, x=np.ones((3, 3, 3, 1))).dtype == np.float32


@pytest.mark.parametrize("name", POOLS)
@pytest.mark.parametrize(
    ("shape", "settings", "message"),
    [
        ((1, 4, 2), ((2, 2), (2, 2)), r"larger than the map[\s\S]*at least 2 rows[\s\S]*1 rows \(a map of 1x4"),
        ((4, 4), ((2, 2), (2, 2)), "takes a map"),
        ((4, 4, 1), ((0, 2), (2, 2)), "impossible sizes"),
        ((4, 4, 1), ((2, 2), (0, 2)), "impossible sizes"),
        ((4, 4, 1), ((2, 2), (2, 2), ((2, 0), (0, 0))), "nothing but padding"),
        ((4, 4, 1), ((2, 2), (2, 2), ((0, 0), (0, 2))), "nothing but padding"),
    ],
)
def test_impossible_shapes(name, shape, settings, message):
    with layer_scope("pool_3"), pytest.raises(ValueError, match=rf"pool_3: [\s\S]*{message}"):
        getattr(primitives, name)(primitives.input_("x", shape), *settings)


def test_gradient_operations_check_the_gradient():
    x, g = primitives.input_("x", (4, 4, 1)), primitives.input_("g", (3, 3, 1))
    settings = pool_settings((2, 2), (2, 2), ((0, 0), (0, 0)))
    with pytest.raises(ValueError, match=r"type of its pool[\s\S]*N,2,2,1"):
        max_pool2d_grad(x, g, settings)
    with pytest.raises(ValueError, match="type of its pool"):
        average_pool2d_grad(g, x.shape, settings)
