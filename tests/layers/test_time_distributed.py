"""A layer or a model on each step of a sequence: the same weights for all, one step after the other."""

import json

import numpy as np
import pytest

import planish as keras
from planish import Input, Model, Sequential
from planish.layers import (
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePooling1D,
    GlobalAveragePooling2D,
    Lambda,
    LeakyReLU,
    TimeDistributed,
    Wrapper,
)
from planish.optimizers import SGD

from .support import again, compiled_as_interpreted, error_of, images

FILMS = images(3, 4, 7, 6, 2)


def image_model():
    return Sequential([Input((7, 6, 2)), Conv2D(3, 3, name="c"), Flatten(), Dense(5, name="d")], name="looking")


def by_step(layer, x):
    return np.stack([np.asarray(layer(x[:, step])) for step in range(x.shape[1])], 1)


@pytest.mark.parametrize("inner", [Dense(4), Conv2D(3, 3, strides=2), Flatten(), GlobalAveragePooling2D(), LeakyReLU()])
def test_each_step(inner):
    layer = TimeDistributed(inner)
    y = layer(FILMS)
    np.testing.assert_allclose(y, by_step(inner, FILMS), rtol=1e-5, atol=1e-5)
    assert layer.compute_output_shape((None, *FILMS.shape[1:])) == (None, *y.shape[1:])
    assert layer.compute_output_shape((None, None, *FILMS.shape[2:])) == (None, None, *y.shape[2:])


@pytest.mark.parametrize("inner", [Dense(4, activation="tanh"), Conv2D(3, 3), LeakyReLU()])
def test_compiled(inner):
    compiled_as_interpreted(TimeDistributed(inner), *FILMS.shape)


def film_model(inner):
    film = Input((4, 7, 6, 2))
    return Model(film, Dense(3)(GlobalAveragePooling1D()(TimeDistributed(inner)(film))))


def test_an_image_model_learns_through_all_steps():
    inner = image_model()
    model, start = film_model(inner), inner.get_weights()
    np.testing.assert_allclose(TimeDistributed(inner)(FILMS), by_step(inner, FILMS), rtol=1e-5, atol=1e-5)
    all_weights, after = model.get_weights(), []
    for eagerly in (True, False):
        model.set_weights(all_weights)
        model.compile(SGD(0.1), "mse", run_eagerly=eagerly)
        model.train_on_batch(FILMS, images(3, 3))
        after.append(inner.get_weights())
    for old, interpreted, compiled in zip(start, *after, strict=True):
        assert np.abs(interpreted - old).max() > 0
        np.testing.assert_allclose(compiled, interpreted, rtol=1e-4, atol=1e-5)
    assert "time_distributed" in [layer.name for layer in model.layers]
    assert model.count_params() == inner.count_params() + 18


def test_a_frozen_model_inside_stays_as_it_is():
    inner = image_model()
    model = film_model(inner)
    inner.trainable = False
    before = inner.get_weights()
    model.compile(SGD(0.1), "mse")
    model.train_on_batch(FILMS, images(3, 3))
    for old, new in zip(before, inner.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    assert len(model.trainable_weights) == 2


def test_batch_normalization_sees_one_step_at_a_time():
    layer = BatchNormalization(momentum=0.5, epsilon=1e-6)
    y = TimeDistributed(layer)(FILMS, training=True)
    np.testing.assert_allclose(np.mean(y, axis=(0, 2, 3)), 0, atol=1e-5)
    mean = np.zeros(2)
    for step in range(4):
        mean = 0.5 * mean + 0.5 * FILMS[:, step].mean((0, 1, 2))
    np.testing.assert_allclose(layer.get_weights()[2], mean, rtol=1e-4, atol=1e-5)


def test_each_step_drops_its_own():
    y = np.asarray(TimeDistributed(Dropout(0.5))(np.ones((1, 8, 50), np.float32), training=True))
    assert len({tuple(step) for step in y[0]}) == 8
    np.testing.assert_array_equal(TimeDistributed(Dropout(0.5))(FILMS), FILMS)


def test_any_number_of_steps():
    film = Input((None, 7, 6, 2))
    inner = image_model()
    model = Model(film, GlobalAveragePooling1D()(TimeDistributed(inner)(film)))
    assert model.output_shape == (None, 5)
    for steps in (4, 2):
        expected = by_step(inner, FILMS[:, :steps]).mean(1)
        np.testing.assert_allclose(model.predict(FILMS[:, :steps], verbose=0), expected, rtol=1e-4, atol=1e-5)


def test_config_and_files(tmp_path):
    layer = TimeDistributed(Conv2D(3, 3, activation="relu", name="inner"), name="outer")
    assert again(layer).get_config() == layer.get_config()
    config = json.loads(json.dumps(layer.get_config()))
    assert (config["name"], config["layer"]["class_name"]) == ("outer", "Conv2D")
    model = film_model(image_model())
    model.save(tmp_path / "m.keras")
    other = keras.models.load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(other.predict(FILMS, verbose=0), model.predict(FILMS, verbose=0))
    assert keras.models.clone_model(model).count_params() == model.count_params()


def test_wrong_layers_and_inputs():
    assert error_of(lambda: TimeDistributed("dense"))[:3] == [
        "TimeDistributed: argument 'layer' is wrong",
        "  expected: a layer or a model",
        "  received: 'dense'",
    ]
    assert error_of(lambda: TimeDistributed(Dense(2))(images(2, 3))) == [
        "TimeDistributed 'time_distributed': the input has no axis of steps",
        "  expected:    rank 3 or more: (batch, steps, ...)",
        "  received:    rank 2",
        "  input shape: (None, 3)",
        "  remedy:      Dense(...) without TimeDistributed",
    ]
    with pytest.raises(TypeError, match="the layer inside gives several outputs"):
        TimeDistributed(Lambda(lambda x: [x, x]))(FILMS)


def test_a_wrapper_of_ones_own():
    class Residual(Wrapper):
        def call(self, x):
            return x + self.layer(x)

    x = images(4, 3)
    layer = Residual(Dense(3))
    y = layer(x)
    np.testing.assert_allclose(y, x + np.asarray(layer.layer(x)), rtol=1e-6)
    assert [weight.path for weight in layer.weights] == ["residual/dense/kernel", "residual/dense/bias"]
    assert Residual.from_config(layer.get_config()).layer.units == 3
    with pytest.raises(ValueError, match="Residual: argument 'layer' is wrong"):
        Residual(None)
