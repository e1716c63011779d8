"""Ranks whose number is not a power of two add in another order than one process: they differ from it by rounding, and
by nothing else."""

import numpy as np
import pytest

import planish as keras
from planish import dtype_policies
from planish.layers import BatchNormalization, Conv2D, Dense, Dropout, Flatten, Input, MaxPooling2D, ReLU
from tests.distribution.simulated import on_ranks

RANDOM = np.random.default_rng(0)
X = RANDOM.random((43, 8, 8, 1))
Y = RANDOM.integers(0, 3, 43)


def dropped():
    return [Flatten(), Dense(17, activation="relu"), Dropout(0.5)]


def normalized():
    return [Conv2D(4, 3, use_bias=False), BatchNormalization(synchronized=True), ReLU(), MaxPooling2D(), Flatten()]


def weights_of(layers, dtype, *, epochs, seed_of_nudge=None):
    """After training in this type; `seed_of_nudge`: from weights of which each is the next number of its type."""
    before = dtype_policies._global[0]
    keras.config.set_dtype_policy(dtype)
    try:
        keras.utils.set_random_seed(1)
        model = keras.Sequential([Input((8, 8, 1)), *layers(), Dense(3, activation="softmax")])
    finally:
        dtype_policies._global[0] = before
    model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy")
    if seed_of_nudge is not None:
        random = np.random.default_rng(seed_of_nudge)
        model.set_weights([_nudged(weight, random) for weight in model.get_weights()])
    model.fit(X.astype(dtype), Y, batch_size=16, epochs=epochs, verbose=0)
    return model.get_weights()


def _nudged(weight, random):
    to = np.where(random.random(weight.shape) < 0.5, -np.inf, np.inf).astype(weight.dtype)
    return np.where(weight == 0, weight, np.nextafter(weight, to))


def on_three(layers, dtype, epochs):
    results = on_ranks(3, lambda _: weights_of(layers, dtype, epochs=epochs))
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return results[0]


def distance(a, b):
    return max(float(np.abs(x - y).max()) for x, y in zip(a, b, strict=True))


@pytest.mark.parametrize("layers", [dropped, normalized])
def test_in_float64_three_ranks_and_one_process_agree_to_the_last_digits(layers):
    plain, shared = weights_of(layers, "float64", epochs=10), on_three(layers, "float64", 10)
    assert plain[0].dtype == np.float64
    assert 0 < distance(shared, plain) < 1e-10


@pytest.mark.parametrize("layers", [dropped, normalized])
def test_three_ranks_differ_from_one_process_by_as_much_as_one_rounding_of_the_first_weights(layers):
    plain = weights_of(layers, "float32", epochs=10)
    nudged = [distance(weights_of(layers, "float32", epochs=10, seed_of_nudge=seed), plain) for seed in range(3)]
    assert 0 < distance(on_three(layers, "float32", 10), plain) < 10 * max(nudged)
