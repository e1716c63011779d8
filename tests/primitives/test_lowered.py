"""Operations on packed weights give what the plain ones give."""

import numpy as np
import pytest

from planish import primitives
from planish.primitives.registry import make
from planish.primitives.reshape import reshape
from planish.primitives.rewritten.conv2d_panels import Conv2DPanelsSettings
from planish.primitives.rewritten.conv2d_winograd import Conv2DWinogradSettings
from planish.primitives.rewritten.dense_panels import dense_panels
from planish.primitives.rewritten.not_finite import not_finite
from planish.primitives.rewritten.pack_panels import pack_panels
from planish.primitives.rewritten.pack_winograd import pack_winograd
from planish.primitives.transpose import transpose
from tests.primitives.support import compute, numbers

PLAIN = {"strides": (1, 1), "dilation": (1, 1), "groups": 1}


@pytest.mark.parametrize("shape", [(6,), (3, 2, 6)])
def test_dense(shape):
    x, w = numbers(3, *shape), numbers(6, 7, seed=1)
    node = dense_panels(
        primitives.input_("x", shape), pack_panels(primitives.parameter("w", w.shape), (1, 1), 4), 7, (1, 1), 4
    )
    np.testing.assert_allclose(compute(node, x=x, w=w), x @ w, rtol=1e-12)
    listed = make("dense_panels_listed", [*node.inputs, not_finite(node.inputs[1])], node.settings)
    if len(shape) == 1:
        np.testing.assert_allclose(compute(listed, x=x, w=w), x @ w, rtol=1e-12)
    as_they_are = dense_panels(
        primitives.input_("x", shape), primitives.parameter("w", w.shape), 7, (1, 1), 4, packed=False
    )
    np.testing.assert_allclose(compute(as_they_are, x=x, w=w), x @ w, rtol=1e-12)


@pytest.mark.parametrize("value", [1.0, 1e300, np.nan, np.inf, -np.inf])
def test_whether_anything_is_not_finite(value):
    weights = numbers(3, 4)
    weights[2, 1] = value
    (flag,) = compute(not_finite(primitives.parameter("w", (3, 4))), w=weights)
    assert flag == 0 if np.isfinite(value) else np.isnan(flag)


def pooled(node, window):
    return node if window == (1, 1) else primitives.max_pool2d(node, window, window)


@pytest.mark.parametrize("window", [(1, 1), (2, 2), (3, 1)])
@pytest.mark.parametrize(
    "settings", [{}, {"strides": (2, 1)}, {"dilation": (1, 2)}, {"groups": 2}, {"groups": 2, "strides": (1, 2)}]
)
def test_conv2d(window, settings):
    settings = {**PLAIN, **settings}
    groups = settings["groups"]
    x, w = numbers(3, 9, 8, 4), numbers(3, 2, 4 // groups, 6, seed=1)
    source, weights = primitives.input_("x", (9, 8, 4)), primitives.parameter("w", w.shape)
    depth = 6 * (4 // groups)
    matrices = transpose(reshape(weights, (depth, groups, 6 // groups)), (1, 0, 2))
    chosen = Conv2DPanelsSettings(**settings, kernel_shape=w.shape, window=window, panels=(1, 1), lanes=4)
    node = make("conv2d_panels", [source, pack_panels(matrices, (1, 1), 4)], chosen)
    expected = compute(pooled(primitives.conv2d(source, weights, **settings), window), x=x, w=w)
    np.testing.assert_allclose(compute(node, x=x, w=w), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("tile", "stride"), [(2, 1), (4, 1), (2, 2), (3, 2)])
@pytest.mark.parametrize("window", [(1, 1), (2, 2), (1, 2)])
@pytest.mark.parametrize(("rows", "columns"), [(5, 5), (6, 5), (6, 7), (9, 5), (13, 10)])
def test_winograd(tile, stride, window, rows, columns):
    x, w = numbers(3, rows, columns, 2), numbers(3, 3, 2, 5, seed=1)
    source, weights = primitives.input_("x", (rows, columns, 2)), primitives.parameter("w", w.shape)
    chosen = Conv2DWinogradSettings(kernel_shape=w.shape, window=window, tile=tile, stride=stride, panels=(2,), lanes=4)
    node = make("conv2d_winograd", [source, pack_winograd(weights, tile, (2,), 4, stride=stride)], chosen)
    expected = compute(pooled(primitives.conv2d(source, weights, strides=(stride, stride)), window), x=x, w=w)
    np.testing.assert_allclose(compute(node, x=x, w=w), expected, rtol=1e-11, atol=1e-11)
