"""Element-wise functions of two operands."""

import math
import operator

import numpy as np
import pytest

from planish import primitives
from planish.autodiff import gradients
from planish.graph.node import layer_scope
from planish.primitives.registry import op_named
from tests.primitives.support import check_gradients, compute, numbers
from tests.rows import failures

MEANINGS = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
    "maximum": max,
    "minimum": min,
    "power": operator.pow,
    "greater": operator.gt,
    "greater_equal": operator.ge,
    "equal": operator.eq,
    "arctan2": math.atan2,
    "hypot": math.hypot,
    "logaddexp": lambda x, y: math.log(math.exp(x) + math.exp(y)),
    "remainder": operator.mod,
    "sigmoid_cross_entropy": lambda x, y: math.log(1 + math.exp(x)) - x * y,
}
FAR_FROM_ZERO = {"divide", "remainder"}
COMPARISONS = {"greater", "greater_equal", "equal"}

# (shape with the batch axis or without, batched) of both operands
PAIRS = [
    ((3, 5, 7), True, (3, 5, 7), True),
    ((3, 5, 7), True, (7,), False),
    ((5, 7), False, (3, 7), True),
    ((3, 5, 1), True, (3, 1, 7), True),
    ((3,), True, (3, 10), True),
    ((3, 4), True, (3,), True),
    ((3, 3), True, (3,), True),
    ((3,), True, (2, 1), False),
    ((3, 1), True, (), False),
    ((1,), False, (3, 2), True),
    ((4, 1), False, (5,), False),
    ((1, 1, 2), False, (3, 2), True),
]


def operands(name, first, second):
    a, b = numbers(*first), numbers(*second, seed=1)
    return (np.abs(a) + 0.2 if name == "power" else a), (b + 0.3 * np.sign(b) if name in FAR_FROM_ZERO else b)


def by_image(array, batched, image):
    return array[image] if batched else array


@pytest.mark.parametrize("name", MEANINGS)
def test_values_image_by_image(name):
    def check(row):
        first, a_batched, second, b_batched = row
        a, b = operands(name, first, second)
        if name == "equal":
            a, b = np.round(a), np.round(b)
        node = getattr(primitives, name)(
            primitives.input_("a", first[1:]) if a_batched else primitives.parameter("a", first),
            primitives.input_("b", second[1:]) if b_batched else primitives.parameter("b", second),
        )
        y = compute(node, a=a, b=b)
        meaning = np.vectorize(lambda p, q: float(MEANINGS[name](p, q)), otypes=[np.float64])
        assert node.batched == (a_batched or b_batched)
        for image in range(3 if node.batched else 1):
            expected = meaning(by_image(a, a_batched, image), by_image(b, b_batched, image))
            np.testing.assert_allclose(by_image(y, node.batched, image), expected, rtol=1e-12)

    assert failures(PAIRS, check) == {}


@pytest.mark.parametrize("name", sorted(set(MEANINGS) - COMPARISONS))
def test_gradients(name):
    def check(row):
        first, a_batched, second, b_batched = row
        check_gradients(getattr(primitives, name), operands(name, first, second), [a_batched, b_batched])

    assert failures(PAIRS, check) == {}


@pytest.mark.parametrize("name", sorted(COMPARISONS))
def test_comparisons_give_no_gradient(name):
    a, b = primitives.input_("a", ()), primitives.parameter("b", ())
    for gradient in gradients(getattr(primitives, name)(a, b), [a, b]):
        assert not compute(gradient, batch_size=2, a=np.array([1.0, 2.0]), b=np.array(1.0)).any()


@pytest.mark.parametrize("name", MEANINGS)
def test_numbers_are_operands(name):
    x = np.array([0.5, 2.0, 4.0])
    node = primitives.input_("x", ())
    function = getattr(primitives, name)
    second, first = (
        [float(MEANINGS[name](*pair)) for pair in pairs] for pairs in ([(v, 2) for v in x], [(2, v) for v in x])
    )
    np.testing.assert_allclose(compute(function(node, 2), x=x), second, rtol=1e-15)
    np.testing.assert_allclose(compute(function(2.0, node), x=x), first, rtol=1e-15)
    assert function(node, 2).inputs[1].op == "constant"


def test_float32_stays_float32_with_numbers():
    node = primitives.multiply(primitives.add(primitives.parameter("x", ()), 0.1), 3.0)
    assert compute(node, np.float32, x=np.float32(0.2)) == (np.float32(0.2) + np.float32(0.1)) * np.float32(3)


