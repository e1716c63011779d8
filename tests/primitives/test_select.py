"""Choice, element by element."""

import numpy as np

from planish import primitives
from planish.autodiff import gradients
from planish.primitives.registry import op_named
from tests.primitives.support import check_gradients, compute, numbers


def test_anything_but_zero_chooses_the_first():
    condition = np.array([0.0, -0.0, 1.0, -3.0, np.nan])
    y = compute(primitives.select(primitives.input_("c", ()), 1.0, 2.0), batch_size=5, c=condition)
    assert y.tolist() == [2, 2, 1, 1, 1]


def test_operands_are_broadcast():
    c, a, b = np.array([1.0, 0.0, 1.0]), numbers(3, 2, 5), numbers(5, seed=1)
    y = compute(
        primitives.select(primitives.input_("c", ()), primitives.input_("a", (2, 5)), primitives.parameter("b", (5,))),
        c=c,
        a=a,
        b=b,
    )
    np.testing.assert_array_equal(y, [a[0], [b, b], a[2]])


def test_gradients_flow_to_the_chosen():
    condition = (numbers(3, 2, 5) > 0).astype(float)
    check_gradients(
        lambda a, b: primitives.select(primitives.greater(a, 0.0), primitives.square(a), b),
        [numbers(3, 2, 5), numbers(5)],
        [True, False],
    )
    check_gradients(lambda c, a: primitives.select(primitives.greater(c, 0.5), a, 1.0), [condition, numbers(3)])


def test_what_is_not_chosen_may_be_infinite():
    x = primitives.input_("x", ())
    y = primitives.select(primitives.greater(x, 0.0), 1.0, primitives.exp(x))
    assert compute(y, batch_size=1, x=np.full(1, 1e4)) == 1
    (gradient,) = gradients(primitives.elu(x), [x])
    assert compute(gradient, batch_size=1, x=np.full(1, 1e4)) == 1


def test_registration():
    assert op_named("select").elementwise
