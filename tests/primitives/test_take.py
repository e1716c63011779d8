"""Entries by their numbers."""

import numpy as np
import pytest

from planish import primitives
from planish.primitives.take_batch_grad import take_batch_grad
from tests.primitives.support import IMAGES, check_gradients, compute, numbers

SHARED = np.array([[2, 0], [-1, 2]])


@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("whole", [True, False])
def test_constant_numbers(axis, whole):
    x = numbers(IMAGES, 4, 5, 6)
    indices = primitives.table(SHARED if whole else SHARED.astype(float) + 0.25 * np.sign(SHARED))
    y = compute(primitives.take(primitives.input_("x", x.shape[1:]), indices, axis), x=x)
    np.testing.assert_array_equal(y, np.take(x, SHARED, axis if axis < 0 else axis + 1))
    check_gradients(lambda node: primitives.square(primitives.take(node, indices, axis)), [x[:, :3, :3, :3]])


def test_rows_of_weights_for_every_image():
    w, chosen = numbers(5, 2), np.array([[1, 4, 1], [0, -1, 2], [3, 3, 3]])
    node = primitives.take(primitives.parameter("w", (5, 2)), primitives.input_("i", (3,), "i32"))
    assert node.type.batched
    np.testing.assert_array_equal(compute(node, w=w, i=chosen), w[chosen])
    indices = primitives.subtract(primitives.one_hot(primitives.table([2, 0, 2, 1]), 3), 0.0)
    check_gradients(
        lambda x, rows: primitives.square(
            primitives.take(rows, primitives.add(primitives.multiply(x, 0.0), indices), 1)
        ),
        [numbers(IMAGES, 4, 3), numbers(2, 3, 2)],
        [True, False],
    )


def test_each_image_has_numbers_for_its_own_entries():
    x, chosen = numbers(IMAGES, 4, 2), np.array([[1, 2], [0, -1], [3, 3]])
    node = primitives.take(primitives.input_("x", (4, 2)), primitives.input_("i", (2,), "i32"))
    np.testing.assert_array_equal(
        compute(node, x=x, i=chosen), np.stack([a[b] for a, b in zip(x, chosen, strict=True)])
    )


def test_values_of_the_program():
    check_gradients(
        lambda w: primitives.square(primitives.take(w, primitives.table([1, 1, 0]), 1)), [numbers(2, 3)], [False]
    )


@pytest.mark.parametrize("bad", [4, -5, 2**31 - 1, -(2**31), 1e30, -1e30, np.nan, np.inf, -np.inf])
def test_numbers_that_name_nothing_give_nan_and_get_no_gradient(bad):
    w, chosen = numbers(4, 2), np.array([[bad], [1], [bad]])
    whole = isinstance(bad, int)
    indices = primitives.input_("i", (1,), "i32" if whole else "f32")
    node = primitives.take(primitives.parameter("w", (4, 2)), indices)
    y = compute(node, w=w, i=chosen)
    assert np.isnan(y[[0, 2]]).all()
    np.testing.assert_array_equal(y[1, 0], w[1])
    gradient = take_batch_grad(node, indices, 0, (4, 2))
    np.testing.assert_array_equal(compute(gradient, w=w, i=chosen), np.eye(4)[:, 1:2] * w[1])


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_numbers_of_their_own(axis):
    x = numbers(IMAGES, 3, 4, 2)
    shape = [3, 4, 2]
    shape[axis] = 5
    chosen = np.random.default_rng(0).integers(-2, 2, (IMAGES, *shape))
    whole_axis = axis if axis < 0 else axis + 1
    node = primitives.take_along_axis(primitives.input_("x", (3, 4, 2)), primitives.input_("i", shape, "i32"), axis)
    np.testing.assert_array_equal(compute(node, x=x, i=chosen), np.take_along_axis(x, chosen, whole_axis))
    fixed = primitives.table(chosen[0])
    check_gradients(lambda node: primitives.square(primitives.take_along_axis(node, fixed, axis)), [x])
    check_gradients(
        lambda w, x: primitives.square(
            primitives.take_along_axis(w, primitives.add(primitives.multiply(x, 0.0), fixed_floats(chosen[0])), axis)
        ),
        [x[0], numbers(IMAGES, *shape)],
        [False, True],
    )


def fixed_floats(values):
    return primitives.table(values.astype(float))


def test_what_does_not_fit_is_explained():
    x = primitives.input_("x", (3, 4))
    with pytest.raises(ValueError, match="not axes"):
        primitives.take(x, primitives.table([0]), 2)
    with pytest.raises(ValueError, match="f32 values"):
        primitives.take(primitives.input_("l", (3,), "i32"), primitives.table([0]))
    with pytest.raises(ValueError, match="numbers for each position of the other axes"):
        primitives.take_along_axis(x, primitives.table([[0, 1]]), 0)


def test_tables_are_equal_as_text_only_if_their_numbers_are():
    def text(*values):
        return str(primitives.table(list(values)).settings)

    assert text(1, 2) == text(1, 2) != text(1, 3)
    assert text(0.0) != text(-0.0)


@pytest.mark.parametrize("values", [["a"], [], [1j], [2**31]])
def test_what_is_not_a_table(values):
    with pytest.raises(ValueError, match="table"):
        primitives.table(values)
