"""Joining, and taking parts."""

import numpy as np
import pytest

from planish import primitives
from tests.primitives.support import check_gradients, compute, numbers


@pytest.mark.parametrize("axis", [0, 1, -1, -2])
def test_concatenate(axis):
    shapes = [(2, 5), (2, 1), (2, 3)] if axis % 2 else [(5, 2), (1, 2), (3, 2)]
    arrays = {f"x{place}": numbers(3, *shape, seed=place) for place, shape in enumerate(shapes)}
    node = primitives.concatenate([primitives.input_(name, array.shape[1:]) for name, array in arrays.items()], axis)
    y = compute(node, **arrays)
    for image in range(3):
        parts = [array[image] for array in arrays.values()]
        np.testing.assert_array_equal(y[image], np.hstack(parts) if axis % 2 else np.vstack(parts))
    check_gradients(lambda *nodes: primitives.square(primitives.concatenate(nodes, axis)), list(arrays.values()))


def test_weights_can_be_joined():
    check_gradients(lambda a, b: primitives.concatenate([a, b], 0), [numbers(2), numbers(3)], [False, False])


def test_one_value_twice():
    check_gradients(lambda x: primitives.square(primitives.concatenate([x, x], 0)), [numbers(3, 2)])


@pytest.mark.parametrize(("start", "stop"), [(0, 2), (1, 4), (3, 5), (0, 5)])
def test_slice_axis(start, stop):
    x = numbers(3, 2, 5)
    np.testing.assert_array_equal(
        compute(primitives.slice_axis(primitives.input_("x", (2, 5)), -1, start, stop), x=x), x[:, :, start:stop]
    )
    check_gradients(lambda node: primitives.square(primitives.slice_axis(node, 1, start, stop)), [x])


def test_the_axis_is_stored_counted_from_zero():
    x = primitives.input_("x", (2, 5))
    assert primitives.concatenate([x, x], -1).settings.axis == 1
    assert primitives.slice_axis(x, -2, 0, 1).settings.axis == 0


@pytest.mark.parametrize(("start", "stop"), [(-1, 2), (2, 2), (3, 6), (4, 3)])
def test_slices_are_inside(start, stop):
    with pytest.raises(ValueError, match="not in axis 0"):
        primitives.slice_axis(primitives.input_("x", (5,)), 0, start, stop)


@pytest.mark.parametrize(
    "other",
    [
        primitives.input_("y", (3, 5)),
        primitives.input_("y", (2,)),
        primitives.parameter("y", (2, 5)),
        primitives.input_("y", (2, 5), "i32"),
    ],
)
def test_tensors_that_cannot_be_joined(other):
    with pytest.raises(ValueError, match="cannot be joined along axis 1"):
        primitives.concatenate([primitives.input_("x", (2, 5)), other], 1)


def test_axes_that_do_not_exist():
    with pytest.raises(ValueError, match="not axes"):
        primitives.concatenate([primitives.input_("x", (2, 5))], 2)


def test_nothing_cannot_be_joined():
    with pytest.raises(ValueError, match="at least one"):
        primitives.concatenate([], 0)
