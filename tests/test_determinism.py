"""The same seed gives the same bits, whatever the number of threads."""

import hashlib

import numpy as np
import pytest

import planish
from planish.layers import BatchNormalization, Conv2D, Dense, Dropout, Flatten, Input, MaxPooling2D, Rescaling
from planish.models import Sequential


def _trained(threads):
    planish.set_num_threads(threads)
    planish.utils.clear_session()
    planish.utils.set_random_seed(3)
    random = np.random.default_rng(0)
    x = random.integers(0, 256, (300, 12, 11, 2)).astype(np.uint8)
    y = random.integers(0, 5, 300)
    model = Sequential(
        [
            Input((12, 11, 2)),
            Rescaling(1 / 255),
            Conv2D(17, 3, padding="same", activation="relu"),
            BatchNormalization(),
            MaxPooling2D(),
            Dropout(0.3),
            Conv2D(9, 3, strides=2, activation="relu"),
            Flatten(),
            Dense(19, activation="tanh", kernel_regularizer="l2"),
            Dense(5, activation="softmax"),
        ]
    )
    model.compile(planish.optimizers.Adam(global_clipnorm=1.0), "sparse_categorical_crossentropy", ["accuracy"])
    history = model.fit(x, y, epochs=2, batch_size=32, verbose=0)
    bits = b"".join(weight.tobytes() for weight in (*model.get_weights(), model.predict(x, verbose=0)))
    return hashlib.sha256(bits).hexdigest(), history.history


@pytest.fixture(autouse=True)
def _threads_as_before():
    yield
    planish.set_num_threads(None)


def test_training_and_predicting_do_not_depend_on_threads():
    first = _trained(1)
    assert [_trained(threads) == first for threads in (1, 2, 3, 4, 16)] == [True] * 5


def test_a_prediction_does_not_depend_on_its_batch():
    planish.utils.set_random_seed(1)
    model = Sequential([Input((9, 9, 3)), Conv2D(20, 3), MaxPooling2D(), Flatten(), Dense(40), Dense(3)])
    x = np.random.default_rng(0).random((300, 9, 9, 3)).astype(np.float32)
    together = model.predict(x, verbose=0)
    for start, stop in ((0, 1), (7, 8), (0, 13), (5, 34), (200, 300)):
        assert np.array_equal(model.predict(x[start:stop], verbose=0), together[start:stop])
