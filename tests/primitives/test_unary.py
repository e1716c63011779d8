"""Element-wise functions of one operand."""

import math

import numpy as np
import pytest

from planish import primitives
from planish.autodiff import gradients
from planish.primitives.registry import op_named
from planish.primitives.unary import AlphaSettings
from tests.primitives.support import check_gradients, compute, numbers
from tests.rows import failures

MEANINGS = {
    "negative": lambda v: -v,
    "absolute": abs,
    "sign": lambda v: math.copysign(1.0, v) if v else 0.0,
    "square": lambda v: v**2,
    "sqrt": math.sqrt,
    "rsqrt": lambda v: v**-0.5,
    "reciprocal": lambda v: v**-1,
    "exp": math.exp,
    "expm1": math.expm1,
    "log": math.log,
    "log1p": math.log1p,
    "tanh": math.tanh,
    "sigmoid": lambda v: 0.5 * (1 + math.tanh(v / 2)),
    "erf": math.erf,
    "relu": lambda v: max(v, 0.0),
    "softplus": lambda v: math.log(1 + math.exp(v)),
    "floor": math.floor,
    "rint": round,
    "log2": math.log2,
    "log10": math.log10,
    "sin": math.sin,
    "cos": math.cos,
    "tan": math.tan,
    "arcsin": math.asin,
    "arccos": math.acos,
    "arctan": math.atan,
    "sinh": math.sinh,
    "cosh": math.cosh,
    "arcsinh": math.asinh,
    "arccosh": math.acosh,
    "arctanh": math.atanh,
}
POSITIVE = {"sqrt", "rsqrt", "log", "log1p", "log2", "log10"}
WITHIN_ONE = {"arcsin", "arccos", "arctanh", "tan"}
FLAT = {"sign", "floor", "rint"}
MONOTONE = {"exp", "expm1", "log", "log1p", "tanh", "sigmoid", "erf", "relu", "softplus", "floor", "sqrt"}
MONOTONE |= {"rint", "arctan", "sinh", "arcsinh"}


def operand(name, *shape):
    values = numbers(*shape)
    if name in WITHIN_ONE:
        return np.tanh(values)
    return np.abs(values) + (1.1 if name == "arccosh" else 0.1) if name in POSITIVE | {"arccosh"} else values


@pytest.mark.parametrize("name", MEANINGS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_values(name, dtype):
    x = operand(name, 3, 5, 7)
    expected = np.vectorize(MEANINGS[name], otypes=[np.float64])(x)
    y = compute(getattr(primitives, name)(primitives.input_("x", (5, 7))), dtype, x=x)
    np.testing.assert_allclose(
        y, expected, rtol=1e-12 if dtype == np.float64 else 2e-6, atol=1e-7 * (dtype != np.float64)
    )


@pytest.mark.parametrize("name", sorted(set(MEANINGS) - FLAT))
def test_gradients(name):
    check_gradients(getattr(primitives, name), [operand(name, 3, 5)])
    check_gradients(getattr(primitives, name), [operand(name, 4)], [False])


@pytest.mark.parametrize("alpha", [0.0, 0.3, 1.7])
@pytest.mark.parametrize("name", ["elu", "leaky_relu"])
def test_those_with_a_slope(name, alpha):
    x = numbers(3, 5)
    below = alpha * (np.expm1(x) if name == "elu" else x)
    np.testing.assert_allclose(
        compute(getattr(primitives, name)(primitives.input_("x", (5,)), alpha), x=x),
        np.where(x > 0, x, below),
        rtol=1e-12,
    )
    check_gradients(lambda node: getattr(primitives, name)(node, alpha), [x])


@pytest.mark.parametrize("name", sorted(FLAT))
def test_no_gradient_flows_through_steps(name):
    x = primitives.input_("x", (2,))
    (gradient,) = gradients(primitives.reduce_sum(getattr(primitives, name)(x), (0,)), [x])
    assert not compute(gradient, batch_size=1, x=np.array([[0.5, -1.5]])).any()


@pytest.mark.parametrize(
    ("function", "slope"),
    [
        (primitives.relu, 0.0),
        (primitives.absolute, 0.0),
        (lambda x: primitives.leaky_relu(x, 0.2), 1.0),
        (lambda x: primitives.elu(x, 0.5), 0.5),
    ],
)
def test_slopes_at_zero(function, slope):
    x = primitives.input_("x", ())
    (gradient,) = gradients(function(x), [x])
    assert compute(gradient, batch_size=1, x=np.zeros(1)) == slope


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_extreme_operands(dtype):
    x = np.array([-1e4, -100.0, -40.0, 40.0, 1e4])
    node = primitives.input_("x", ())
    sigmoid = compute(primitives.sigmoid(node), dtype, 5, x=x)
    np.testing.assert_allclose(sigmoid, [0, math.exp(-100), math.exp(-40), 1, 1], rtol=1e-5, atol=1e-38)
    softplus = compute(primitives.softplus(node), dtype, 5, x=x)
    np.testing.assert_allclose(softplus, [0, math.exp(-100), math.exp(-40), 40, 1e4], rtol=1e-5, atol=1e-38)
    assert compute(primitives.tanh(node), dtype, 5, x=x).tolist() == [-1, -1, -1, 1, 1]
    np.testing.assert_allclose(compute(primitives.elu(node), dtype, 5, x=x), [-1, -1, -1, 40, 1e4], rtol=1e-6)


def test_nan_stays_nan():
    def check(name):
        assert np.isnan(
            compute(getattr(primitives, name)(primitives.input_("x", ())), batch_size=1, x=np.full(1, np.nan))
        ).all()

    assert failures(MEANINGS, check) == {}


def test_numbers_are_operands():
    assert compute(primitives.exp(0.0)) == 1


def test_registration():
    def check(name):
        op = op_named(name)
        assert op.elementwise
        assert op.monotone == (name in MONOTONE)

    assert failures(MEANINGS, check) == {}


@pytest.mark.parametrize("name", ["elu", "leaky_relu"])
def test_slopes_never_decrease_unless_alpha_is_negative(name):
    op = op_named(name)
    assert op.elementwise
    assert op.is_monotone(AlphaSettings(alpha=0.1))
    assert not op.is_monotone(AlphaSettings(alpha=-0.1))


@pytest.mark.parametrize(
    "function", [primitives.square, lambda x: primitives.elu(x, 1.0), lambda x: primitives.leaky_relu(x, 0.1)]
)
def test_class_indices_are_refused(function):
    with pytest.raises(ValueError, match=r"f32 values[\s\S]*i32\[N\][\s\S]*one_hot"):
        function(primitives.input_("labels", (), "i32"))
