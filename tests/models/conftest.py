"""A small model and data to train it on."""

import numpy as np
import pytest

import planish
from planish.layers import Dense, Input
from planish.models import Sequential
from planish.optimizers import SGD


@pytest.fixture(scope="session")
def classifier():
    """Makes a model; interpreted, since what is tested are the loops."""

    def make(*layers, metrics=("accuracy",), seed=1, **options):
        planish.utils.set_random_seed(seed)
        model = Sequential([Input((4,)), *layers, Dense(3, activation="softmax")])
        arguments = {"optimizer": SGD(0.1), "loss": "sparse_categorical_crossentropy", "metrics": list(metrics)}
        model.compile(**{**arguments, "run_eagerly": True, **options})
        return model

    return make


@pytest.fixture(scope="session")
def train():
    """`fit` from the same state of the random numbers every time."""

    def run(model, *arguments, **options):
        planish.utils.set_random_seed(7)
        return model.fit(*arguments, **{"verbose": 0, **options})

    return run


@pytest.fixture(scope="session")
def data():
    """50 vectors of 4 numbers; the class is the largest of the first three."""
    random = np.random.default_rng(0)
    x = random.normal(size=(50, 4)).astype(np.float32)
    return x, np.argmax(x[:, :3], axis=1)


@pytest.fixture(scope="session")
def same_weights():
    """Whether two models have the same weights to the bit."""

    def same(one, other):
        return all(np.array_equal(a, b) for a, b in zip(one.get_weights(), other.get_weights(), strict=True))

    return same
