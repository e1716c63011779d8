"""A subclass of Model, watched with TensorBoard and a file of comma-separated values; its rate falls on plateaus."""

import csv
import glob
import json
import os
import sys
import tempfile

import numpy as np

import planish as keras
from planish import layers

SIDE = 20


class Classifier(keras.Model):
    def __init__(self, classes, **kwargs):
        super().__init__(**kwargs)
        self.blocks = [layers.Conv2D(filters, 3, activation="relu", padding="same") for filters in (12, 24)]
        self.pool = layers.MaxPooling2D(2)
        self.flat = layers.Flatten()
        self.drop = layers.Dropout(0.2)
        self.head = layers.Dense(classes, activation="softmax")

    def call(self, inputs, training=False):
        x = inputs
        for block in self.blocks:
            x = self.pool(block(x))
        return self.head(self.drop(self.flat(x), training=training))


def load_data(count, seed):
    random = np.random.default_rng(seed)
    labels = random.integers(0, 3, count)
    images = random.normal(0, 1, (count, SIDE, SIDE, 1))
    for image, label in zip(images, labels, strict=True):
        row, column = random.integers(0, SIDE - 8, 2)
        image[row : row + (3, 8, 5)[label], column : column + (8, 3, 5)[label]] += 1.6
    return images.astype("float32"), labels


def main(seed, scale):
    keras.utils.set_random_seed(seed)
    count, epochs = max(64, int(700 * scale)), max(2, round(8 * scale))
    model = Classifier(3)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    x, y = load_data(count, 1)
    with tempfile.TemporaryDirectory() as folder:
        table = os.path.join(folder, "log.csv")
        callbacks = [
            keras.callbacks.TensorBoard(log_dir=os.path.join(folder, "logs"), histogram_freq=1, write_graph=False),
            keras.callbacks.CSVLogger(table),
            keras.callbacks.ReduceLROnPlateau(monitor="val_loss", factor=0.5, patience=2, min_lr=1e-4),
            keras.callbacks.TerminateOnNaN(),
        ]
        history = model.fit(
            x, y, batch_size=32, epochs=epochs, validation_data=load_data(count // 2, 2), callbacks=callbacks, verbose=0
        )
        with open(table, newline="") as file:
            rows = list(csv.DictReader(file))
        events = [os.path.getsize(path) for path in glob.glob(os.path.join(folder, "logs", "*", "events.out.*"))]
    assert len(rows) == epochs
    assert abs(float(rows[-1]["val_loss"]) - history.history["val_loss"][-1]) < 1e-4
    assert all(size > 500 for size in events)
    loss, accuracy = model.evaluate(*load_data(count // 2, 3), verbose=0)
    return {
        "history": history.history,
        "exact": {"files": len(events), "columns": sorted(rows[0])},
        "final": {"loss": loss, "accuracy": accuracy},
    }


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]), float(sys.argv[2]))))
