"""Labels as numbers to compute with."""

import numpy as np
import pytest

from planish import primitives
from planish.autodiff import gradients
from tests.primitives.support import compute

LABELS = np.array([[0, -3], [2**24, 7], [-(2**24), 1]], np.int32)


def test_values():
    labels = primitives.input_("labels", (2,), "i32")
    y = primitives.multiply(primitives.as_floats(labels), 0.5)
    assert compute(y, labels=LABELS).tolist() == (LABELS / 2).tolist()


def test_numbers_stay_as_they_are():
    x = primitives.input_("x", (2,))
    assert primitives.as_floats(x) is x


def test_they_have_no_gradient():
    labels, x = primitives.input_("labels", (2,), "i32"), primitives.input_("x", (2,))
    (gradient,) = gradients(primitives.reduce_sum(primitives.multiply(primitives.as_floats(labels), x), (0,)), [x])
    assert compute(gradient, labels=LABELS, x=np.ones((3, 2))).tolist() == LABELS.tolist()


def test_only_whole_numbers_are_converted():
    with pytest.raises(ValueError, match="as_floats takes whole numbers"):
        primitives.registry.make("as_floats", [primitives.input_("x", (2,))])
