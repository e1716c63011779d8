"""Values of every activation against its formula, and the ways to name one."""

import json
import math

import numpy as np
import pytest

import planish
from planish import activations, primitives
from planish.evaluation import evaluate
from tests.primitives.support import check_gradients

X = np.linspace(-7, 7, 144).reshape(3, 48)
NORMAL = np.vectorize(lambda x: 0.5 * (1 + math.erf(x / math.sqrt(2))))
SELU_ALPHA, SELU_SCALE = 1.6732632423543772, 1.0507009873554805


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


FORMULAS = {
    "linear": lambda x: x,
    "relu": lambda x: np.maximum(x, 0),
    "leaky_relu": lambda x: np.where(x >= 0, x, 0.2 * x),
    "relu6": lambda x: np.clip(x, 0, 6),
    "sigmoid": sigmoid,
    "tanh": np.tanh,
    "softmax": lambda x: np.exp(x) / np.exp(x).sum(axis=-1, keepdims=True),
    "log_softmax": lambda x: x - np.log(np.exp(x).sum(axis=-1, keepdims=True)),
    "elu": lambda x: np.where(x > 0, x, np.expm1(x)),
    "selu": lambda x: SELU_SCALE * np.where(x > 0, x, SELU_ALPHA * np.expm1(x)),
    "gelu": lambda x: x * NORMAL(x),
    "softplus": lambda x: np.log1p(np.exp(x)),
    "softsign": lambda x: x / (1 + np.abs(x)),
    "silu": lambda x: x * sigmoid(x),
    "swish": lambda x: x * sigmoid(x),
    "exponential": np.exp,
    "hard_sigmoid": lambda x: np.clip(x / 6 + 0.5, 0, 1),
    "hard_silu": lambda x: x * np.clip(x / 6 + 0.5, 0, 1),
    "hard_swish": lambda x: x * np.clip(x / 6 + 0.5, 0, 1),
    "hard_tanh": lambda x: np.clip(x, -1, 1),
    "mish": lambda x: x * np.tanh(np.log1p(np.exp(x))),
    "log_sigmoid": lambda x: np.log(sigmoid(x)),
    "celu": lambda x: np.where(x > 0, x, np.expm1(x)),
    "glu": lambda x: x[:, :24] * sigmoid(x[:, 24:]),
    "hard_shrink": lambda x: np.where(np.abs(x) > 0.5, x, 0),
    "soft_shrink": lambda x: np.sign(x) * np.maximum(np.abs(x) - 0.5, 0),
    "tanh_shrink": lambda x: x - np.tanh(x),
    "threshold": lambda x: np.where(x > 0.5, x, -3),
    "squareplus": lambda x: (x + np.sqrt(x * x + 4)) / 2,
    "sparse_plus": lambda x: np.where(x <= -1, 0, np.where(x < 1, (x + 1) ** 2 / 4, x)),
    "sparse_sigmoid": lambda x: np.clip((x + 1) / 2, 0, 1),
    "sparsemax": lambda x: np.stack([nearest_in_simplex(row) for row in x]),
}
NEEDED = {"threshold": (0.5, -3.0)}


def nearest_in_simplex(row):
    """max(row - limit, 0) for the limit, found by halving, at which the sum is 1."""
    low, high = row.max() - 1, row.max()
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if np.maximum(row - middle, 0).sum() > 1 else (low, middle)
    return np.maximum(row - low, 0)


@pytest.mark.parametrize("name", FORMULAS)
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-12), (np.float32, 2e-6)])
def test_values(name, dtype, tolerance):
    y = activations.get(name)(X.astype(dtype), *NEEDED.get(name, ()))
    assert y.dtype == dtype
    np.testing.assert_allclose(y, FORMULAS[name](X), rtol=tolerance, atol=tolerance)


def test_every_activation_is_tested():
    assert set(FORMULAS) == set(activations.names())


