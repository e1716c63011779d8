"""to_categorical."""

import re

import numpy as np
import pytest

from planish.utils import to_categorical


def test_one_hot():
    result = to_categorical([0, 2, 1])
    np.testing.assert_array_equal(result, [[1, 0, 0], [0, 0, 1], [0, 1, 0]])
    assert result.dtype == np.float64


@pytest.mark.parametrize(
    ("labels", "classes", "shape"),
    [
        ([[0], [1]], None, (2, 2)),
        ([[0, 1], [2, 3]], 5, (2, 2, 5)),
        (np.array([1.0, 0.0]), None, (2, 2)),
        (np.array([True, False]), None, (2, 2)),
        (3, None, (4,)),
        (np.zeros((0,), int), 4, (0, 4)),
    ],
)
def test_shapes(labels, classes, shape):
    assert to_categorical(labels, classes).shape == shape


@pytest.mark.parametrize(
    ("labels", "classes", "message"),
    [
        ([1, 2, 3], 3, "remedy:   subtract the smallest label"),
        ([0, 4], 3, "to_categorical: a label is out of range\n  expected: 0 to 2, for 3 classes\n  received: 4"),
        ([0, -1], None, "received: -1"),
        ([0.5, 1], None, "expected: whole numbers"),
        ([0, float("nan")], None, "expected: whole numbers"),
        (["cat", "dog"], None, "np.unique(labels, return_inverse=True)[1] numbers names"),
    ],
)
def test_labels_that_are_no_classes(labels, classes, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        to_categorical(labels, classes)
