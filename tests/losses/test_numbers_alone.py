"""Losses of outputs [n], one number for each image, and of a single number for the whole batch. Values without sample
weights are those of Keras 3.15.1, which does not take weights there."""

import numpy as np
import pytest

import planish as keras
from planish import Input, Model, ops

X = np.arange(12, dtype=np.float32).reshape(4, 3) / 10
Y = np.arange(4) / 5
SUMS = X.sum(axis=-1)


@pytest.fixture
def model():
    x = Input((3,))
    return Model(x, ops.sum(x, axis=-1))


ELEMENTS = {
    "mse": (SUMS - Y) ** 2,
    "mae": np.abs(SUMS - Y),
    "huber": np.where(np.abs(SUMS - Y) > 1, np.abs(SUMS - Y) - 0.5, (SUMS - Y) ** 2 / 2),
    "hinge": np.maximum(1 - Y * SUMS, 0),
    "poisson": SUMS - Y * np.log(SUMS + 1e-7),
}


@pytest.mark.parametrize("loss", ELEMENTS)
def test_a_loss_of_one_number_for_each_image(model, loss):
    model.compile("sgd", loss)
    weights = np.array([1.0, 2.0, 0.0, 0.5])
    assert model.evaluate(X, Y, verbose=0) == pytest.approx(ELEMENTS[loss].mean(), rel=1e-5)
    assert model.evaluate(X, Y[:, None], verbose=0) == pytest.approx(ELEMENTS[loss].mean(), rel=1e-5)
    weighted = model.evaluate(X, Y, sample_weight=weights, verbose=0)
    assert weighted == pytest.approx((weights * ELEMENTS[loss]).mean(), rel=1e-5)


def test_fit_and_metrics_take_them(model):
    model.compile("sgd", "mse", metrics=["mae"])
    logs = model.fit(X, Y, verbose=0).history
    assert logs["loss"] == [pytest.approx(2.435)]
    assert logs["mae"] == [pytest.approx(1.35)]


def test_it_trains():
    x = Input((3,))
    model = Model(x, ops.sum(keras.layers.Dense(2, kernel_initializer="ones")(x), axis=-1))
    model.compile(keras.optimizers.SGD(0.01), "mse")
    losses = model.fit(X, Y, epochs=20, verbose=0).history["loss"]
    assert losses[-1] < losses[0] / 2


@pytest.mark.parametrize("loss", ["kl_divergence", "cosine_similarity", "categorical_hinge", "binary_crossentropy"])
def test_losses_of_vectors_take_the_batch_for_one(model, loss):
    model.compile("sgd", loss)
    expected = keras.losses.get(loss)(Y, SUMS)
    assert model.evaluate(X, Y, verbose=0) == pytest.approx(float(expected), rel=1e-4)


@pytest.mark.parametrize("loss", ["categorical_crossentropy", "sparse_categorical_crossentropy"])
def test_cross_entropies_of_classes_need_a_number_for_each_class(model, loss):
    model.compile("sgd", loss)
    with pytest.raises(ValueError, match=rf"loss '{loss}' needs a number for each class\n  expected: outputs of shape"):
        model.evaluate(X, np.zeros(4, int), verbose=0)


def test_a_loss_of_ones_own_may_take_the_mean_along_the_last_axis(model):
    model.compile("sgd", lambda y, p: ops.mean(ops.square(y - p), axis=-1))
    assert model.evaluate(X, Y, verbose=0) == pytest.approx(2.435)


def test_one_number_for_the_whole_batch_meets_the_targets_of_all_images():
    x = Input((3,))
    model = Model(x, ops.mean(x))
    model.compile("sgd", "mse", metrics=["mae"])
    loss, error = model.train_on_batch(X * 10, np.arange(4.0))
    assert loss == pytest.approx(17.25)
    assert error == pytest.approx(4.0)
