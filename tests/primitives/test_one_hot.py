"""Class indices as vectors."""

import numpy as np
import pytest

from planish import primitives
from planish.autodiff import gradients
from tests.primitives.support import compute


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_values(dtype):
    node = primitives.one_hot(primitives.input_("y", (), "i32"), 3)
    y = np.array([0, 2, 1])
    assert compute(node, dtype, y=y).tolist() == [[1, 0, 0], [0, 0, 1], [0, 1, 0]]


def test_more_axes():
    node = primitives.one_hot(primitives.input_("y", (2,), "i32"), 2)
    assert compute(node, batch_size=1, y=np.array([[1, 0]])).tolist() == [[[0, 1], [1, 0]]]


def test_indices_out_of_range_give_zeros():
    node = primitives.one_hot(primitives.input_("y", (), "i32"), 3)
    assert not compute(node, batch_size=3, y=np.array([-1, 3, 2**31 - 1])).any()


def test_a_scalar_of_a_step():
    assert compute(primitives.one_hot(primitives.scalar("k", "i32"), 3), k=np.array(1)).tolist() == [0, 1, 0]


def test_no_gradient_flows_to_labels():
    weights = primitives.parameter("w", (3,))
    loss = primitives.batch_sum(
        primitives.multiply(primitives.one_hot(primitives.input_("y", (), "i32"), 3), weights), (0,)
    )
    (gradient,) = gradients(loss, [weights])
    assert compute(gradient, y=np.array([0, 2, 2]), w=np.ones(3)).tolist() == [1, 0, 2]


def test_numbers_that_are_not_whole_give_zeros():
    node = primitives.one_hot(primitives.input_("y", ()), 3)
    y = np.array([0.0, 2.0, 1.5, -1.0, np.nan])
    assert compute(node, batch_size=5, y=y).tolist() == [[1, 0, 0], [0, 0, 1], [0, 0, 0], [0, 0, 0], [0, 0, 0]]


@pytest.mark.parametrize(("dtype", "classes"), [("i8", 3), ("i32", 0)])
def test_mistakes(dtype, classes):
    with pytest.raises(ValueError, match="one_hot takes class indices"):
        primitives.one_hot(primitives.input_("y", (), dtype), classes)