def test_equal_operands_share_the_gradient():
    a, b = primitives.input_("a", ()), primitives.input_("b", ())
    for function in (primitives.maximum, primitives.minimum):
        for gradient in gradients(function(a, b), [a, b]):
            assert compute(gradient, batch_size=1, a=np.ones(1), b=np.ones(1)) == 0.5


@pytest.mark.parametrize("exponent", [0.0, 1.0, 2.0, 3.0])
def test_powers_of_zero_and_of_negative_numbers(exponent):
    x = np.array([-1.5, 0.0, 2.0])
    node = primitives.input_("x", ())
    (gradient,) = gradients(primitives.power(node, exponent), [node])
    expected = exponent * x ** max(exponent - 1, 0)
    np.testing.assert_allclose(compute(gradient, x=x), expected, rtol=1e-12)
    variable = primitives.parameter("p", ())
    (gradient,) = gradients(primitives.power(node, variable), [node])
    np.testing.assert_allclose(compute(gradient, x=x, p=np.array(exponent)), expected, rtol=1e-12)


def test_zero_to_a_variable_power_has_a_finite_gradient():
    p = primitives.parameter("p", ())
    (gradient,) = gradients(primitives.power(primitives.input_("x", ()), p), [p])
    assert compute(gradient, batch_size=1, x=np.zeros(1), p=np.array(2.0)) == 0


@pytest.mark.parametrize("name", MEANINGS)
def test_class_indices_are_refused(name):
    """Kernels read f32: as such, small integers are denormal numbers, which training takes for zeros."""
    labels = primitives.input_("labels", (), "i32")
    for operands in ((labels, labels), (labels, 1.0), (primitives.input_("x", ()), labels)):
        with pytest.raises(ValueError, match=r"f32 values[\s\S]*one_hot"):
            getattr(primitives, name)(*operands)


@pytest.mark.parametrize("operand", ["3", None, np.array(["a"]), [1.0]])
def test_only_nodes_and_numbers_are_operands(operand):
    with pytest.raises(TypeError, match="nodes and numbers"):
        primitives.add(primitives.input_("x", ()), operand)


@pytest.mark.parametrize("operand", [2, 2.0, np.float32(2), np.int64(2), np.array(2.0), True + 1])
def test_every_kind_of_number_is_an_operand(operand):
    assert compute(primitives.multiply(primitives.input_("x", ()), operand), x=np.array([1.0, 2.0, 3.0])).tolist() == [
        2,
        4,
        6,
    ]


def test_nan_wins():
    for function in (primitives.maximum, primitives.minimum):
        assert np.isnan(compute(function(primitives.input_("x", ()), 0.0), batch_size=1, x=np.full(1, np.nan))).all()


def test_shapes_that_do_not_go_together():
    with layer_scope("add_1"), pytest.raises(ValueError, match=r"add_1[\s\S]*\(2, 3\) and \(2,\)"):
        primitives.add(primitives.input_("a", (2, 3)), primitives.input_("b", (2,)))


def test_registration():
    def check(name):
        assert op_named(name).elementwise
        assert not op_named(name).monotone

    assert failures(MEANINGS, check) == {}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_sigmoid_cross_entropy_is_exact_however_large_its_argument(dtype):
    x, y = np.array([100.0, 12, 0, -40, -1e4, 1e4]), np.array([0.0, 1, 0.5, 0, 1, 1])
    a, b = primitives.input_("a", ()), primitives.input_("b", ())
    node = primitives.sigmoid_cross_entropy(a, b)
    expected = [100, math.log1p(math.exp(-12)), math.log(2), math.exp(-40), 1e4, 0]
    np.testing.assert_allclose(compute(node, dtype, 6, a=x, b=y), expected, rtol=1e-6)
    (gradient,) = gradients(node, [a])
    distances = [1, -1 / (1 + math.exp(12)), 0, math.exp(-40), -1, 0]
    np.testing.assert_allclose(compute(gradient, np.float64, 6, a=x, b=y), distances, rtol=1e-9, atol=1e-18)


def test_the_origin_has_a_distance_without_a_slope():
    a, b = primitives.input_("a", ()), primitives.input_("b", ())
    for gradient in gradients(primitives.hypot(a, b), [a, b]):
        assert compute(gradient, batch_size=1, a=np.zeros(1), b=np.zeros(1)) == 0


@pytest.mark.parametrize("value", [0.0, math.inf, -math.inf])
def test_equal_terms_share_the_gradient_of_logaddexp(value):
    a, b = primitives.input_("a", ()), primitives.input_("b", ())
    for gradient in gradients(primitives.logaddexp(a, b), [a, b]):
        assert compute(gradient, batch_size=1, a=np.full(1, value), b=np.full(1, value)) == 0.5
