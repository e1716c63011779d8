"""Pixels moved apart."""

import numpy as np
import pytest

from planish import primitives
from planish.primitives.rewritten.spread2d import spread2d
from tests.primitives.support import compute, numbers


@pytest.mark.parametrize("strides", [(1, 1), (2, 3), (3, 1)])
@pytest.mark.parametrize("shape", [(3, 2, 4), (1, 1, 1), (1, 5, 2)])
def test_values(shape, strides):
    x = numbers(3, *shape)
    y = compute(spread2d(primitives.input_("x", shape), strides), x=x)
    assert y.shape[1:3] == tuple((extent - 1) * stride + 1 for extent, stride in zip(shape, strides, strict=False))
    np.testing.assert_array_equal(y[:, :: strides[0], :: strides[1]], x)
    assert np.count_nonzero(y) == np.count_nonzero(x)
