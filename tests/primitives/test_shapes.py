"""Operations that move elements: reshape, transpose, broadcast_to."""

import itertools

import numpy as np
import pytest

from planish import primitives
from tests.primitives.support import check_gradients, compute, numbers


def test_reshape_keeps_the_order_of_every_image():
    x = numbers(3, 2, 5)
    assert compute(primitives.reshape(primitives.input_("x", (2, 5)), [10]), x=x).tolist() == [
        image.ravel().tolist() for image in x
    ]
    assert (
        compute(primitives.reshape(primitives.parameter("x", (3, 2, 5)), (5, 6)), x=x).ravel().tolist()
        == x.ravel().tolist()
    )
    assert compute(primitives.reshape(primitives.input_("x", ()), (1, 1)), x=x[:, 0, 0]).shape == (3, 1, 1)


def test_reshape_of_an_empty_batch():
    assert compute(
        primitives.reshape(primitives.input_("x", (2, 5)), (10,)), batch_size=0, x=np.zeros((0, 2, 5))
    ).shape == (0, 10)


@pytest.mark.parametrize("shape", [(3, 3), (), (11,), (-2, -5), (-1,)])
def test_reshape_to_another_number_of_elements(shape):
    with pytest.raises(ValueError, match="cannot change the number of elements"):
        primitives.reshape(primitives.input_("x", (2, 5)), shape)


def test_settings_are_tuples_of_integers():
    node = primitives.reshape(primitives.input_("x", (2, 5)), np.array([5, 2]))
    assert node.settings.shape == (5, 2)
    assert {type(extent) for extent in node.settings.shape} == {int}
    node = primitives.transpose(node, np.array([1, 0]))
    assert {type(axis) for axis in node.settings.permutation} == {int}


@pytest.mark.parametrize("permutation", list(itertools.permutations(range(3))))
def test_transpose(permutation):
    x = numbers(2, 3, 5)
    y = compute(primitives.transpose(primitives.parameter("x", x.shape), permutation), x=x)
    for place in np.ndindex(x.shape):
        assert y[tuple(place[axis] for axis in permutation)] == x[place]
    batch = numbers(3, 2, 3, 5)
    z = compute(primitives.transpose(primitives.input_("x", (2, 3, 5)), permutation), x=batch)
    for image in range(3):
        np.testing.assert_array_equal(z[image], np.transpose(batch[image], permutation))
    check_gradients(lambda node: primitives.square(primitives.transpose(node, permutation)), [batch])


@pytest.mark.parametrize("permutation", [(0,), (0, 0), (1, 2), (-1, 0)])
def test_transpose_needs_a_permutation(permutation):
    with pytest.raises(ValueError, match="permutation of 2 axes"):
        primitives.transpose(primitives.input_("x", (2, 5)), permutation)


def test_broadcast_to():
    x = numbers(3, 4, 1)
    y = compute(primitives.broadcast_to(primitives.input_("x", (4, 1)), (2, 4, 5)), x=x)
    for image, row, column, place in np.ndindex(3, 2, 4, 5):
        assert y[image, row, column, place] == x[image, column, 0]
    assert compute(primitives.broadcast_to(primitives.constant(2), (2, 3))).tolist() == [[2] * 3] * 2


def test_broadcast_to_the_same_shape_is_the_value_itself():
    x = primitives.input_("x", (4, 1))
    assert primitives.broadcast_to(x, [4, 1]) is x


@pytest.mark.parametrize("shape", [(4,), (3, 4), (1, 1), (), (4, 2)])
def test_broadcast_to_a_shape_that_does_not_go(shape):
    with pytest.raises(ValueError, match="cannot be repeated"):
        primitives.broadcast_to(primitives.input_("x", (4, 3)), shape)


def test_gradients():
    check_gradients(lambda x: primitives.square(primitives.reshape(x, (5, 2))), [numbers(3, 2, 5)])
    check_gradients(lambda x: primitives.reshape(x, (5, 2)), [numbers(2, 5)], [False])
    check_gradients(lambda x: primitives.broadcast_to(x, (2, 4, 3)), [numbers(3, 4, 1)])
    check_gradients(lambda x: primitives.broadcast_to(x, (2, 4, 3)), [numbers(4, 1)], [False])
    check_gradients(lambda x: primitives.broadcast_to(x, (2, 3)), [numbers(3)])
