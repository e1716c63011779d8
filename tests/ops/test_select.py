"""Choice, element by element."""

import numpy as np

from planish import ops
from planish.autodiff import gradients
from planish.ops.registry import op_named
from tests.ops.support import check_gradients, compute, numbers


def test_anything_but_zero_chooses_the_first():
    condition = np.array([0.0, -0.0, 1.0, -3.0, np.nan])
    y = compute(ops.select(ops.input_("c", ()), 1.0, 2.0), batch_size=5, c=condition)
    assert y.tolist() == [2, 2, 1, 1, 1]


def test_operands_are_broadcast():
    c, a, b = np.array([1.0, 0.0, 1.0]), numbers(3, 2, 5), numbers(5, seed=1)
    y = compute(ops.select(ops.input_("c", ()), ops.input_("a", (2, 5)), ops.parameter("b", (5,))), c=c, a=a, b=b)
    np.testing.assert_array_equal(y, [a[0], [b, b], a[2]])


def test_gradients_flow_to_the_chosen():
    condition = (numbers(3, 2, 5) > 0).astype(float)
    check_gradients(
        lambda a, b: ops.select(ops.greater(a, 0.0), ops.square(a), b), [numbers(3, 2, 5), numbers(5)], [True, False]
    )
    check_gradients(lambda c, a: ops.select(ops.greater(c, 0.5), a, 1.0), [condition, numbers(3)])


def test_what_is_not_chosen_may_be_infinite():
    x = ops.input_("x", ())
    y = ops.select(ops.greater(x, 0.0), 1.0, ops.exp(x))
    assert compute(y, batch_size=1, x=np.full(1, 1e4)) == 1
    (gradient,) = gradients(ops.elu(x), [x])
    assert compute(gradient, batch_size=1, x=np.full(1, 1e4)) == 1


def test_registration():
    assert op_named("select").elementwise
