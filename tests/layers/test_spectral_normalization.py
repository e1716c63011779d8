"""SpectralNormalization, layers that assign trained weights, and masks."""

import json

import numpy as np
import pytest

import planish
from planish.layers import (
    BatchNormalization,
    Conv2D,
    Dense,
    Flatten,
    Input,
    Layer,
    LayerNormalization,
    SpectralNormalization,
    Wrapper,
)
from planish.models import Model, Sequential
from planish.optimizers import SGD, AdamW, LossScaleOptimizer, Muon

from .support import error_of, images


def normalized(kernel, u, iterations=1):
    """The next kernel and vector, as Keras computes them, in float64."""
    matrix = np.float64(kernel).reshape(-1, kernel.shape[-1])
    for _ in range(iterations):
        v = u @ matrix.T
        v /= np.linalg.norm(v)
        u = v @ matrix
        u /= np.linalg.norm(u)
    return kernel / (v @ matrix @ u.T), u


def model_of(layer, shape, **compiled):
    model = Sequential([Input(shape), layer, Flatten()])
    model.compile(compiled.pop("optimizer", SGD(0.1)), "mse", **compiled)
    return model


@pytest.mark.parametrize("eager", [False, True], ids=["compiled", "interpreted"])
@pytest.mark.parametrize("iterations", [1, 3])
def test_the_optimizer_goes_on_from_the_normalized_kernel(eager, iterations):
    layer = SpectralNormalization(Dense(3, use_bias=False), power_iterations=iterations)
    model = model_of(layer, (4,), run_eagerly=eager)
    x, y = images(5, 4), images(5, 3, seed=1)
    kernel, u = layer.get_weights()
    for _ in range(3):
        kernel, u = normalized(kernel, u, iterations)
        kernel = kernel - 0.1 * (2 / 15) * x.T @ (x @ kernel - y)
        model.train_on_batch(x, y)
    np.testing.assert_allclose(layer.kernel.value, kernel, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(layer.vector_u.value, u, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(model.predict(x, verbose=0), x @ kernel, rtol=1e-4, atol=1e-5)


def test_many_iterations_give_the_largest_singular_value():
    layer = SpectralNormalization(Conv2D(5, 3), power_iterations=200)
    layer.build((None, 6, 6, 2))
    matrix = layer.kernel.value.reshape(-1, 5).copy()
    layer(images(2, 6, 6, 2), training=True)
    expected = matrix / np.linalg.svd(matrix)[1][0]
    np.testing.assert_allclose(layer.kernel.value.reshape(-1, 5), expected, rtol=1e-4, atol=1e-5)


def test_a_convolution_trains_alike_compiled_and_interpreted():
    made = []
    for eager in (False, True):
        planish.utils.clear_session(free_memory=False)
        planish.utils.set_random_seed(3)
        layer = SpectralNormalization(Conv2D(5, 3, activation="tanh", kernel_regularizer="l2"))
        model = model_of(layer, (7, 6, 2), optimizer="adam", run_eagerly=eager)
        for seed in range(3):
            model.train_on_batch(images(4, 7, 6, 2, seed=seed), images(4, 100, seed=seed))
        made.append(model.get_weights())
    for one, other in zip(*made, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


def test_nothing_changes_at_inference_and_zeros_stay():
    layer = SpectralNormalization(Dense(3, kernel_initializer="zeros"))
    x = images(5, 4)
    before = [weight.copy() for weight in (layer(x), layer)[1].get_weights()]
    layer(x)
    layer(x, training=True)
    for one, other in zip(before, layer.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_weights_names_configuration_and_summary(capsys):
    layer = SpectralNormalization(Dense(3, name="d"), 2, name="s")
    model = Sequential([Input((4,)), layer])
    assert [weight.path for weight in model.weights] == ["s/d/kernel", "s/vector_u", "s/d/bias"]
    assert [weight.path for weight in model.trainable_weights] == ["s/d/kernel", "s/d/bias"]
    config = json.loads(json.dumps(layer.get_config()))
    assert (config["power_iterations"], config["layer"]["class_name"]) == (2, "Dense")
    again = SpectralNormalization.from_config(config)
    assert (again.layer.units, again.get_config()["power_iterations"]) == (3, 2)
    model.summary()
    assert "18" in capsys.readouterr().out


def test_files_have_the_state(tmp_path):
    model = model_of(SpectralNormalization(Conv2D(3, 2)), (5, 5, 2))
    model.train_on_batch(images(4, 5, 5, 2), images(4, 48))
    model.save(tmp_path / "m.keras")
    loaded = planish.models.load_model(tmp_path / "m.keras")
    for one, other in zip(model.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    for each in (model, loaded):
        each.train_on_batch(images(4, 5, 5, 2), images(4, 48))
    np.testing.assert_array_equal(loaded.layers[0].kernel.value, model.layers[0].kernel.value)


def test_copies_have_kernels_of_their_own():
    layer = SpectralNormalization(Dense(3))
    layer.build((None, 4))
    copy = planish.models.clone_model(Sequential([Input((4,)), layer])).layers[0]
    assert copy.kernel is copy.layer.kernel
    assert copy.kernel is not layer.kernel
    fresh = layer.unbuilt_copy()
    fresh.build((None, 4))
    assert fresh.kernel is fresh.layer.kernel is not layer.kernel


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: SpectralNormalization(Dense(3), power_iterations=0), "argument 'power_iterations' is wrong"),
        (lambda: SpectralNormalization(3), "argument .layer. is wrong"),
        (lambda: SpectralNormalization(Flatten())(images(2, 3)), "Flatten 'flatten' has no kernel to be normalized"),
        (lambda: SpectralNormalization(Conv2D(3, 3))(images(2, 3)), "the input has the wrong rank"),
    ],
)
def test_what_is_refused(make, text):
    with pytest.raises(ValueError, match=text):
        make()


def test_a_wrapper_of_ones_own():
    class Twice(Wrapper):
        def call(self, x):
            return self.layer(x) * 2

    x = images(3, 4)
    layer = Twice(Dense(2))
    model = Sequential([Input((4,)), layer])
    np.testing.assert_allclose(model.predict(x, verbose=0), 2 * layer.layer(x), rtol=1e-5)
    assert len(layer.weights) == 2
    assert Twice.from_config(layer.get_config()).layer.units == 2


class Shrinking(Layer):
    """Halves its own trained weight in each call, and multiplies with what is left."""

    def build(self, input_shape):
        self.w = self.add_weight(shape=(), initializer="ones", name="w")

    def call(self, x):
        self.w.assign(self.w * 0.5)
        return x * self.w


def test_training_goes_on_from_what_a_layer_assigns_to_a_trained_weight():
    layer = Shrinking()
    model = model_of(layer, (1,))
    model.train_on_batch(np.ones((2, 1)), np.zeros((2, 1)))
    np.testing.assert_allclose(layer.w.value, 0.5 - 0.1 * 2 * 0.5, rtol=1e-5)


def test_a_weight_that_is_assigned_twice_has_the_gradient_of_both_values():
    x, layer = Input((1,)), Shrinking()
    first = layer(x)
    second = layer(x)
    model = Model(x, planish.layers.Add()([first, second]))
    model.compile(SGD(0.1), "mse")
    model.train_on_batch(np.ones((2, 1)), np.zeros((2, 1)))
    np.testing.assert_allclose(layer.w.value, 0.25 - 0.1 * 2 * 2 * 0.75, rtol=1e-5)  # y = w1 + w2 = 0.5 + 0.25


def test_weights_that_do_not_decay_do_not_after_an_assignment_either():
    values = {}
    for excluded in (False, True):
        optimizer = AdamW(0.1, weight_decay=0.5)
        if excluded:
            optimizer.exclude_from_weight_decay(var_names=["w"])
        layer = Shrinking()
        model = model_of(layer, (1,), optimizer=optimizer)
        model.train_on_batch(np.ones((2, 1)), np.zeros((2, 1)))
        values[excluded] = float(layer.w.value)
    np.testing.assert_allclose(values[True], 0.5 - 0.1, rtol=1e-4)
    np.testing.assert_allclose(values[False], 0.5 * 0.95 - 0.1, rtol=1e-4)


@pytest.mark.parametrize("make", [Muon, lambda rate: LossScaleOptimizer(SGD(rate))], ids=["muon", "scaled"])
def test_other_optimizers_go_on_from_it_too(make):
    layer = SpectralNormalization(Dense(3, kernel_initializer="identity", use_bias=False), power_iterations=3)
    layer.build((None, 3))
    layer.kernel.assign(4 * np.eye(3))
    model = model_of(layer, (3,), optimizer=make(0.0))
    model.train_on_batch(images(4, 3), images(4, 3))
    np.testing.assert_allclose(layer.kernel.value, np.eye(3), atol=1e-5)


@pytest.mark.parametrize("layer", [BatchNormalization(), LayerNormalization(), Dense(3), planish.layers.Softmax()])
def test_masks_are_refused(layer):
    assert error_of(lambda: layer(images(2, 3), mask=np.ones(2)), TypeError) == [
        f"{type(layer).__name__} was called with a mask",
        "  rule:     Keras's masks are for the steps of sequences; planish's layers compute every number",
        "  expected: a call without `mask`",
        "  remedy:   x = ops.where(mask, x, 0.0) before the layer",
    ]
    assert layer(images(2, 3), mask=None).shape == (2, 3)
