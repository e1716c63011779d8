"""The squared distance from a mean, and why its gradient may leave the mean out."""

import numpy as np

from planish import ops
from planish.autodiff import gradients
from tests.ops.support import compute, numbers


def variance(x, deviation):
    count = ops.multiply(ops.batch_size(), 20.0)
    mean = ops.divide(ops.batch_sum(x, (0, 1)), count)
    return ops.divide(ops.batch_sum(deviation(x, mean), (0, 1)), count)


def plain(x, mean):
    return ops.square(ops.subtract(x, mean))


def test_value_and_gradient_are_those_of_the_pieces():
    x = ops.input_("x", (4, 5, 3))
    values = numbers(3, 4, 5, 3) + 2.0
    for weight in ([1.0, 1.0, 1.0], [0.5, -2.0, 3.0]):
        found, expected = (variance(x, deviation) for deviation in (ops.squared_deviation, plain))
        np.testing.assert_allclose(compute(found, x=values), values.var(axis=(0, 1, 2)), rtol=1e-12)
        weights = ops.parameter("w", (3,))
        slopes = [
            gradients(ops.reduce_sum(ops.multiply(y, weights), (0,)), [x])[0] for y in (found, expected)
        ]  # fmt: skip
        one, other = (compute(slope, x=values, w=np.array(weight)) for slope in slopes)
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-14)
