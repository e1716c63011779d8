"""The squared distance from a mean, and why its gradient may leave the mean out."""

import numpy as np

from planish import primitives
from planish.autodiff import gradients
from tests.primitives.support import compute, numbers


def variance(x, deviation):
    count = primitives.multiply(primitives.batch_size(), 20.0)
    mean = primitives.divide(primitives.batch_sum(x, (0, 1)), count)
    return primitives.divide(primitives.batch_sum(deviation(x, mean), (0, 1)), count)


def plain(x, mean):
    return primitives.square(primitives.subtract(x, mean))


def test_value_and_gradient_are_those_of_the_pieces():
    x = primitives.input_("x", (4, 5, 3))
    values = numbers(3, 4, 5, 3) + 2.0
    for weight in ([1.0, 1.0, 1.0], [0.5, -2.0, 3.0]):
        found, expected = (variance(x, deviation) for deviation in (primitives.squared_deviation, plain))
        np.testing.assert_allclose(compute(found, x=values), values.var(axis=(0, 1, 2)), rtol=1e-12)
        weights = primitives.parameter("w", (3,))
        slopes = [
            gradients(primitives.reduce_sum(primitives.multiply(y, weights), (0,)), [x])[0] for y in (found, expected)
        ]  # fmt: skip
        one, other = (compute(slope, x=values, w=np.array(weight)) for slope in slopes)
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-14)
