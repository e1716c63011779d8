"""Places of maxima, and gradients of convolutions that come from them, against the dense definitions."""

import numpy as np
import pytest

from planish import primitives
from planish.primitives.conv2d_input_grad import conv2d_input_grad
from planish.primitives.conv2d_weight_grad import conv2d_weight_grad
from planish.primitives.max_pool2d_grad import max_pool2d_grad
from planish.primitives.pooling import pool_settings
from planish.primitives.rewritten.conv2d_pool_input_grad import Conv2DPoolInputGradSettings, conv2d_pool_input_grad
from planish.primitives.rewritten.conv2d_pool_weight_grad import Conv2DPoolWeightGradSettings, conv2d_pool_weight_grad
from planish.primitives.rewritten.gate_places import gate_places
from planish.primitives.rewritten.placed_sum import placed_sum
from planish.primitives.rewritten.pool_places import pool_places
from tests.primitives.support import compute, numbers

# (map, kernel, strides, padding, dilation, window, pool strides)
CASES = [
    ((8, 9, 3), (3, 3), (1, 1), ((0, 0), (0, 0)), (1, 1), (2, 2), (2, 2)),
    ((9, 8, 1), (2, 3), (1, 1), ((1, 0), (1, 2)), (1, 1), (2, 3), (2, 3)),
    ((9, 9, 2), (3, 3), (1, 1), ((1, 1), (1, 1)), (1, 1), (3, 3), (2, 2)),
    ((11, 10, 2), (3, 2), (2, 1), ((0, 1), (1, 0)), (1, 1), (2, 2), (2, 2)),
    ((12, 12, 1), (2, 2), (1, 1), ((0, 0), (0, 0)), (2, 3), (4, 4), (3, 4)),
    ((7, 7, 2), (1, 1), (1, 1), ((0, 0), (0, 0)), (1, 1), (1, 4), (1, 3)),
    ((5, 6, 2), (2, 3), (1, 1), ((0, 0), (0, 0)), (1, 1), (4, 4), (5, 5)),
]


def first_places(x, window, strides, extents):
    """The definition, window by window."""
    places = np.zeros((len(x), *extents, x.shape[3]), np.int8)
    for n, i, j, c in np.ndindex(places.shape):
        top, left = i * strides[0], j * strides[1]
        seen = x[n, top : top + window[0], left : left + window[1], c].ravel()
        places[n, i, j, c] = 0 if np.isnan(seen[0]) else int(np.flatnonzero(seen == np.nanmax(seen))[0])
    return places


@pytest.mark.parametrize(("shape", "window", "strides"), [((5, 7, 3), (2, 2), (2, 2)), ((6, 5, 2), (3, 2), (1, 2))])
def test_places_are_those_of_the_first_maxima(shape, window, strides):
    x = np.round(numbers(3, *shape))  # many are equal
    x[1, 2, 3] = np.nan
    node = pool_places(primitives.input_("x", shape), window, strides)
    places = compute(node, x=x)
    assert (node.type.dtype, places.dtype) == ("i8", np.int8)
    np.testing.assert_array_equal(places, first_places(x, window, strides, node.shape[:2]))
    assert places.max() < window[0] * window[1]


def both_ways(case, filters=5):
    """(kernel's gradient, map's gradient) from places, then the dense ones."""
    shape, kernel, strides, padding, dilation, window, pool_strides = case
    x, w = primitives.input_("x", shape), primitives.parameter("w", (*kernel, shape[2], filters))
    y = primitives.conv2d(x, w, strides, padding, dilation)
    pooled = primitives.max_pool2d(y, window, pool_strides)
    g = primitives.input_("g", pooled.shape)
    spread = max_pool2d_grad(y, g, pool_settings(window, pool_strides, ((0, 0), (0, 0))))
    places = pool_places(y, window, pool_strides)
    settings = {"strides": strides, "padding": padding, "dilation": dilation}
    pool = {"window": window, "pool_strides": pool_strides}
    sparse = (
        conv2d_pool_weight_grad(x, places, g, Conv2DPoolWeightGradSettings(kernel_shape=w.shape, **settings, **pool)),
        conv2d_pool_input_grad(places, g, w, Conv2DPoolInputGradSettings(input_shape=x.shape, **settings, **pool)),
    )
    dense = (conv2d_weight_grad(x, spread, w.shape, y.settings), conv2d_input_grad(spread, w, x.shape, y.settings))
    values = {"x": numbers(3, *shape), "w": numbers(*w.shape), "g": numbers(3, *pooled.shape)}
    return sparse, dense, values


@pytest.mark.parametrize("case", CASES)
def test_gradients_are_the_dense_ones(case):
    sparse, dense, values = both_ways(case)
    for found, expected in zip(sparse, dense, strict=True):
        needed = {name: values[name] for name in ("x", "w", "g")}
        np.testing.assert_allclose(compute(found, **needed), compute(expected, **needed), rtol=0, atol=1e-12)


def test_types_that_do_not_fit_are_refused():
    x, w = primitives.input_("x", (8, 8, 2)), primitives.parameter("w", (3, 3, 2, 4))
    places, g = pool_places(primitives.conv2d(x, w), (2, 2), (2, 2)), primitives.input_("g", (2, 2, 4))
    settings = {"strides": (1, 1), "padding": ((0, 0), (0, 0)), "dilation": (1, 1)}
    pool = {"window": (2, 2), "pool_strides": (2, 2)}
    with pytest.raises(ValueError, match="does not have the type of its pooled convolution"):
        conv2d_pool_weight_grad(x, places, g, Conv2DPoolWeightGradSettings(kernel_shape=w.shape, **settings, **pool))
    with pytest.raises(ValueError, match="does not have the type of its pooled convolution"):
        conv2d_pool_input_grad(g, g, w, Conv2DPoolInputGradSettings(input_shape=x.shape, **settings, **pool))
    with pytest.raises(ValueError, match="at most 127 pixels"):
        pool_places(primitives.input_("x", (12, 12, 1)), (12, 12), (1, 1))


def test_places_that_are_switched_off():
    x, y, g = primitives.input_("x", (4, 6, 3)), primitives.input_("y", (2, 3, 3)), primitives.input_("g", (2, 3, 3))
    places = pool_places(x, (2, 2), (2, 2))
    values = {"x": numbers(3, 4, 6, 3), "y": numbers(3, 2, 3, 3), "g": numbers(3, 2, 3, 3)}
    values["y"][0, 0, 0] = 0, np.nan, 1
    gated = compute(gate_places(places, y), **values)
    np.testing.assert_array_equal(gated, np.where(values["y"] > 0, compute(places, **values), -1))
    total = compute(placed_sum(gate_places(places, y), g), **values)
    np.testing.assert_allclose(total, np.where(values["y"] > 0, values["g"], 0).sum((0, 1, 2)))


@pytest.mark.parametrize("make", [gate_places, placed_sum])
def test_places_of_another_map(make):
    places = pool_places(primitives.input_("x", (4, 6, 3)), (2, 2), (2, 2))
    with pytest.raises(ValueError, match="places do not belong"):
        make(places, primitives.input_("g", (2, 3, 4)))
