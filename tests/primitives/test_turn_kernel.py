"""The kernel of the transposed convolution, weight by weight."""

import numpy as np
import pytest

from planish import primitives
from planish.primitives.rewritten.turn_kernel import turn_kernel
from tests.primitives.support import compute, numbers


@pytest.mark.parametrize("groups", [1, 2, 3])
@pytest.mark.parametrize("shape", [(3, 2, 2, 6), (1, 1, 1, 6), (2, 3, 4, 12)])
def test_values(shape, groups):
    w = numbers(*shape)
    rows, columns, channels, filters = shape
    each = filters // groups
    turned = compute(turn_kernel(primitives.parameter("w", shape), groups), w=w)
    assert turned.shape == (rows, columns, each, groups * channels)
    for a, b, c, g, o in np.ndindex(rows, columns, channels, groups, each):
        assert turned[a, b, o, g * channels + c] == w[rows - 1 - a, columns - 1 - b, c, g * each + o]


@pytest.mark.parametrize("groups", [1, 2])
def test_twice_is_nothing(groups):
    w = numbers(3, 2, 4, 6)
    node = turn_kernel(turn_kernel(primitives.parameter("w", w.shape), groups), groups)
    np.testing.assert_array_equal(compute(node, w=w), w)
