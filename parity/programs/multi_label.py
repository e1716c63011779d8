"""Which of four shapes are in an image? Any of them may be: a sigmoid each, and metrics of labels."""

import json
import sys

import numpy as np

import planish as keras
from planish.models import Sequential

SHAPES = ["square", "disc", "cross", "ring"]
SIDE = 28


def load_data(count, seed):
    random = np.random.default_rng(seed)
    labels = (random.random((count, len(SHAPES))) < [0.5, 0.5, 0.4, 0.3]).astype("float32")
    images = random.normal(0.1, 0.1, (count, SIDE, SIDE, 1)).astype("float32")
    rows, columns = np.mgrid[:SIDE, :SIDE]
    for image, flags in zip(images[..., 0], labels, strict=True):
        for shape, flag in enumerate(flags):
            row, column = random.uniform(5, SIDE - 5, 2)
            near = np.maximum(abs(rows - row), abs(columns - column))
            away = np.hypot(rows - row, columns - column)
            cross = (abs(rows - row) < 1) | (abs(columns - column) < 1)
            masks = [near < 3.5, away < 4, cross & (near < 5), (away < 5) & (away > 3.4)]
            image[masks[shape]] += flag * random.uniform(0.6, 1.0)
    return images, labels


def main(seed, scale):
    keras.utils.set_random_seed(seed)
    count, epochs = max(64, int(900 * scale)), max(1, round(12 * scale))
    x, y = load_data(count, 1)
    model = Sequential([
        keras.layers.Input((SIDE, SIDE, 1)),
        keras.layers.SeparableConv2D(24, 5, padding="same", activation="relu"),
        keras.layers.MaxPooling2D(2),
        keras.layers.BatchNormalization(),
        keras.layers.Conv2D(32, 3, activation="relu"),
        keras.layers.GlobalMaxPooling2D(),
        keras.layers.Dense(32, activation="relu"),
        keras.layers.Dense(len(SHAPES), activation="sigmoid"),
    ])  # fmt: skip
    model.compile(
        optimizer=keras.optimizers.Nadam(4e-3),
        loss="binary_crossentropy",
        metrics=[
            "binary_accuracy",
            keras.metrics.AUC(multi_label=True, num_labels=len(SHAPES), name="auc"),
            keras.metrics.Precision(name="precision"),
            keras.metrics.Recall(name="recall"),
            keras.metrics.F1Score(average="macro", threshold=0.5, name="f1"),
        ],
    )
    rare = np.where(y[:, 3] > 0, 1.5, 1.0)
    history = model.fit(x, y, sample_weight=rare, batch_size=32, epochs=epochs, validation_split=0.2, verbose=0)
    x_test, y_test = load_data(count // 2, 2)
    scores = model.evaluate(x_test, y_test, verbose=0, return_dict=True)
    guesses = model.predict(x_test, verbose=0) > 0.5
    assert abs(np.mean(guesses == (y_test > 0)) - scores["binary_accuracy"]) < 1e-5
    return {"history": history.history, "exact": {"metrics": sorted(scores)}, "final": scores}


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]), float(sys.argv[2]))))
