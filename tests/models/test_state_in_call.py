"""Layers that change variables in `call`, and layers that add to the loss; numbers are those of Keras 3."""

import numpy as np
import pytest

import planish
from planish import Input, Model
from planish.layers import BatchNormalization, Dense, Layer


class Counter(Layer):
    """Counts the batches that come through, and adds the mean of each image to the loss."""

    def __init__(self, **options):
        super().__init__(**options)
        self.count = self.add_weight(shape=(), initializer="zeros", trainable=False, name="count")

    def call(self, x):
        self.count.assign_add(1.0)
        self.add_loss(planish.ops.mean(x, axis=-1))
        return x


def counting(**compiled):
    x, counter = Input((3,)), Counter()
    model = Model(x, counter(Dense(2, kernel_initializer="ones")(x)))
    model.compile("sgd", **compiled)
    return model, lambda: float(counter.count.value)


@pytest.mark.parametrize("eager", [False, True], ids=["compiled", "interpreted"])
def test_every_batch_is_counted_as_in_keras(eager):
    model, count = counting(run_eagerly=eager)
    x = np.ones((70, 3), np.float32)
    assert count() == 0
    model.predict(x, verbose=0)
    assert count() == 3  # three batches of 32, the last of 6
    model.predict(x, verbose=0)
    model.predict_on_batch(x)
    assert count() == 7
    model.fit(x, verbose=0)
    assert count() == 10
    model.evaluate(x, verbose=0)
    assert count() == 13
    model(x)
    assert count() == 14


@pytest.mark.parametrize("eager", [False, True], ids=["compiled", "interpreted"])
def test_a_value_for_each_image_counts_as_their_sum(eager):
    model, _ = counting(run_eagerly=eager)
    x = np.ones((70, 3), np.float32)
    sums = 3.0 * np.array([32, 32, 6])
    expected = sums @ [32, 32, 6] / 70
    np.testing.assert_allclose(model.evaluate(x, verbose=0), expected, rtol=1e-5)
    before = model.get_weights()[1]
    loss = model.train_on_batch(x[:5])
    np.testing.assert_allclose(loss, 15.0, rtol=1e-5)
    np.testing.assert_allclose(model.get_weights()[1] - before, -0.01 * 5 * np.array([0.5, 0.5]), rtol=1e-4)


def test_added_losses_come_on_top_of_the_loss_of_compile():
    model, _ = counting(loss="mse")
    x, y = np.ones((4, 3)), np.zeros((4, 2))
    np.testing.assert_allclose(model.evaluate(x, y, verbose=0), 9.0 + 4 * 3.0, rtol=1e-5)


def test_a_model_with_neither_a_loss_nor_added_losses_is_refused():
    x = Input((3,))
    model = Model(x, Dense(2)(x))
    model.compile("sgd")
    for call in (model.fit, model.evaluate, model.train_on_batch):
        with pytest.raises(ValueError, match="compiled without a loss"):
            call(np.ones((4, 3)))


def test_a_running_mean_by_hand_is_that_of_its_formula():
    class Centred(Layer):
        def __init__(self):
            super().__init__()
            self.mean = self.add_weight(shape=(3,), initializer="zeros", trainable=False, name="mean")

        def call(self, x, training=None):
            if training:
                self.mean.assign(0.9 * self.mean + 0.1 * planish.ops.mean(x, axis=0))
            return x - self.mean

    x, layer = Input((3,)), Centred()
    model = Model(x, Dense(1)(layer(x)))
    model.compile("sgd", "mse")
    data = np.random.default_rng(0).normal(size=(12, 3)).astype(np.float32)
    model.predict(data, verbose=0)
    assert not layer.mean.value.any()
    model.fit(data, np.zeros((12, 1)), batch_size=4, shuffle=False, verbose=0)
    expected = np.zeros(3)
    for start in (0, 4, 8):
        expected = 0.9 * expected + 0.1 * data[start : start + 4].mean(0)
    np.testing.assert_allclose(layer.mean.value, expected, atol=1e-6)


def test_batch_normalization_does_not_move_in_evaluate_and_predict():
    x = Input((3,))
    model = Model(x, BatchNormalization()(x))
    model.compile("sgd", "mse")
    before = [array.copy() for array in model.get_weights()]
    model.evaluate(np.ones((5, 3)), np.ones((5, 3)), verbose=0)
    model.predict(np.ones((5, 3)), verbose=0)
    for a, b in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(a, b)


def test_outputs_that_look_at_the_batch_are_computed_batch_by_batch():
    x = Input((2,))
    model = Model(x, x - planish.ops.mean(x, axis=0, keepdims=True))
    data = np.arange(80.0).reshape(40, 2)
    found = model.predict(data, verbose=0)
    expected = np.concatenate([data[:32] - data[:32].mean(0), data[32:] - data[32:].mean(0)])
    np.testing.assert_allclose(found, expected, atol=1e-5)
    np.testing.assert_allclose(model.predict_on_batch(data), data - data.mean(0), atol=1e-5)


def test_what_cannot_be_assigned():
    class Wrong(Layer):
        def __init__(self):
            super().__init__()
            self.kept = self.add_weight(shape=(3,), trainable=False, name="kept")

        def call(self, x):
            self.kept.assign(x)
            return x

    with pytest.raises(ValueError, match="what was assigned does not have its shape"):
        Wrong()(Input((3,)))
