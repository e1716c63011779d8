"""Softmax and its logarithm."""

import math

import numpy as np
import pytest

from planish import primitives
from tests.primitives.support import check_gradients, compute, numbers

FUNCTIONS = {"softmax": lambda p: p, "log_softmax": math.log}


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("shape", [(1,), (7,), (2, 3), (2, 1, 5)])
def test_values(name, shape):
    x = 3 * numbers(3, *shape)
    y = compute(getattr(primitives, name)(primitives.input_("x", shape)), x=x)
    for place in np.ndindex(x.shape):
        share = math.exp(x[place]) / math.fsum(math.exp(value) for value in x[place[:-1]])
        assert math.isclose(y[place], FUNCTIONS[name](share), rel_tol=1e-12, abs_tol=1e-13)


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("shape", [(1,), (5,), (2, 3)])
def test_gradients(name, shape):
    check_gradients(getattr(primitives, name), [numbers(3, *shape)])
    check_gradients(getattr(primitives, name), [numbers(*shape)], [False])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_large_values_do_not_overflow(dtype):
    x = np.array([[1e4, 1e4 + 1, -1e4]])
    node = primitives.input_("x", (3,))
    shares = [1 / (1 + math.e), math.e / (1 + math.e), 0]
    np.testing.assert_allclose(compute(primitives.softmax(node), dtype, 1, x=x), [shares], rtol=1e-6)
    logarithms = [-math.log(1 + math.e), 1 - math.log(1 + math.e), -2e4 - math.log(1 + math.e)]
    np.testing.assert_allclose(compute(primitives.log_softmax(node), dtype, 1, x=x), [logarithms], rtol=1e-5)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_nan_spreads_in_its_own_row_only(name):
    y = compute(
        getattr(primitives, name)(primitives.input_("x", (2,))), batch_size=2, x=np.array([[1, np.nan], [1, 2]])
    )
    assert np.isnan(y).tolist() == [[True, True], [False, False]]


def test_minus_infinity_is_a_share_of_nothing():
    y = compute(primitives.softmax(primitives.input_("x", (3,))), batch_size=1, x=np.array([[0.0, -np.inf, 0.0]]))
    assert y.tolist() == [[0.5, 0, 0.5]]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_what_has_no_axis_or_no_values_is_refused(name):
    with pytest.raises(ValueError, match="needs an axis"):
        getattr(primitives, name)(primitives.input_("x", ()))
    with pytest.raises(ValueError, match="one_hot"):
        getattr(primitives, name)(primitives.input_("x", (2,), "i32"))
