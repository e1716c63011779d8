"""Two folders of photographs of two kinds of animals, read and changed at random by ImageDataGenerator."""

import json
import os
import sys
import tempfile

import numpy as np

import planish as keras
from planish.preprocessing.image import ImageDataGenerator, array_to_img

SIDE = 32


def draw(kind, random):
    """A head on a background: pointed ears are a cat's, hanging ones a dog's."""
    rows, columns = np.mgrid[:48, :48]
    image = random.normal(random.uniform(60, 190, 3), 12, (48, 48, 3))
    row, column, radius = random.uniform(24, 30), random.uniform(20, 28), random.uniform(8, 11)
    fur = random.uniform(80, 230, 3)
    image[(rows - row) ** 2 + (columns - column) ** 2 < radius**2] = fur
    for side in (-1, 1):
        middle = column + side * radius * 0.8
        if kind == "cats":
            ear = (rows < row - radius * 0.4) & (rows > row - 2 * radius)
            ear &= abs(columns - middle) < (rows - row + 2 * radius) * 0.35
        else:
            ear = (abs(columns - middle - side * 3) < radius * 0.35) & (abs(rows - row - 4) < radius)
        image[ear] = fur * 0.7
    return image.clip(0, 255)


def fill(folder, count, seed):
    random = np.random.default_rng(seed)
    for kind in ("cats", "dogs"):
        os.makedirs(os.path.join(folder, kind))
        for number in range(count):
            array_to_img(draw(kind, random), scale=False).save(os.path.join(folder, kind, f"{kind}.{number}.png"))


def build():
    model = keras.models.Sequential()
    model.add(keras.layers.Input((SIDE, SIDE, 3)))
    model.add(keras.layers.Conv2D(16, (3, 3), activation="relu"))
    model.add(keras.layers.MaxPooling2D((2, 2)))
    model.add(keras.layers.Conv2D(32, (3, 3), activation="relu"))
    model.add(keras.layers.MaxPooling2D((2, 2)))
    model.add(keras.layers.Flatten())
    model.add(keras.layers.Dropout(0.25))
    model.add(keras.layers.Dense(32, activation="relu"))
    model.add(keras.layers.Dense(1, activation="sigmoid"))
    model.compile(loss="binary_crossentropy", optimizer=keras.optimizers.RMSprop(learning_rate=2e-3), metrics=["acc"])
    return model


def main(seed, scale):
    keras.utils.set_random_seed(seed)
    count, epochs = max(8, int(120 * scale)), max(1, round(12 * scale))
    with tempfile.TemporaryDirectory() as folder:
        train_dir, validation_dir = os.path.join(folder, "train"), os.path.join(folder, "validation")
        fill(train_dir, count, 1)
        fill(validation_dir, count // 2, 2)
        train_datagen = ImageDataGenerator(
            rescale=1.0 / 255, rotation_range=10, width_shift_range=0.05, height_shift_range=0.05, zoom_range=0.05,
            horizontal_flip=True, fill_mode="nearest",
        )  # fmt: skip
        test_datagen = ImageDataGenerator(rescale=1.0 / 255)
        train = train_datagen.flow_from_directory(
            train_dir, target_size=(SIDE, SIDE), batch_size=20, class_mode="binary", seed=seed
        )
        validation = test_datagen.flow_from_directory(
            validation_dir, target_size=(SIDE, SIDE), batch_size=20, class_mode="binary", shuffle=False
        )
        model = build()
        history = model.fit(train, epochs=epochs, validation_data=validation, verbose=0)
        loss, accuracy = model.evaluate(validation, verbose=0)
        scores = model.predict(validation, verbose=0)
    assert scores.shape == (len(validation.classes), 1)
    found = float(np.mean((scores[:, 0] > 0.5) == validation.classes))
    assert abs(found - accuracy) < 1e-6
    return {
        "history": history.history,
        "exact": {"classes": train.class_indices, "images": train.samples, "batches": len(train)},
        "final": {"loss": loss, "accuracy": accuracy},
    }


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]), float(sys.argv[2]))))
