"""Callbacks that act on a model, in a real run."""

import csv

import numpy as np
import pytest

from planish.callbacks import CSVLogger, EarlyStopping, LambdaCallback, ModelCheckpoint, ReduceLROnPlateau
from planish.layers import Dense, Input
from planish.models import Sequential, load_model
from planish.optimizers import SGD


@pytest.fixture
def run():
    """Trains a small model with callbacks: the model and its history."""

    def train(callbacks, epochs=4, rate=0.5):
        random = np.random.default_rng(0)
        x = random.normal(size=(40, 4))
        y = np.argmax(x[:, :3], axis=1)
        model = Sequential([Input((4,)), Dense(3, activation="softmax")])
        model.compile(SGD(rate), "sparse_categorical_crossentropy", metrics=["accuracy"], run_eagerly=True)
        history = model.fit(x, y, epochs=epochs, verbose=0, validation_split=0.25, callbacks=callbacks)
        return model, history.history

    return train


def test_checkpoints_can_be_loaded(run, tmp_path):
    model, _ = run([ModelCheckpoint(tmp_path / "{epoch}.keras")])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1.keras", "2.keras", "3.keras", "4.keras"]
    loaded = load_model(tmp_path / "4.keras")
    x = np.ones((2, 4))
    np.testing.assert_array_equal(loaded.predict(x, verbose=0), model.predict(x, verbose=0))
    assert loaded.optimizer.iterations == model.optimizer.iterations


def test_weights_of_the_best_epoch_can_be_loaded(run, tmp_path):
    path = tmp_path / "best.weights.h5"
    kept = []
    callbacks = [
        ModelCheckpoint(path, monitor="val_accuracy", save_best_only=True, save_weights_only=True),
        LambdaCallback(on_epoch_end=lambda epoch, logs: kept.append(logs["val_accuracy"])),
    ]
    model, history = run(callbacks)
    model.load_weights(path)
    x = np.random.default_rng(0).normal(size=(40, 4))
    best = model.evaluate(x[30:], np.argmax(x[30:, :3], axis=1), verbose=0)[1]
    assert best == max(kept) == max(history["val_accuracy"])


def test_the_best_weights_are_restored(run):
    kept = []
    model = None

    def keep(epoch, logs):
        kept.append((logs["val_loss"], stopping.model.get_weights()))

    stopping = EarlyStopping(patience=9, restore_best_weights=True)
    model, _ = run([stopping, LambdaCallback(on_epoch_end=keep)], rate=30.0)
    best = min(kept, key=lambda item: item[0])[1]
    assert all(np.array_equal(a, b) for a, b in zip(best, model.get_weights(), strict=True))


def test_a_rate_that_was_reduced_is_used(run):
    model, history = run([ReduceLROnPlateau(monitor="loss", factor=0.1, patience=1, min_delta=1e9)])
    assert history["learning_rate"] == pytest.approx([0.5, 0.5, 0.05, 0.005])
    assert model.optimizer.learning_rate == pytest.approx(0.0005)


def test_the_log_has_every_metric(run, tmp_path):
    path = tmp_path / "log.csv"
    _, history = run([CSVLogger(path, separator=";")])
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    assert list(rows[0]) == ["epoch", "accuracy", "loss", "val_accuracy", "val_loss"]
    assert [float(row["val_loss"]) for row in rows] == history["val_loss"]
