"""Records what Keras 2 writes, for tests that run without it: needs TensorFlow and tf-keras, which is Keras 2.

    python tests/saving/record_keras2.py

Each model is trained for three steps and saved: data/keras2_NAME.keras.xz. What it then gives for images goes into
data/keras2_NAME.npz: images `x`, labels `y`, `predictions`, the `loss` of `evaluate`, and the weights after a fourth
step (`weight_0`, `weight_1`, ...), which are right only if the optimizer's state was read too.
"""

import lzma
import os
from pathlib import Path

os.environ["TF_USE_LEGACY_KERAS"] = "1"

import numpy as np
import tf_keras as keras
from tf_keras import layers, optimizers

FOLDER = Path(__file__).parent / "data"
SPARSE = "sparse_categorical_crossentropy"


def digits():
    """Without chance, so that the next step of training is known."""
    return [layer for layer in digits_with_dropout() if not isinstance(layer, layers.Dropout)]


def digits_with_dropout():
    return [
        layers.Conv2D(3, (3, 3), activation="relu", input_shape=(6, 7, 1), kernel_regularizer="l2"),
        layers.BatchNormalization(),
        layers.MaxPooling2D((2, 2)),
        layers.Dropout(0.25),
        layers.Flatten(),
        layers.Dense(4, kernel_initializer="he_normal"),
        layers.LeakyReLU(alpha=0.2),
        layers.Dense(3, activation="softmax"),
    ]


def logits():
    return [keras.Input((6, 7, 1), name="image"), layers.Flatten(), layers.Dense(3)]


MODELS = {
    "adam": (digits, "adam", SPARSE, ["accuracy"]),
    "sgd": (digits, optimizers.SGD(0.05, momentum=0.9, nesterov=True), SPARSE, ["acc"]),
    "rmsprop": (
        logits,
        optimizers.RMSprop(optimizers.schedules.ExponentialDecay(0.01, 10, 0.5)),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        [keras.metrics.SparseCategoricalAccuracy(), "sparse_top_k_categorical_accuracy"],
    ),
    "adamw": (
        logits,
        optimizers.AdamW(0.01, clipnorm=1.0),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction="sum_over_batch_size"),
        None,
    ),
    "legacy": (digits_with_dropout, optimizers.legacy.Adam(0.01, decay=0.1), SPARSE, ["accuracy"]),
}


def record(name, make_layers, optimizer, loss, metrics):
    keras.utils.set_random_seed(0)
    model = keras.Sequential(make_layers(), name=name)
    random = np.random.default_rng(0)
    x, y = random.random((8, 6, 7, 1), dtype=np.float32), random.integers(0, 3, 8)
    model.compile(optimizer=optimizer, loss=loss, metrics=metrics)
    for _ in range(3):
        model.train_on_batch(x, y)
    path = FOLDER / f"keras2_{name}.keras"
    model.save(path)
    path.with_suffix(".keras.xz").write_bytes(lzma.compress(path.read_bytes(), preset=9))
    path.unlink()
    value = model.evaluate(x, y, verbose=0)
    loss = np.float32(value[0] if isinstance(value, list) else value)
    recorded = {"x": x, "y": y, "predictions": model.predict(x, verbose=0), "loss": loss}
    model.train_on_batch(x, y)
    recorded |= {f"weight_{number}": weight for number, weight in enumerate(model.get_weights())}
    np.savez_compressed(FOLDER / f"keras2_{name}.npz", **recorded)


if __name__ == "__main__":
    for model_name, recipe in MODELS.items():
        record(model_name, *recipe)
