import numpy as np
import pytest

import planish


def test_images_become_rows():
    x = np.arange(60000 * 4, dtype=np.uint8).reshape(60000, 2, 2)
    y = planish.flatten(x)
    assert y.shape == (60000, 4)
    assert np.shares_memory(x, y)
    np.testing.assert_array_equal(y, x.reshape(60000, 4))


@pytest.mark.parametrize(
    ("start_axis", "end_axis", "shape"),
    [
        (1, -1, (2, 60)),
        (0, -1, (120,)),
        (0, 1, (6, 4, 5)),
        (2, 3, (2, 3, 20)),
        (-2, -1, (2, 3, 20)),
        (1, 1, (2, 3, 4, 5)),
    ],
)
def test_axes(start_axis, end_axis, shape):
    x = np.arange(120).reshape(2, 3, 4, 5)
    y = planish.flatten(x, start_axis, end_axis)
    np.testing.assert_array_equal(y, x.reshape(shape))
    assert np.shares_memory(x, y)


def test_a_view_whenever_numpy_can_make_one():
    x = np.zeros((4, 6, 8, 3))
    assert np.shares_memory(planish.flatten(x[::2, :, :, :]), x)
    assert np.shares_memory(planish.flatten(x[:, :, :, :1]), x)
    assert not np.shares_memory(planish.flatten(x.transpose(0, 3, 1, 2)), x)
    assert planish.flatten(x.transpose(0, 3, 1, 2)).shape == (4, 144)


def test_numbers_become_rows_of_one():
    assert planish.flatten([1, 2, 3]).tolist() == [[1], [2], [3]]


@pytest.mark.parametrize(("start_axis", "end_axis"), [(2, 1), (0, 3), (-4, -1), (4, 4)])
def test_wrong_axes(start_axis, end_axis):
    with pytest.raises(ValueError, match="flatten: these axes cannot be joined"):
        planish.flatten(np.zeros((2, 3, 4)), start_axis, end_axis)
