"""Running sums and products, and linear recurrences."""

import numpy as np
import pytest

from planish import primitives
from planish.autodiff import gradients
from tests.primitives.support import check_gradients, compute, numbers

NAMES = ["cumsum", "cumprod"]


def by_numpy(name, x, axis, reverse):
    turned = np.flip(x, axis) if reverse else x
    result = getattr(np, name)(turned, axis)
    return np.flip(result, axis) if reverse else result


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("name", NAMES)
def test_values(name, axis, reverse):
    x = numbers(3, 2, 4, 1)
    found = compute(getattr(primitives, name)(primitives.input_("x", (2, 4, 1)), axis, reverse), x=x)
    np.testing.assert_allclose(found, by_numpy(name, x, axis + 1, reverse), rtol=1e-12)
    check_gradients(lambda node: getattr(primitives, name)(node, axis, reverse), [x])


@pytest.mark.parametrize("reverse", [False, True])
def test_linear_recurrences(reverse):
    a, b = numbers(3, 5, 2), numbers(3, 5, 2, seed=1)
    nodes = primitives.input_("a", (5, 2)), primitives.input_("b", (5, 2))
    found = compute(primitives.linear_scan(*nodes, 0, reverse), a=a, b=b)
    expected, before = np.zeros_like(b), np.zeros((3, 2))
    for place in range(5)[:: -1 if reverse else 1]:
        before = a[:, place] * before + b[:, place]
        expected[:, place] = before
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    check_gradients(lambda x, y: primitives.linear_scan(x, y, 0, reverse), [a, b])


def test_products_with_zeros_have_gradients():
    x = primitives.input_("x", (3,))
    (gradient,) = gradients(primitives.reduce_sum(primitives.cumprod(x, 0), (0,)), [x])
    values = np.array([[0.0, 3.0, 4.0], [2.0, 0.0, 5.0], [0.0, 0.0, 1.0]])
    assert compute(gradient, x=values).tolist() == [[16, 0, 0], [1, 12, 0], [1, 0, 0]]
