"""One image, three answers: which shape, which color, and how large. Losses, weights and metrics by name."""

import json
import sys

import numpy as np

import planish as keras
from planish import layers

SIDE = 24


def load_data(count, seed):
    random = np.random.default_rng(seed)
    shapes, colors, sizes = random.integers(0, 3, count), random.integers(0, 4, count), random.uniform(4, 9, count)
    palette = np.array([[220, 60, 60], [60, 200, 80], [70, 90, 220], [220, 210, 70]])
    rows, columns = np.mgrid[:SIDE, :SIDE]
    images = random.normal(110, 15, (count, SIDE, SIDE, 3))
    for image, shape, color, size in zip(images, shapes, colors, sizes, strict=True):
        row, column = random.uniform(9, SIDE - 9, 2)
        near = np.maximum(abs(rows - row), abs(columns - column))
        away, bent = np.hypot(rows - row, columns - column), abs(rows - row) + abs(columns - column)
        image[[near, away, bent][shape] < size] = palette[color]
    return images.astype("float32"), {"shape": shapes, "color": np.eye(4)[colors], "size": sizes[:, None] / 9}


def build():
    inputs = keras.Input((SIDE, SIDE, 3), name="image")
    x = layers.Rescaling(1 / 255)(inputs)
    for filters in (16, 32):
        x = layers.Conv2D(filters, 3, activation="relu", padding="same")(x)
        x = layers.MaxPooling2D()(x)
    common = layers.Dense(48, activation="relu")(layers.Flatten()(x))
    shape = layers.Dense(3, activation="softmax", name="shape")(common)
    color = layers.Dense(4, activation="softmax", name="color")(layers.GlobalAveragePooling2D()(x))
    size = layers.Dense(1, name="size")(common)
    return keras.Model(inputs=inputs, outputs={"shape": shape, "color": color, "size": size})


def main(seed, scale):
    keras.utils.set_random_seed(seed)
    count, epochs = max(64, int(700 * scale)), max(1, round(12 * scale))
    model = build()
    model.compile(
        optimizer="adam",
        loss={"shape": "sparse_categorical_crossentropy", "color": "categorical_crossentropy", "size": "mse"},
        loss_weights={"shape": 1.0, "color": 0.5, "size": 2.0},
        metrics={"shape": ["accuracy"], "color": ["accuracy"], "size": ["mae"]},
    )
    x, y = load_data(count, 1)
    stopping = keras.callbacks.EarlyStopping(
        monitor="val_shape_accuracy", mode="max", patience=epochs, restore_best_weights=True
    )
    history = model.fit(
        {"image": x}, y, batch_size=28, epochs=epochs, validation_data=load_data(count // 2, 3),
        callbacks=[stopping], verbose=0,
    )  # fmt: skip
    x_test, y_test = load_data(count // 2, 2)
    scores = model.evaluate(x_test, y_test, batch_size=50, verbose=0, return_dict=True)
    answers = model.predict(x_test, verbose=0)
    assert sorted(answers) == ["color", "shape", "size"]
    right = float(np.mean(answers["shape"].argmax(-1) == y_test["shape"]))
    assert abs(right - scores["shape_accuracy"]) < 1e-5
    return {"history": history.history, "exact": {"scores": sorted(scores)}, "final": scores}


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]), float(sys.argv[2]))))
