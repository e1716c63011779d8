"""A trunk that has learnt one task is frozen, gets a new head for another, and is then tuned a little; images are
mirrored, turned and enlarged at random."""

import json
import sys

import numpy as np

import planish as keras
from planish import layers

SIDE = 24


def stripes(count, angles, seed):
    """Noisy gratings; the class is the angle."""
    random = np.random.default_rng(seed)
    rows, columns = np.mgrid[:SIDE, :SIDE]
    labels = random.integers(0, len(angles), count)
    turn = np.asarray(angles)[labels][:, None, None]
    wave = np.sin(0.9 * (rows * np.sin(turn) + columns * np.cos(turn)) + random.uniform(0, 6, (count, 1, 1)))
    images = 127 + 70 * wave[..., None] * random.uniform(0.6, 1.0, (count, 1, 1, 3))
    return (images + random.normal(0, 25, images.shape)).clip(0, 255).astype("float32"), labels


def make_trunk():
    inputs = keras.Input((SIDE, SIDE, 3))
    x = layers.Rescaling(1.0 / 127.5, offset=-1)(inputs)
    for filters in (16, 32):
        x = layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
        x = layers.BatchNormalization()(x)
        x = layers.ReLU()(x)
        x = layers.MaxPooling2D()(x)
    return keras.Model(inputs, x, name="trunk")


def main(seed, scale):
    keras.utils.set_random_seed(seed)
    count, epochs = max(32, int(480 * scale)), max(1, round(6 * scale))
    trunk = make_trunk()
    first = keras.Sequential([trunk, layers.GlobalAveragePooling2D(), layers.Dense(4, activation="softmax")])
    first.compile(keras.optimizers.Adam(3e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
    first.fit(*stripes(count, [0.0, 0.8, 1.6, 2.4], 1), batch_size=32, epochs=epochs, verbose=0)

    trunk.trainable = False
    augment = keras.Sequential([
        layers.RandomFlip("horizontal"), layers.RandomRotation(0.02), layers.RandomZoom(0.05),
    ])  # fmt: skip
    inputs = keras.Input((SIDE, SIDE, 3))
    x = augment(inputs)
    x = trunk(x, training=False)
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dropout(0.1)(x)
    outputs = layers.Dense(1)(x)
    model = keras.Model(inputs, outputs)
    model.compile(
        optimizer=keras.optimizers.Adam(1e-2),
        loss=keras.losses.BinaryCrossentropy(from_logits=True),
        metrics=[keras.metrics.BinaryAccuracy(name="accuracy", threshold=0.0)],
    )
    x, y = stripes(count, [0.0, 1.57], 2)
    validation = stripes(count // 2, [0.0, 1.57], 3)
    head_weights = len(model.trainable_weights)
    head = model.fit(x, y, batch_size=32, epochs=epochs, validation_data=validation, verbose=0)

    trunk.trainable = True
    for layer in trunk.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.trainable = False
    model.compile(
        optimizer=keras.optimizers.Adam(1e-4),
        loss=keras.losses.BinaryCrossentropy(from_logits=True),
        metrics=[keras.metrics.BinaryAccuracy(name="accuracy", threshold=0.0)],
    )
    tuned = model.fit(
        x, y, batch_size=32, epochs=2 * epochs, initial_epoch=head.epoch[-1] + 1, validation_data=validation, verbose=0
    )
    loss, accuracy = model.evaluate(*validation, verbose=0)
    return {
        "history": {**head.history, **{f"tuned {name}": values for name, values in tuned.history.items()}},
        "exact": {"weights of the head": head_weights, "weights": len(model.trainable_weights)},
        "final": {"loss": loss, "accuracy": accuracy},
    }


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]), float(sys.argv[2]))))
