"""The same seed gives the same bits, whatever the number of threads."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import planish
from planish.layers import (
    BatchNormalization,
    Conv2D,
    Dense,
    DepthwiseConv2D,
    Dropout,
    Flatten,
    Input,
    MaxPooling2D,
    Rescaling,
)
from planish.models import Sequential
from planish.runtime import executable

ROOT = Path(__file__).parent.parent


def _trained(threads):
    planish.set_num_threads(threads)
    planish.utils.clear_session(free_memory=False)
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
            DepthwiseConv2D(3, activation="relu6"),
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


def test_pieces_for_many_processors_give_the_same_bits(monkeypatch):
    """A batch of 32 images in so many parts, at most, where so many threads run at the same time."""
    first = _trained(1)
    for processors in (3, 8, 16):
        monkeypatch.setattr(executable, "usable_cpus", lambda count=processors: count)
        assert _trained(processors) == first


def _in_a_fresh_process(threads):
    command = [sys.executable, __file__, str(threads)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout


def test_fresh_processes_give_the_same_bits_beside_a_busy_one():
    first = _in_a_fresh_process(1)
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as busy:
        try:
            assert [_in_a_fresh_process(threads) for threads in (2, 5)] == [first] * 2
        finally:
            busy.kill()
    assert len(first) > 64


def _small(*layers):
    model = Sequential([Input((5, 5, 1)), Flatten(), *layers, Dense(3, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model


def test_the_seed_fixes_initial_weights():
    def first_weights(seed):
        planish.utils.set_random_seed(seed)
        return _small().get_weights()[0]

    assert np.array_equal(first_weights(1), first_weights(1))
    assert not np.array_equal(first_weights(1), first_weights(2))


@pytest.mark.parametrize("layers", [[], [Dropout(0.5)]], ids=["shuffling", "dropout"])
def test_the_seed_fixes_shuffling_and_dropout(layers):
    x, y = np.random.default_rng(0).random((100, 5, 5, 1)), np.arange(100) % 3
    planish.utils.set_random_seed(0)
    model = _small(*layers)
    start = model.get_weights()

    def trained(seed):
        model.set_weights(start)
        planish.utils.set_random_seed(seed)
        model.fit(x, y, epochs=2, verbose=0, shuffle=not layers)
        return model.get_weights()[0]

    assert np.array_equal(trained(1), trained(1))
    assert not np.array_equal(trained(1), trained(2))


def test_without_dropout_and_shuffling_training_draws_nothing():
    x, y = np.random.default_rng(0).random((100, 5, 5, 1)), np.arange(100) % 3
    planish.utils.set_random_seed(0)
    model = _small()
    start = model.get_weights()
    found = []
    for seed in (1, 2):
        model.set_weights(start)
        planish.utils.set_random_seed(seed)
        model.fit(x, y, verbose=0, shuffle=False)
        found.append(model.get_weights()[0])
    assert np.array_equal(*found)


def test_a_prediction_does_not_depend_on_its_batch():
    planish.utils.set_random_seed(1)
    model = Sequential([Input((9, 9, 3)), Conv2D(20, 3), MaxPooling2D(), Flatten(), Dense(40), Dense(3)])
    x = np.random.default_rng(0).random((300, 9, 9, 3)).astype(np.float32)
    together = model.predict(x, verbose=0)
    for start, stop in ((0, 1), (7, 8), (0, 13), (5, 34), (200, 300)):
        assert np.array_equal(model.predict(x[start:stop], verbose=0), together[start:stop])


if __name__ == "__main__":
    print(*_trained(int(sys.argv[1])))
