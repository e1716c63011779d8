"""Compiled and interpreted runs of whole models agree: losses, metrics, weights."""

import numpy as np
import pytest

import planish
from planish.layers import BatchNormalization, Conv2D, Dense, Dropout, Flatten, Input, MaxPooling2D
from planish.models import Sequential
from planish.optimizers import SGD, Adam


def data(count=45, classes=5):
    random = np.random.default_rng(3)
    return random.random((count, 9, 8, 2)), random.integers(0, classes, count)


def trained(optimizer, layers, *, eager, count=45, **options):
    planish.utils.set_random_seed(5)
    model = Sequential([Input((9, 8, 2)), *layers(), Flatten(), Dense(5, activation="softmax")])
    model.compile(optimizer(), "sparse_categorical_crossentropy", ["accuracy"], run_eagerly=eager)
    x, y = data(count)
    history = model.fit(x, y, batch_size=16, epochs=2, verbose=0, validation_data=(x, y), **options)
    return model, history.history


def agree(optimizer, layers, **options):
    compiled, one = trained(optimizer, layers, eager=False, **options)
    interpreted, other = trained(optimizer, layers, eager=True, **options)
    for a, b in zip(compiled.get_weights(), interpreted.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=2e-4, atol=2e-6)
    for name, values in one.items():
        np.testing.assert_allclose(values, other[name], rtol=1e-4, err_msg=name)
    x, _ = data()
    np.testing.assert_allclose(compiled.predict(x, verbose=0), interpreted.predict(x, verbose=0), rtol=1e-4, atol=1e-6)


def convolution():
    return [Conv2D(3, 3, activation="relu"), MaxPooling2D()]


@pytest.mark.parametrize("optimizer", [lambda: SGD(0.1, momentum=0.9), lambda: Adam(0.01)])
def test_a_convolution(optimizer):
    agree(optimizer, convolution)


def test_dropout_drops_the_same():
    agree(lambda: SGD(0.1), lambda: [*convolution(), Dropout(0.4)])


def test_batch_normalization_moves_alike():
    agree(lambda: SGD(0.1), lambda: [BatchNormalization(), *convolution()])


def test_regularizers_and_sample_weights():
    weights = np.linspace(0.5, 2, 45)
    agree(lambda: SGD(0.1), lambda: [Conv2D(3, 3, kernel_regularizer="l2")], sample_weight=weights)


def test_no_layers_at_all():
    agree(lambda: SGD(0.1), list)


def test_the_same_bits_for_every_number_of_threads():
    before = planish.get_num_threads()
    weights = []
    try:
        for threads in (1, 2, 3):
            planish.set_num_threads(threads)
            weights.append(trained(lambda: Adam(0.01), convolution, eager=False, count=600)[0].get_weights())
    finally:
        planish.set_num_threads(before)
    for other in weights[1:]:
        for a, b in zip(weights[0], other, strict=True):
            np.testing.assert_array_equal(a, b)
