"""The matrix product with weights and its gradients."""

import numpy as np
import pytest

from planish import primitives
from planish.graph.node import layer_scope
from planish.primitives.dense_weight_grad import dense_weight_grad
from tests.primitives.support import check_gradients, compute, numbers


def sums_of_products(x, w):
    y = np.zeros((*x.shape[:-1], w.shape[1]))
    for place in np.ndindex(y.shape):
        y[place] = sum(x[(*place[:-1], k)] * w[k, place[-1]] for k in range(len(w)))
    return y


@pytest.mark.parametrize("shape", [(1,), (7,), (2, 5), (2, 3, 4)])
@pytest.mark.parametrize("units", [1, 3])
def test_values(shape, units):
    x, w = numbers(3, *shape), numbers(shape[-1], units, seed=1)
    node = primitives.dense(primitives.input_("x", shape), primitives.parameter("w", w.shape))
    np.testing.assert_allclose(compute(node, x=x, w=w), sums_of_products(x, w), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("shape", [(1,), (7,), (2, 5), (2, 3, 4)])
def test_gradients(shape):
    check_gradients(primitives.dense, [numbers(3, *shape), numbers(shape[-1], 2, seed=1)], [True, False])


@pytest.mark.parametrize("shape", [(4,), (3, 4)])
def test_values_without_batch_axis(shape):
    x, w = numbers(*shape), numbers(4, 2, seed=1)
    node = primitives.dense(primitives.parameter("x", shape), primitives.parameter("w", (4, 2)))
    assert not node.batched
    np.testing.assert_allclose(compute(node, x=x, w=w), sums_of_products(x, w), rtol=1e-12)
    check_gradients(primitives.dense, [x, w], [False, False])


def test_no_images():
    node = primitives.dense(primitives.input_("x", (2, 4)), primitives.parameter("w", (4, 3)))
    assert compute(node, batch_size=0, x=np.zeros((0, 2, 4)), w=np.zeros((4, 3))).shape == (0, 2, 3)


def test_another_number_of_features():
    with layer_scope("dense_2"), pytest.raises(ValueError, match=r"dense_2: [\s\S]*4 features[\s\S]*\(5,\)"):
        primitives.dense(primitives.input_("x", (5,)), primitives.parameter("w", (4, 3)))
    with pytest.raises(ValueError, match=r"4 features[\s\S]*\(\)"):
        primitives.dense(primitives.input_("x", ()), primitives.parameter("w", (4, 3)))


@pytest.mark.parametrize(
    "w", [primitives.parameter("w", (4,)), primitives.parameter("w", (4, 3, 2)), primitives.input_("w", (4, 3))]
)
def test_the_weights_are_one_matrix(w):
    with pytest.raises(ValueError, match="one matrix"):
        primitives.dense(primitives.input_("x", (4,)), w)


def test_class_indices_are_refused():
    with pytest.raises(ValueError, match="one_hot"):
        primitives.dense(primitives.input_("x", (4,), "i32"), primitives.parameter("w", (4, 3)))


def test_the_gradient_operation_checks_its_operands():
    for g in (primitives.input_("g", (3, 2)), primitives.parameter("g", (5, 2)), primitives.input_("g", ())):
        with pytest.raises(ValueError, match="do not go together"):
            dense_weight_grad(primitives.input_("x", (5, 4)), g)
