"""A run of `fit` on a small model, interpreted: what is tested are the callbacks."""

import numpy as np
import pytest

import planish
from planish.layers import Dense, Input
from planish.models import Sequential


@pytest.fixture(scope="session")
def small_fit():
    """Trains a model of one output on 8 rows, and gives its history."""

    def run(callbacks, metrics=(), optimizer="sgd", epochs=2, **options):
        planish.utils.set_random_seed(0)
        model = Sequential([Input((3,)), Dense(1, activation="sigmoid")])
        model.compile(optimizer, "mse", metrics=list(metrics), run_eagerly=True)
        run.model = model
        return model.fit(*run.data, epochs=epochs, verbose=0, callbacks=callbacks, **options).history

    run.data = np.random.default_rng(0).normal(size=(8, 3)), np.arange(8)[:, None] % 2
    return run
