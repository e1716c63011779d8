"""normalize."""

import numpy as np
import pytest

from planish.utils import normalize


@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("order", [1, 2, np.inf])
def test_vectors_have_norm_one(axis, order):
    x = np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32)
    result = normalize(x, axis, order)
    assert result.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(result, order, axis), 1, rtol=1e-6)
    np.testing.assert_allclose(result * np.linalg.norm(x, order, axis, keepdims=True), x, rtol=1e-5)


def test_zeros_stay_zeros():
    np.testing.assert_array_equal(normalize(np.zeros((2, 3))), np.zeros((2, 3)))


def test_integers_become_floats():
    result = normalize(np.array([3, 4], np.uint8))
    assert result.dtype == np.float64
    np.testing.assert_allclose(result, [0.6, 0.8])
