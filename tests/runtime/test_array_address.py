"""The address of an array, as NumPy says it."""

import numpy as np
import pytest

from planish_runtime import array_address

ARRAYS = [
    np.zeros((0, 3)),
    np.ones(()),
    np.arange(24, dtype=np.int16).reshape(2, 3, 4)[1, ::-1, 1:],
    np.broadcast_to(np.ones(3), (5, 3)),
    np.frombuffer(b"12345678", np.uint8)[3:],
    np.ones((4, 4)).view(np.matrix),
]


@pytest.mark.parametrize("array", ARRAYS, ids=str)
def test_it_is_that_of_the_first_element(array):
    assert array_address.address_of(array) == array.ctypes.data


def test_numpy_is_asked_where_arrays_are_made_otherwise(monkeypatch):
    monkeypatch.setattr(array_address, "_read", lambda array: 0)
    assert array_address._way() is array_address._asked