def test_settings():
    np.testing.assert_allclose(
        activations.relu(X, negative_slope=0.1, max_value=4.0, threshold=1.5),
        np.where(X >= 4, 4, np.where(X > 1.5, X, 0.1 * (X - 1.5))),
    )
    x = np.array([-1.5, -1.0, -0.5, 0.5, 2.0])
    np.testing.assert_array_equal(activations.relu(x, threshold=0.5), [0, 0, 0, 0, 2.0])  # at the threshold, as Keras
    np.testing.assert_array_equal(activations.relu(x, threshold=-1.0), [0, 0, -0.5, 0.5, 2.0])
    np.testing.assert_array_equal(activations.relu(x, threshold=-1.0, max_value=1.0), [0, 0, 0, 0.5, 1.0])
    np.testing.assert_allclose(activations.celu(X, 0.3), np.where(X > 0, X, 0.3 * np.expm1(X / 0.3)), atol=1e-12)
    np.testing.assert_allclose(activations.hard_shrink(X, 2), np.where(np.abs(X) > 2, X, 0))
    np.testing.assert_allclose(activations.squareplus(X, b=1), (X + np.sqrt(X * X + 1)) / 2)
    np.testing.assert_allclose(activations.sparsemax(X, axis=0), FORMULAS["sparsemax"](X.T).T, atol=1e-12)
    np.testing.assert_allclose(activations.relu(X, 0.5), np.where(X >= 0, X, 0.5 * X))
    np.testing.assert_allclose(activations.elu(X, alpha=0.3), np.where(X > 0, X, 0.3 * np.expm1(X)))
    np.testing.assert_allclose(activations.leaky_relu(X, 0.05), np.where(X > 0, X, 0.05 * X))
    inner = np.tanh(math.sqrt(2 / math.pi) * (X + 0.044715 * X**3))
    np.testing.assert_allclose(activations.gelu(X, approximate=True), 0.5 * X * (1 + inner), atol=1e-12)
    np.testing.assert_allclose(activations.softmax(X, axis=0).sum(axis=0), 1.0)


def test_nodes_give_nodes():
    x = primitives.input_("x", (5, 3))
    y = activations.softmax(x, axis=1)
    assert (y.shape, y.batched) == ((5, 3), True)
    with pytest.raises(ValueError, match="softmax cannot be compiled along the batch axis"):
        activations.softmax(x, axis=0)


def test_ways_to_name_one():
    assert activations.get(None) is activations.linear
    assert activations.get("relu") is activations.relu
    assert activations.get(activations.tanh) is activations.tanh
    assert activations.deserialize("swish") is activations.silu
    config = {"module": "builtins", "class_name": "function", "config": "relu", "registered_name": "relu"}
    assert activations.get(config) is activations.relu
    for name in activations.names():
        assert activations.get(activations.serialize(activations.get(name))) is activations.get(name)


@pytest.mark.parametrize("name", FORMULAS)
def test_a_function_of_a_symbolic_tensor_is_part_of_a_model(name):
    x = planish.Input((48,))
    y = activations.get(name)(x, *NEEDED.get(name, ()))
    model = planish.Model(x, planish.layers.Flatten()(y))
    rows = X.astype(np.float32)
    np.testing.assert_allclose(model.predict(rows, verbose=0), FORMULAS[name](X), rtol=2e-5, atol=2e-6)
    again = planish.Model.from_config(json.loads(json.dumps(model.get_config())))
    np.testing.assert_array_equal(again.predict(rows, verbose=0), model.predict(rows, verbose=0))


@pytest.mark.parametrize("name", FORMULAS)
def test_gradients_are_those_of_differences(name):
    x = np.random.default_rng(3).uniform(-2.9, 2.9, (3, 6))
    check_gradients(lambda node: activations.get(name)(node, *NEEDED.get(name, ())), [x])


def test_sparsemax_of_large_numbers_has_the_sum_one():
    x = np.array([[1e30, 1e30, 0.0], [3e8, 3e8 - 64, -3e8]], np.float32)
    sparse = activations.sparsemax
    np.testing.assert_array_equal(sparse(x), [[0.5, 0.5, 0], [1, 0, 0]])
    np.testing.assert_array_equal(evaluate(sparse, x), [[0.5, 0.5, 0], [1, 0, 0]])
    lowest = np.full((1, 4), np.finfo(np.float32).min) * [0, 1, 1, 1]
    np.testing.assert_array_equal(sparse(lowest.astype(np.float32)), [[1, 0, 0, 0]])
    np.testing.assert_array_equal(evaluate(sparse, lowest.astype(np.float32)), [[1, 0, 0, 0]])


def test_unknown_names():
    with pytest.raises(ValueError, match=r"unknown activation 'sofmax'(\n.*)*did you mean 'softmax'"):
        activations.get("sofmax")
    with pytest.raises(TypeError, match="an activation was expected"):
        activations.get(3)


def test_lambdas_cannot_be_saved():
    with pytest.raises(TypeError, match="cannot be written into a configuration"):
        activations.serialize(lambda x: x)
