"""Batches as tuples: what Keras on TensorFlow gives for the same arguments."""

import pytest

from planish.utils import pack_x_y_sample_weight, unpack_x_y_sample_weight


@pytest.mark.parametrize(
    ("given", "packed"),
    [((1,), 1), (([1, 2],), ([1, 2],)), ((1, 2), (1, 2)), ((1, 2, 3), (1, 2, 3)), ((1, None, 3), 1)],
)
def test_packing(given, packed):
    assert pack_x_y_sample_weight(*given) == packed


@pytest.mark.parametrize(
    ("data", "parts"),
    [(1, (1, None, None)), ((1,), (1, None, None)), ([1, 2], (1, 2, None)), ((1, 2, 3), (1, 2, 3))],
)
def test_unpacking(data, parts):
    assert unpack_x_y_sample_weight(data) == parts


@pytest.mark.parametrize("data", [(), (1, 2, 3, 4)])
def test_too_many_parts_or_none(data):
    with pytest.raises(ValueError, match=r"expected: \(x,\), \(x, y\) or \(x, y, sample_weight\)"):
        unpack_x_y_sample_weight(data)
