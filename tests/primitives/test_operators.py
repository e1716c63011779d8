"""The operators of nodes, and NumPy's functions of them."""

import operator

import numpy as np
import pytest

from planish import primitives
from planish.graph.node import Node
from planish.layers import Dense
from tests.primitives.support import compute, numbers

A, B = numbers(3, 4, 5), np.abs(numbers(3, 4, 5, seed=1)) + 0.5
NODES = {"a": primitives.input_("a", (4, 5)), "b": primitives.input_("b", (4, 5))}

EXPRESSIONS = [
    lambda a, b: a + b,
    lambda a, b: 2 - a * 3.5 + 1,
    lambda a, b: a / b - 1 / b,
    lambda a, b: b**2 + 2**b + b**a,
    lambda a, b: a // b + 7 // b,
    lambda a, b: a % b + 7 % b,
    lambda a, b: -a + abs(b - 1) + +a,
    lambda a, b: (a > b) * 1.0 + (a >= 0) * 2.0 + (a < 0.5) * 4.0 + (a <= b) * 8.0,
    lambda a, b: ((a > 0) & (b > 1)) * 1.0 + ((a > 0) | (b > 1)) * 2.0 + (~(a > 0)) * 4.0,
    lambda a, b: a[:, 0] + b[:, -1],
    lambda a, b: (
        a[:, None, :, :4] @ b[:, None] + np.ones((4, 4)) @ b[:, None, :, 1:] @ np.ones((2, 4, 5))[0] + b[:, None]
    ),
    lambda a, b: a[..., 1:3] * b[:, :, 2:4],
    lambda a, b: a[:, 1:, 2] - b[:, :-1, 0],
    lambda a, b: a[...] + b[:],
    lambda a, b: a[:, ::2] + b[:, ::-2],
    lambda a, b: a[..., ::-1] - b[:, -2::-3, 1:2],
    lambda a, b: a[:, None, 0] * b[:, np.newaxis, 1, ...] + a[:, 1:2, None, 0],
    lambda a, b: a[:, None, :, [4, 0, 0, -1]] + b[:, 1:, None, [2, 1, 3, 0]],
    lambda a, b: a[:, np.array([[3, 0], [1, 2]])] * 2.0,
    lambda a, b: a * np.arange(5) + np.ones((4, 1)) / b - np.ones((1, 4, 5)),
    lambda a, b: np.maximum(np.full((1, 1, 5), 0.25), a) + (np.zeros(5) > b) * 1.0,
    lambda a, b: np.float32(2) * a + np.float64(3) / b - np.array(1.5),
    lambda a, b: np.square(a) + np.exp(a) - np.log(b) + np.sqrt(b) * np.tanh(a),
    lambda a, b: np.maximum(a, 0.1 * a) + np.minimum(2.0, b) + np.abs(a) + np.sign(a),
    lambda a, b: np.less(a, b) * 1.0 + np.not_equal(a, a) + np.equal(a, a) * 2.0,
]


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_they_mean_what_they_mean_of_arrays(expression):
    node = expression(NODES["a"], NODES["b"])
    assert isinstance(node, Node)
    np.testing.assert_allclose(compute(node, a=A, b=B), expression(A, B), rtol=1e-12)


def test_values_of_the_program_have_no_batch_axis():
    w = primitives.parameter("w", (4, 5))
    assert compute(w[1, 2:4], w=A[0]).tolist() == A[0][1, 2:4].tolist()
    np.testing.assert_allclose(compute(NODES["a"][:, :, :4] @ w, a=A, w=A[0]), A[:, :, :4] @ A[0])


def test_variables_are_operands_on_both_sides():
    layer = Dense(2, kernel_initializer="ones")
    layer.build((None, 4))
    x = primitives.input_("x", (4,))
    values = {"x": A[:, 0, :4], layer.kernel.path: np.ones((4, 2)), layer.bias.path: np.full(2, 0.5)}
    for node in (x @ layer.kernel + layer.bias, layer.bias + x @ layer.kernel):
        np.testing.assert_allclose(compute(node, **values), A[:, 0, :4] @ np.ones((4, 2)) + 0.5)


def test_nodes_are_still_keys():
    a, b = NODES["a"], NODES["b"]
    assert {a: 1, b: 2}[a] == 1
    assert a == a
    assert a != b
    assert a in [b, a]


MISTAKES = [
    (lambda a, b: a if a > 0 else b, TypeError, "neither true nor false", "ops.where(condition, a, b)"),
    (lambda a, b: a * (a == b), TypeError, "operations take nodes and numbers", "ops.equal(a, b)"),
    (lambda a, b: list(a), TypeError, "cannot be iterated over", "x[:, 0]"),
    (lambda a, b: a[0], ValueError, "a single image cannot be picked", "x[:, 0]"),
    (lambda a, b: a[:, 4], ValueError, "cannot be compiled", "numbers from -4 to 3"),
    (lambda a, b: a[::2], ValueError, "a single image cannot be picked", "a colon for the batch axis"),
    (lambda a, b: a[:, [0, 4]], ValueError, "no such positions", "-4 to 3"),
    (lambda a, b: a[:, [0, 1], 2], ValueError, "cannot be compiled", "ops.take"),
    (lambda a, b: a[:, [True, False]], ValueError, "cannot be compiled", "ops.take"),
    (lambda a, b: a + np.ones((3, 4, 5)), ValueError, "does not go together with values of images", "1 in front of 2"),
    (lambda a, b: a + np.ones((1, 1, 4, 5)), ValueError, "does not go together", "2 axes or fewer"),
    (lambda a, b: a * np.array(["2"]), TypeError, "operations take nodes and numbers", "'2'"),
    (lambda a, b: a[:, 2:2], ValueError, "cannot be compiled", "received: [:, 2:2]"),
    (lambda a, b: a[:, :, :, 0], ValueError, "more entries than there are axes", "3 at most"),
    (lambda a, b: a[:, 0] @ b[:, 0], ValueError, "with a matrix of weights", "ops.sum(a * b, axis=-1)"),
    (lambda a, b: a @ b[:, None], ValueError, "as many on both", "ops.sum(a * b, axis=-1)"),
    (lambda a, b: np.mean(a), TypeError, "NumPy's mean cannot take", "ops.mean(x, axis=-1)"),
    (lambda a, b: np.cbrt(a), TypeError, "NumPy's cbrt cannot take", "planish.ops"),
    (lambda a, b: np.add.reduce(a), TypeError, "NumPy's add cannot take", "planish.ops"),
    (lambda a, b: np.asarray(a), TypeError, "NumPy's arrays cannot take", "planish.ops"),
    (lambda a, b: a.mean(), AttributeError, "has no `mean`", "ops.mean(x, axis=-1)"),
    (lambda a, b: a * "2", TypeError, "operations take nodes and numbers", "'2'"),
]


@pytest.mark.parametrize(("mistake", "kind", "what", "helps"), MISTAKES)
def test_what_cannot_be_computed_is_explained(mistake, kind, what, helps):
    with pytest.raises(kind) as caught:
        mistake(NODES["a"], NODES["b"])
    assert what in str(caught.value)
    assert helps in str(caught.value)


def test_reflected_operators_keep_their_order():
    for name in ("sub", "truediv", "pow", "mod", "floordiv"):
        function = getattr(operator, name)
        np.testing.assert_allclose(compute(function(3.0, NODES["b"]), b=B), function(3.0, B), rtol=1e-12)
