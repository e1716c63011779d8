"""A small ResNet on images of CIFAR's shape: a data set of one's own that shifts, a schedule, penalties on
weights, and the best epoch from its file."""

import json
import math
import os
import sys
import tempfile

import numpy as np

import planish as keras
from planish.layers import Activation, Add, BatchNormalization, Conv2D, Dense, GlobalAveragePooling2D, Input
from planish.regularizers import l2

CLASSES = 5


def load_data(count, seed):
    """uint8 [n, 32, 32, 3] of colored blobs at places that depend on the class, and labels [n, 1]."""
    random = np.random.default_rng(seed)
    centers = np.random.default_rng(0).uniform(8, 24, (CLASSES, 3, 2))
    colors = np.random.default_rng(7).uniform(-90, 90, (CLASSES, 3, 3))
    labels = random.integers(0, CLASSES, (count, 1))
    rows, columns = np.mgrid[:32, :32]
    images = random.normal(120, 40, (count, 32, 32, 3))
    for image, (label,) in zip(images, labels, strict=True):
        for (row, column), color in zip(centers[label] + random.normal(0, 2, (3, 2)), colors[label], strict=True):
            blob = np.exp(-((rows - row) ** 2 + (columns - column) ** 2) / 18)
            image += blob[..., None] * color
    return images.clip(0, 255).astype("uint8"), labels


class Augmented(keras.utils.PyDataset):
    def __init__(self, x, y, batch_size, seed, **kwargs):
        super().__init__(**kwargs)
        self.x, self.y, self.batch_size = x, y, batch_size
        self.random = np.random.default_rng(seed)
        self.order = self.random.permutation(len(x))

    def __len__(self):
        return math.ceil(len(self.x) / self.batch_size)

    def __getitem__(self, index):
        rows = self.order[index * self.batch_size : (index + 1) * self.batch_size]
        random = np.random.default_rng([index, *self.order[:2]])
        padded = np.pad(self.x[rows], ((0, 0), (2, 2), (2, 2), (0, 0)))
        top, left = random.integers(0, 5, 2)
        images = padded[:, top : top + 32, left : left + 32]
        return images, self.y[rows]

    def on_epoch_end(self):
        self.random.shuffle(self.order)


def conv(x, filters, strides=1, activation="relu"):
    x = Conv2D(filters, 3, strides, "same", kernel_initializer="he_normal", kernel_regularizer=l2(1e-4))(x)
    x = BatchNormalization()(x)
    return Activation(activation)(x) if activation else x


def resnet():
    inputs = Input(shape=(32, 32, 3))
    x = conv(inputs, 12)
    for filters, strides in ((12, 1), (24, 2), (48, 2)):
        y = conv(conv(x, filters, strides), filters, activation=None)
        if strides > 1:
            x = Conv2D(filters, 1, strides, "same", kernel_initializer="he_normal", kernel_regularizer=l2(1e-4))(x)
        x = Activation("relu")(Add()([x, y]))
    outputs = Dense(CLASSES, activation="softmax", kernel_initializer="he_normal")(GlobalAveragePooling2D()(x))
    return keras.Model(inputs=inputs, outputs=outputs, name="resnet8")


def main(seed, scale):
    keras.utils.set_random_seed(seed)
    count, epochs = max(40, int(600 * scale)), max(1, round(8 * scale))
    (x, y), (x_test, y_test) = load_data(count, 1), load_data(count // 2, 2)
    mean = x.astype("float32").mean(axis=0) / 255
    x, x_test = x.astype("float32") / 255 - mean, x_test.astype("float32") / 255 - mean

    def rate(epoch):
        return 2e-3 if epoch < 0.6 * epochs else 2e-4

    model = resnet()
    model.compile(
        loss="sparse_categorical_crossentropy", optimizer=keras.optimizers.Adam(rate(0)), metrics=["accuracy"]
    )
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "best.keras")
        callbacks = [
            keras.callbacks.ModelCheckpoint(path, monitor="val_accuracy", save_best_only=True),
            keras.callbacks.LearningRateScheduler(rate),
            keras.callbacks.ReduceLROnPlateau(factor=math.sqrt(0.1), cooldown=0, patience=5, min_lr=0.5e-6),
        ]
        history = model.fit(
            Augmented(x, y, 32, seed), validation_data=(x_test, y_test), epochs=epochs, callbacks=callbacks, verbose=0
        )
        best = keras.models.load_model(path)
    scores = best.evaluate(x_test, y_test, verbose=0, return_dict=True)
    assert abs(scores["accuracy"] - max(history.history["val_accuracy"])) < 1e-5
    return {
        "history": history.history,
        "exact": {"weights": model.count_params(), "layers": len(model.layers), "file": best.count_params()},
        "final": scores,
    }


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]), float(sys.argv[2]))))
