"""What is made of reductions, beside NumPy."""

import itertools
import math

import numpy as np
import pytest

from planish import primitives
from planish.autodiff import gradients
from tests.primitives.support import check_gradients, compute, numbers

MEANINGS = {
    "reduce_any": np.any,
    "reduce_all": np.all,
    "count_nonzero": np.count_nonzero,
    "logsumexp": lambda x, axis, keepdims: np.log(np.sum(np.exp(x), axis=axis, keepdims=keepdims)),
    "variance": np.var,
    "standard_deviation": np.std,
}
SMOOTH = ["logsumexp", "variance", "standard_deviation"]
AXES = [axes for count in range(1, 4) for axes in itertools.combinations(range(3), count)]


@pytest.mark.parametrize("axes", AXES)
@pytest.mark.parametrize("name", MEANINGS)
def test_values(name, axes):
    x = numbers(3, 2, 3, 5)
    if name not in SMOOTH:
        x = np.round(x)
    node = primitives.input_("x", (2, 3, 5))
    for keepdims in (False, True):
        expected = MEANINGS[name](x, axis=tuple(axis + 1 for axis in axes), keepdims=keepdims)
        found = compute(getattr(primitives, name)(node, axes, keepdims), x=x)
        np.testing.assert_allclose(found, expected.astype(float), rtol=1e-12)


@pytest.mark.parametrize("name", SMOOTH)
def test_gradients(name):
    check_gradients(lambda x: getattr(primitives, name)(x, (0, 2)), [numbers(3, 2, 3, 4)])


@pytest.mark.parametrize("axes", [(0,), (1,), (0, 2), (0, 1, 2), (-2,)])
def test_softmax_along_axes(axes):
    x = numbers(3, 2, 3, 4)
    node, every = primitives.input_("x", (2, 3, 4)), tuple(axis + 1 if axis >= 0 else axis for axis in axes)
    weights = np.exp(x) / np.exp(x).sum(every, keepdims=True)
    np.testing.assert_allclose(compute(primitives.softmax_along(node, axes), x=x), weights, rtol=1e-12)
    np.testing.assert_allclose(compute(primitives.log_softmax_along(node, axes), x=x), np.log(weights), rtol=1e-11)
    check_gradients(lambda node: primitives.softmax_along(node, axes), [x])


def test_logsumexp_does_not_overflow():
    x = np.array([[1e4, 1e4], [-np.inf, -np.inf], [np.inf, 0], [-np.inf, 3], [np.nan, 1]])
    found = compute(primitives.logsumexp(primitives.input_("x", (2,)), (0,)), batch_size=5, x=x)
    np.testing.assert_allclose(found, [1e4 + math.log(2), -np.inf, np.inf, 3, np.nan], rtol=1e-12)


def test_gradients_stop():
    x = primitives.input_("x", ())
    y = primitives.multiply(primitives.stop_gradient(primitives.square(x)), x)
    (gradient,) = gradients(y, [x])
    assert compute(y, x=np.array([1.0, 2, 3])).tolist() == [1, 8, 27]
    assert compute(gradient, x=np.array([1.0, 2, 3])).tolist() == [1, 4, 9]
