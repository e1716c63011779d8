"""Activation, ReLU, LeakyReLU, ELU, Softmax."""

import numpy as np
import pytest

import planish as keras
from planish import activations
from planish.layers import ELU, Activation, Conv2D, Dense, LeakyReLU, ReLU, Softmax

from .support import again, images

X = images(3, 4, 5)


def test_activation_by_name_and_by_function():
    np.testing.assert_array_equal(Activation("relu")(X), np.maximum(X, 0))
    np.testing.assert_array_equal(Activation(activations.relu)(X), np.maximum(X, 0))
    layer = Activation("tanh")
    assert layer.get_config()["activation"] == "tanh"
    assert again(layer)(X).tolist() == layer(X).tolist()


def test_a_layer_as_an_activation():
    x = images(4, 5)
    layer = Dense(3, activation=LeakyReLU(0.1))
    layer.build(x.shape)
    product = x @ layer.kernel.value
    np.testing.assert_allclose(layer(x), np.where(product >= 0, product, 0.1 * product), rtol=1e-5, atol=1e-6)
    assert layer.get_config()["activation"]["class_name"] == "LeakyReLU"
    assert again(layer).get_config() == layer.get_config()


@pytest.mark.parametrize("layer", [Dense(3, "softmax"), Conv2D(3, 1, activation="softmax"), Activation("softmax")])
def test_an_activation_that_is_set_later_holds_at_once(layer):
    """As every explanation of Grad-CAM does with the last layer, here also in a model that has predicted."""
    x = images(2, 2, 2, 3)
    model = keras.Sequential([keras.Input(x.shape[1:]), layer])
    before = model.predict(x, verbose=0)
    model.layers[-1].activation = None
    scores = keras.Model(model.inputs, model.layers[-1].output)(x)
    np.testing.assert_allclose(activations.softmax(scores), before, rtol=1e-5)
    np.testing.assert_allclose(model.predict(x, verbose=0), scores, rtol=1e-5, atol=1e-6)
    assert layer.get_config()["activation"] == "linear"
    layer.activation = "softmax"
    np.testing.assert_array_equal(model.predict(x, verbose=0), before)
    with pytest.raises(ValueError, match="unknown activation 'sofmax'"):
        layer.activation = "sofmax"


def test_relu_with_all_settings():
    layer = ReLU(max_value=1.0, negative_slope=0.25, threshold=0.5)
    expected = np.where(X >= 1, 1, np.where(X > 0.5, X, 0.25 * (X - 0.5)))
    np.testing.assert_allclose(layer(X), expected, rtol=1e-6)
    assert layer.name == "re_lu"
    assert again(layer).get_config() == layer.get_config()


def test_leaky_relu():
    np.testing.assert_allclose(LeakyReLU()(X), np.where(X >= 0, X, 0.3 * X), rtol=1e-5)
    assert LeakyReLU(alpha=0.1).get_config()["negative_slope"] == 0.1
    assert LeakyReLU().name == "leaky_re_lu_2"


def test_elu():
    np.testing.assert_allclose(ELU(0.5)(X), np.where(X > 0, X, 0.5 * np.expm1(X)), rtol=1e-5)
    assert again(ELU(0.5)).alpha == 0.5


@pytest.mark.parametrize("axis", [-1, 1, 2, -2])
def test_softmax(axis):
    exponentials = np.exp(X)
    expected = exponentials / exponentials.sum(axis=axis, keepdims=True)
    np.testing.assert_allclose(Softmax(axis)(X), expected, rtol=1e-5)


@pytest.mark.parametrize("axis", [[1, 2], (3, 1), [-1, 2], [1, 2, 3], [2]])
def test_softmax_over_several_axes(axis):
    maps = np.random.default_rng(1).normal(size=(2, 3, 4, 5)).astype(np.float32)
    exponentials = np.exp(maps)
    expected = exponentials / exponentials.sum(axis=tuple(axis), keepdims=True)
    np.testing.assert_allclose(Softmax(axis)(maps), expected, rtol=1e-5)
    assert again(Softmax(axis)).axis == list(axis)


def test_softmax_names_an_axis_once():
    with pytest.raises(ValueError, match="an axis is named twice"):
        Softmax([1, 1])(X)


def test_softmax_over_the_batch_is_refused():
    with pytest.raises(ValueError, match="axis 0 is the batch"):
        Softmax(axis=0)
    with pytest.raises(
        ValueError, match=r"Softmax 'softmax_1': axis -3 is not an axis of the image\n  expected: +1 to 2, or -2 to -1"
    ):
        Softmax(axis=-3)(X)


@pytest.mark.parametrize(
    "make", [lambda: ReLU(max_value=-1), lambda: ReLU(negative_slope="a"), lambda: LeakyReLU(-0.1), lambda: ELU(None)]
)
def test_wrong_arguments(make):
    with pytest.raises(ValueError, match=r"argument '.*' is wrong"):
        make()
