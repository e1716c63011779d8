"""Values of every activation against its formula, and the ways to name one."""

import math

import numpy as np
import pytest

from planish import activations, primitives

X = np.linspace(-7, 7, 141).reshape(3, 47)
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
}


@pytest.mark.parametrize("name", FORMULAS)
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-12), (np.float32, 2e-6)])
def test_values(name, dtype, tolerance):
    y = activations.get(name)(X.astype(dtype))
    assert y.dtype == dtype
    np.testing.assert_allclose(y, FORMULAS[name](X), rtol=tolerance, atol=tolerance)


def test_every_activation_is_tested():
    assert set(FORMULAS) == set(activations.names())


def test_settings():
    np.testing.assert_allclose(
        activations.relu(X, negative_slope=0.1, max_value=4.0, threshold=1.5),
        np.where(X >= 4, 4, np.where(X >= 1.5, X, 0.1 * (X - 1.5))),
    )
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
    with pytest.raises(ValueError, match="softmax: axis 0 is not an axis of an image"):
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


def test_unknown_names():
    with pytest.raises(ValueError, match=r"unknown activation 'sofmax'(\n.*)*did you mean 'softmax'"):
        activations.get("sofmax")
    with pytest.raises(TypeError, match="an activation was expected"):
        activations.get(3)


def test_lambdas_cannot_be_saved():
    with pytest.raises(TypeError, match="cannot be written into a configuration"):
        activations.serialize(lambda x: x)
