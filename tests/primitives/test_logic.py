"""Comparisons and conditions, which give 1 or 0."""

import math

import numpy as np
import pytest

from planish import primitives
from planish.autodiff import gradients
from tests.codegen.support import Case
from tests.primitives.support import compute

NAN, INF = math.nan, math.inf
VALUES = np.array([NAN, INF, -INF, 0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.5, -2.5, 1e10, -1e10])
OF_TWO = ["less", "less_equal", "not_equal", "logical_and", "logical_or", "logical_xor"]
OF_ONE = ["logical_not", "isnan", "isinf", "isfinite", "ceil", "trunc"]


def pairs():
    return np.repeat(VALUES, len(VALUES)), np.tile(VALUES, len(VALUES))


@pytest.mark.parametrize("name", OF_TWO)
def test_of_two_operands(name):
    a, b = pairs()
    node = getattr(primitives, name)(primitives.input_("a", ()), primitives.input_("b", ()))
    assert compute(node, batch_size=len(a), a=a, b=b).tolist() == getattr(np, name)(a, b).astype(float).tolist()


@pytest.mark.parametrize("name", OF_ONE)
def test_of_one_operand(name):
    node = getattr(primitives, name)(primitives.input_("x", ()))
    found = compute(node, batch_size=len(VALUES), x=VALUES)
    expected = getattr(np, name)(VALUES).astype(float)
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(np.signbit(found[1:]), np.signbit(expected[1:]))


def test_compiled():
    a, b = (values.astype(np.float32)[None] for values in pairs())
    case = Case(images=1)
    x, y = case.input(a.shape[1], values=a), case.input(a.shape[1], values=b)
    for name in OF_TWO:
        case.output(getattr(primitives, name)(x, y), name)
    for name in OF_ONE:
        case.output(getattr(primitives, name)(x), name)
    case.check(None)


@pytest.mark.parametrize("name", OF_ONE)
def test_they_have_no_gradient(name):
    x = primitives.input_("x", ())
    (gradient,) = gradients(getattr(primitives, name)(x), [x])
    assert not compute(gradient, batch_size=2, x=np.array([0.5, -1.5])).any()
