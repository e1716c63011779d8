"""Writes what real Keras on TensorFlow reports for metrics that are functions of its operations, to a JSON file.

In this folder, where Keras and TensorFlow are: `KERAS_BACKEND=tensorflow python record_compiled_metrics.py`.
"""

import json
from pathlib import Path

import numpy as np

PATH = Path(__file__).with_name("recorded_compiled_metrics.json")
GENERATOR = np.random.default_rng(12)
COUNT, BATCH_SIZE = 50, 8
X = GENERATOR.normal(size=(COUNT, 4)).astype(np.float32)
BITS = GENERATOR.integers(0, 2, (COUNT, 3)).astype(np.float32)
CLASSES = GENERATOR.integers(0, 3, COUNT)
ONE_HOT = np.eye(3, dtype=np.float32)[CLASSES]
NUMBERS = GENERATOR.normal(size=(COUNT, 1))
MAPS = GENERATOR.normal(size=(COUNT, 2, 2)).astype(np.float32)
WEIGHTS = GENERATOR.uniform(0.5, 2.0, COUNT).astype(np.float32)
KERNELS = {units: GENERATOR.normal(size=(4, units)).astype(np.float32) for units in (1, 3, 4)}


def metrics(keras):
    ops = keras.ops

    def of_each(t, p):
        return ops.max(ops.abs(t - p), axis=-1)

    def of_each_and_place(t, p):
        return ops.square(t - p) / 3

    def of_the_batch(t, p):
        """One number for the batch, which is not the mean over parts of it."""
        guess = ops.round(p)
        return 2 * ops.sum(t * guess) / (ops.sum(t) + ops.sum(guess) + keras.backend.epsilon())

    def of_each_place(t, p):
        """A number for each of three places, the mean over the batch."""
        return ops.mean(ops.abs(t - p), axis=0)

    def beside_the_batch(t, p):
        """A number for each image, which depends on the others."""
        return ops.mean(ops.abs(p - ops.mean(p, axis=0, keepdims=True)), axis=-1)

    def right(t, p):
        return ops.cast(ops.equal(ops.argmax(t, axis=-1), ops.argmax(p, axis=-1)), "float32")

    def right_class(t, p):
        return ops.cast(ops.equal(ops.cast(t, "int32"), ops.cast(ops.argmax(p, axis=-1), "int32")), "float32")

    def share(t, p):
        return p[:, 0] / (ops.sum(p, axis=-1) + 1)

    def error(t, p):
        return ops.abs(p - ops.cast(t, "float32"))

    def shaped(t, p):
        return ops.sum(ops.reshape(p, (-1, p.shape[1] * p.shape[2])), axis=-1) / p.shape[1]

    return {
        "bits": ((3, "sigmoid"), BITS, [of_each, of_each_and_place, share]),
        "batches": ((3, "sigmoid"), BITS, [of_the_batch, of_each_place, beside_the_batch]),
        "one hot": ((3, "softmax"), ONE_HOT, [right, of_each]),
        "classes": ((3, "softmax"), CLASSES, [right_class, share]),
        "numbers": ((1, "linear"), NUMBERS, [error]),
        "maps": ((4, "linear"), MAPS, [shaped, of_each, of_each_and_place]),
    }  # fmt: skip


def model_for(keras, name, chosen, **settings):
    units, activation = metrics(keras)[name][0]
    dense = keras.layers.Dense(units, activation, use_bias=False)
    parts = [keras.layers.Input((4,)), dense] + [keras.layers.Reshape((2, 2))] * (name == "maps")
    model = keras.Sequential(parts)
    dense.set_weights([KERNELS[units]])
    loss = "sparse_categorical_crossentropy" if name == "classes" else "mse"
    model.compile(keras.optimizers.SGD(0.5), loss, metrics=chosen, **settings)
    return model


def run(keras, name) -> dict:
    """History of two epochs, and what `evaluate` and `train_on_batch` give."""
    _, y, chosen = metrics(keras)[name]
    weighted = name not in ("batches", "maps")
    model = model_for(keras, name, chosen, weighted_metrics=chosen if weighted else None)
    how = {"batch_size": BATCH_SIZE, "verbose": 0, "sample_weight": WEIGHTS if weighted else None}
    history = model.fit(X, y, epochs=2, shuffle=False, validation_data=(X[:20], y[:20]), **how).history
    evaluated = model.evaluate(X, y, return_dict=True, **how)
    one = model.train_on_batch(X[:20], y[:20], return_dict=True)
    tested = model.test_on_batch(X[:20], y[:20], return_dict=True)
    return {"fit": history, "evaluate": evaluated, "train_on_batch": one, "test_on_batch": tested}


def main() -> None:
    import keras

    found = {name: run(keras, name) for name in metrics(keras)}
    PATH.write_text(json.dumps(found, default=float, indent=1) + "\n")


if __name__ == "__main__":
    main()
