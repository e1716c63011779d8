"""Writes what real Keras on TensorFlow reports for metrics of one's own, batch by batch, to a JSON file.

Run by hand, where Keras and TensorFlow are: `KERAS_BACKEND=tensorflow python tests/of_ones_own/record_metrics.py`.
"""

import json
from pathlib import Path

import numpy as np

PATH = Path(__file__).with_name("recorded_metrics.json")
GENERATOR = np.random.default_rng(11)
X = GENERATOR.normal(size=(50, 4)).astype(np.float32)
Y = GENERATOR.integers(0, 2, (50, 3)).astype(np.float32)
WEIGHTS = GENERATOR.uniform(0.5, 2.0, 50).astype(np.float32)
KERNEL = GENERATOR.normal(size=(4, 3)).astype(np.float32)
BATCH_SIZE = 8


def f1(y_true, y_pred):
    """One number for the batch, which is not the mean over parts of it."""
    truth, guess = np.asarray(y_true), np.round(np.asarray(y_pred))
    return np.float32(2 * (truth * guess).sum() / (truth.sum() + guess.sum() + 1e-7))


def distance(y_true, y_pred):
    """A number for each image."""
    return np.abs(np.asarray(y_true) - np.asarray(y_pred)).max(axis=-1)


def of_ones_own(keras):
    class Largest(keras.metrics.Metric):
        """Counts batches, which only shows where it sees one at a time; has a metric inside."""

        def __init__(self, name="largest", **options):
            super().__init__(name=name, **options)
            self.total = self.add_weight(name="total", initializer="zeros")
            self.batches = self.add_variable(shape=(), initializer="zeros", name="batches")
            self.inner = keras.metrics.Mean()

        def update_state(self, y_true, y_pred, sample_weight=None):
            factor = 1.0 if sample_weight is None else np.asarray(sample_weight).max()
            self.total.assign(self.total + float(factor * np.asarray(y_pred).max()))
            self.batches.assign_add(1.0)
            self.inner.update_state(np.asarray(y_true))

        def result(self):
            return {"largest_mean": self.total / self.batches, "inner": self.inner.result()}

    return Largest()


def run(keras) -> dict:
    """History of two epochs, and what `evaluate` gives; of `keras`, or of what is shaped like it."""
    first = keras.layers.Dense(3, "sigmoid", use_bias=False)
    model = keras.Sequential([keras.layers.Input((4,)), first])
    first.set_weights([KERNEL])
    largest = of_ones_own(keras)
    model.compile(
        keras.optimizers.SGD(0.5),
        "binary_crossentropy",
        metrics=[f1, distance, largest],
        weighted_metrics=[distance],
        run_eagerly=True,
    )
    history = model.fit(X, Y, batch_size=BATCH_SIZE, epochs=2, shuffle=False, verbose=0, sample_weight=WEIGHTS)
    evaluated = model.evaluate(X, Y, batch_size=BATCH_SIZE, verbose=0, return_dict=True, sample_weight=WEIGHTS)
    one = model.test_on_batch(X[:20], Y[:20], return_dict=True)
    return {"fit": history.history, "evaluate": evaluated, "test_on_batch": one}


def main() -> None:
    import keras

    PATH.write_text(json.dumps(run(keras), default=float, indent=1))


if __name__ == "__main__":
    main()
