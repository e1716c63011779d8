"""A list of values of the whole batch, such as a model's losses, is a value with an axis more."""

import numpy as np
import pytest

from planish import ops
from planish.layers import Input, Lambda
from planish.models import Sequential


def outcome(function):
    return Sequential([Input((3,)), Lambda(function)]).predict(np.arange(6.0).reshape(2, 3), verbose=0)


def test_scalars_of_the_batch_are_added_up():
    found = outcome(lambda x: x * 0.0 + ops.sum([ops.mean(x), ops.sum(x), 1.0]))
    np.testing.assert_allclose(found, np.full((2, 3), 2.5 + 15.0 + 1.0))


def test_values_of_each_image_are_refused_with_the_way():
    with pytest.raises(ValueError, match=r"a list of values of each image is not a value(.|\n)*ops.stack"):
        outcome(lambda x: ops.sum([x, x]))
