import numpy as np
import pytest

import planish


@pytest.mark.parametrize(
    ("axis", "sizes", "shape"),
    [
        (1, (3, 5, 4), (2, 3, 5, 4, 7)),
        (-2, (3, -1), (2, 3, 20, 7)),
        (0, (2,), (2, 60, 7)),
        (0, [1, -1, 1], (1, 2, 1, 60, 7)),
        (2, (7, 1), (2, 60, 7, 1)),
    ],
)
def test_axes_are_split(axis, sizes, shape):
    x = np.arange(840).reshape(2, 60, 7)
    y = planish.unflatten(x, axis, sizes)
    np.testing.assert_array_equal(y, x.reshape(shape))
    assert np.shares_memory(x, y)


def test_flatten_and_unflatten_undo_each_other():
    x = np.arange(2 * 3 * 4 * 5).reshape(2, 3, 4, 5)
    np.testing.assert_array_equal(planish.unflatten(planish.flatten(x), 1, (3, 4, 5)), x)


def test_lists_become_arrays():
    assert planish.unflatten([1, 2, 3, 4], 0, (2, 2)).tolist() == [[1, 2], [3, 4]]


def text_of(x, axis, sizes):
    with pytest.raises(ValueError, match="unflatten") as caught:
        planish.unflatten(x, axis, sizes)
    return str(caught.value).splitlines()


def test_no_such_axis():
    assert text_of(np.zeros((2, 60)), 2, (3, 20)) == [
        "unflatten: there is no axis 2",
        "  expected: axis -2 to 1 of shape (2, 60)",
        "  received: 2",
    ]
    assert text_of(np.float32(3), 0, (1,))[1] == "  expected: an array with at least one axis"


def test_sizes_that_do_not_make_up_the_axis():
    assert text_of(np.zeros((2, 60)), 1, (7, 7)) == [
        "unflatten: axis 1 cannot be split into these sizes",
        "  expected:    sizes that multiply to 60, at most one of them -1",
        "  received:    (7, 7): 7 * 7 = 49",
        "  input shape: (2, 60)",
    ]


@pytest.mark.parametrize("sizes", [(-1, 7), (-1, -1), (-2, -30), (-1, 0), ()])
def test_sizes_that_cannot_be(sizes):
    assert text_of(np.zeros((2, 60)), 1, sizes)[1] == "  expected:    sizes that multiply to 60, at most one of them -1"
