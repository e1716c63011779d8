"""Places of the largest and the smallest numbers."""

import numpy as np
import pytest

from planish import primitives
from planish.autodiff import gradients
from tests.primitives.support import compute, numbers

FUNCTIONS = ["argmax", "argmin"]


def by_numpy(name, x, axis, keepdims=False):
    return getattr(np, name)(x, axis + 1 if axis >= 0 else axis, keepdims=keepdims)


@pytest.mark.parametrize("axis", [0, 1, 2, -1])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_values(name, axis):
    x = np.round(numbers(3, 2, 4, 5), 0)
    node = primitives.input_("x", (2, 4, 5))
    for keepdims in (False, True):
        found = compute(getattr(primitives, name)(node, axis, keepdims), x=x)
        assert found.tolist() == by_numpy(name, x, axis, keepdims).tolist()


def test_places_have_no_gradient():
    x = primitives.input_("x", (3,))
    (gradient,) = gradients(primitives.argmax(x, 0), [x])
    assert not compute(gradient, x=numbers(3, 3)).any()


def test_an_axis_is_not_longer_than_places_can_be_numbered():
    with pytest.raises(ValueError, match="16777216 entries or fewer"):
        primitives.argmax(primitives.input_("x", (2**24 + 1,)), 0)
