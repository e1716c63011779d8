"""Adaptive pools on arrays, in models and in layers: what the layers of that name give."""

import numpy as np
import pytest

from planish import Input, Model, layers, ops

SIZE = (5, 9, 6)
CASES = [
    (kind, rank, count, first)
    for kind in ("average", "max")
    for rank, count in ((1, 4), (1, (3,)), (2, (4, 7)), (2, 3), (3, (2, 3, 4)))
    for first in (False, True)
]


@pytest.mark.parametrize(("kind", "rank", "count", "first"), CASES)
def test_as_the_layers(kind, rank, count, first):
    shape = (2, *SIZE[-rank:])
    x = np.random.default_rng(0).standard_normal((3, *(shape if first else shape[::-1]))).astype(np.float32)
    data_format = "channels_first" if first else None
    function = getattr(ops, f"adaptive_{kind}_pool")
    expected = getattr(layers, f"Adaptive{kind.title()}Pooling{rank}D")(count, data_format)(x)
    np.testing.assert_allclose(function(x, count, data_format), expected, rtol=1e-5, atol=1e-6)
    image = Input(x.shape[1:])
    model = Model(image, function(image, count, data_format))
    assert model.output_shape == (None, *np.shape(expected)[1:])
    np.testing.assert_allclose(model(x), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("size", [0, (1, 2, 3), (2, None), "x"])
def test_wrong_sizes(size):
    with pytest.raises(ValueError, match="output_size has a positive number for each spatial axis"):
        ops.adaptive_max_pool(np.ones((1, 4, 4, 2), np.float32), size)


def test_vectors_have_no_windows():
    with pytest.raises(ValueError, match="adaptive pools take sequences, images or volumes"):
        ops.adaptive_average_pool(np.ones((2, 4), np.float32), 2)
