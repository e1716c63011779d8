"""An epoch of ResNet-20, written as Keras's users write it: `python curve.py LIBRARY FOLDER BATCH THREADS`.

Reads FOLDER/data.npz (x, y) and FOLDER/start.npz (the weights in order), which planish, the first, writes; writes
FOLDER/NAME.npz: the loss of each step, and the accuracy of the whole epoch.
"""

import importlib
import os
import sys
from pathlib import Path

import numpy as np


def resnet_layer(keras, inputs, filters=16, kernel_size=3, strides=1, activation="relu", normalized=True):
    layers = keras.layers
    conv = layers.Conv2D(
        filters, kernel_size, strides=strides, padding="same", kernel_initializer="he_normal",
        kernel_regularizer=keras.regularizers.L2(1e-4),
    )  # fmt: skip
    x = conv(inputs)
    if normalized:
        x = layers.BatchNormalization()(x)
    if activation is not None:
        x = layers.Activation(activation)(x)
    return x


def resnet_v1(keras, input_shape, depth=20, classes=10):
    layers = keras.layers
    filters, blocks = 16, (depth - 2) // 6
    inputs = keras.Input(shape=input_shape)
    x = resnet_layer(keras, inputs)
    for stack in range(3):
        for block in range(blocks):
            strides = 2 if stack > 0 and block == 0 else 1
            y = resnet_layer(keras, x, filters, strides=strides)
            y = resnet_layer(keras, y, filters, activation=None)
            if stack > 0 and block == 0:
                x = resnet_layer(keras, x, filters, kernel_size=1, strides=strides, activation=None, normalized=False)
            x = layers.add([x, y])
            x = layers.Activation("relu")(x)
        filters *= 2
    x = layers.AveragePooling2D(pool_size=8)(x)
    y = layers.Flatten()(x)
    outputs = layers.Dense(classes, activation="softmax", kernel_initializer="he_normal")(y)
    return keras.Model(inputs=inputs, outputs=outputs)


def each_loss(means, batch, images):
    """The loss of each step, from the means over all images so far; the last batch may be smaller."""
    seen = np.minimum(np.arange(1, len(means) + 1) * batch, images)
    return np.diff(np.array(means) * seen, prepend=0) / np.diff(seen, prepend=0)


def losses_of_steps(keras):
    """A callback: the mean losses that Keras reports."""

    class Losses(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            self.means = []

        def on_train_batch_end(self, batch, logs=None):
            self.means.append(float(logs["loss"]))

    return Losses()


def main(library, folder, batch, threads):
    folder = Path(folder)
    if library == "planish":
        sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))
    elif os.environ.get("KERAS_BACKEND") == "tensorflow":
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: int(threads)])
    keras = importlib.import_module(library)
    name = library if library == "planish" else f"keras-{keras.backend.backend()}"
    with np.load(folder / "data.npz") as data:
        x, y = data["x"], data["y"]
    keras.utils.set_random_seed(7)
    model = resnet_v1(keras, x.shape[1:])
    start = folder / "start.npz"
    if not start.exists():
        np.savez(start, *model.get_weights())
    with np.load(start) as held:
        model.set_weights([held[key] for key in held.files])
    model.compile(
        loss="sparse_categorical_crossentropy", optimizer=keras.optimizers.Adam(learning_rate=1e-3),
        metrics=["accuracy"],
    )  # fmt: skip
    losses = losses_of_steps(keras)
    history = model.fit(x, y, batch_size=int(batch), epochs=1, shuffle=False, verbose=0, callbacks=[losses]).history
    each = each_loss(losses.means, int(batch), len(x))
    np.savez(folder / f"{name}.npz", losses=each, accuracy=history["accuracy"], loss=history["loss"])


if __name__ == "__main__":
    main(*sys.argv[1:])
