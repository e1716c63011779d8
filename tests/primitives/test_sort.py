"""Sorting along an axis, and the largest numbers."""

import numpy as np
import pytest

from planish import primitives
from tests.primitives.support import check_gradients, compute, numbers


@pytest.mark.parametrize("axis", [0, 1, 2, -1])
def test_values(axis):
    x = np.round(numbers(3, 2, 4, 5), 1)
    node, along = primitives.input_("x", (2, 4, 5)), axis + 1 if axis >= 0 else axis
    assert compute(primitives.sort(node, axis), x=x).tolist() == np.sort(x, along).tolist()
    expected = np.argsort(x, along, kind="stable")
    assert compute(primitives.argsort(node, axis), x=x).tolist() == expected.tolist()


@pytest.mark.parametrize("k", [1, 3, 5])
def test_the_largest(k):
    x = np.array([[3.0, 1, 3, np.nan, 2], [-1, -2, -1, -1, -3], [0.0, -0.0, 0.0, 5, -np.inf]])
    values, places = primitives.top_k(primitives.input_("x", (5,)), k)
    expected = np.array([[0, 2, 4, 1, 3], [0, 2, 3, 1, 4], [3, 0, 1, 2, 4]])[:, :k]
    assert compute(places, x=x).tolist() == expected.tolist()
    np.testing.assert_array_equal(compute(values, x=x), np.take_along_axis(x, expected, 1))


def test_gradients():
    check_gradients(lambda x: primitives.square(primitives.sort(x, 0)), [numbers(3, 4, 2)])
    check_gradients(lambda x: primitives.square(primitives.top_k(x, 2)[0]), [numbers(3, 2, 4)])


@pytest.mark.parametrize("k", [0, 6])
def test_there_are_as_many_numbers_as_are_wanted(k):
    with pytest.raises(ValueError, match="not that many numbers to sort"):
        primitives.top_k(primitives.input_("x", (5,)), k)
