"""Averages of weights take the place of the weights where Keras's SwapEMAWeights puts them."""

import numpy as np
import pytest

from planish.callbacks import Callback, SwapEMAWeights
from planish.layers import Dense, Input
from planish.models import Sequential
from planish.optimizers import SGD, LossScaleOptimizer

X, Y = np.arange(12, dtype=np.float32).reshape(6, 2) / 10, np.ones((6, 1), np.float32)


class See(Callback):
    """What weights and averages are at every hook."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def see(self, hook):
        weight = self.model.trainable_weights[0]
        optimizer = getattr(self.model.optimizer, "inner_optimizer", self.model.optimizer)
        average = optimizer.slots(weight)["average"] if optimizer.built else weight
        self.seen.append((hook, weight.numpy(), average.numpy()))

    def on_epoch_begin(self, epoch, logs=None):
        self.see("epoch_begin")

    def on_epoch_end(self, epoch, logs=None):
        self.see("epoch_end")

    def on_test_begin(self, logs=None):
        self.see("test_begin")

    def on_test_end(self, logs=None):
        self.see("test_end")

    def on_predict_end(self, logs=None):
        self.see("predict_end")


def model_with(optimizer):
    model = Sequential([Input((2,)), Dense(1)])
    model.compile(optimizer, "mse")
    model.set_weights([np.array([[0.5], [-0.5]]), np.zeros(1)])
    return model


def averages(steps):
    """Weights and averages after each epoch of one batch, in float64."""
    kernel, bias = np.array([[0.5], [-0.5]]), np.zeros(1)
    average = kernel
    for step in range(steps):
        error = 2 * (X @ kernel + bias - Y) / len(X)
        kernel, bias = kernel - 0.1 * X.T @ error, bias - 0.1 * error.sum(axis=0)
        average = kernel if not step else 0.5 * average + 0.5 * kernel
        yield kernel, average


@pytest.mark.parametrize("wrap", [lambda optimizer: optimizer, LossScaleOptimizer])
def test_evaluation_sees_the_averages(wrap):
    model, see = model_with(wrap(SGD(0.1, use_ema=True, ema_momentum=0.5))), See()
    model.fit(X, Y, epochs=2, batch_size=6, validation_data=(X, Y), callbacks=[SwapEMAWeights(), see], verbose=0)
    (_, _), (kernel, average) = averages(2)
    hooks = [hook for hook, _, _ in see.seen]
    assert hooks == ["epoch_begin", "test_begin", "test_end", "epoch_end"] * 2
    for (_, weight, kept), swapped in zip(see.seen[-3:], (True, False, False), strict=True):
        np.testing.assert_allclose(weight, average if swapped else kernel, rtol=1e-5)
        np.testing.assert_allclose(kept, kernel if swapped else average, rtol=1e-5)


def test_later_callbacks_see_the_averages_at_the_end_of_an_epoch():
    model, see = model_with(SGD(0.1, use_ema=True, ema_momentum=0.5)), See()
    model.fit(X, Y, epochs=2, batch_size=6, callbacks=[SwapEMAWeights(swap_on_epoch=True), see], verbose=0)
    expected = list(averages(2))
    (_, _, _), (_, first, _), (_, second, _), (_, last, kept) = see.seen
    np.testing.assert_allclose(first, expected[0][1], rtol=1e-5)
    np.testing.assert_allclose(second, expected[0][0], rtol=1e-5)
    np.testing.assert_allclose(last, expected[1][1], rtol=1e-5)
    np.testing.assert_array_equal(last, kept)  # the averages stay
    np.testing.assert_array_equal(model.get_weights()[0], last)


def test_predictions_and_evaluations_leave_the_weights_as_they_were():
    model = model_with(SGD(0.1, use_ema=True, ema_momentum=0.5, ema_overwrite_frequency=None))
    model.train_on_batch(X, Y)
    model.train_on_batch(X, Y)
    (_, _), (kernel, average) = averages(2)
    swap = SwapEMAWeights()
    before = model.predict(X, verbose=0)
    swapped = model.predict(X, callbacks=[swap], verbose=0)
    assert not np.allclose(before, swapped)
    np.testing.assert_array_equal(model.predict(X, verbose=0), before)  # Keras leaves the averages in the model
    model.evaluate(X, Y, callbacks=[swap], verbose=0)
    np.testing.assert_allclose(model.get_weights()[0], kernel, rtol=1e-5)
    np.testing.assert_allclose(model.optimizer.slots(model.trainable_weights[0])["average"], average, rtol=1e-5)


def test_an_optimizer_without_averages_is_told():
    with pytest.raises(ValueError, match="SwapEMAWeights: the optimizer keeps no averages of weights"):
        model_with(SGD()).fit(X, Y, callbacks=[SwapEMAWeights()], verbose=0)
