"""Cross-validation: a new model for each of the folds that scikit-learn makes."""

import json
import sys

import numpy as np
from sklearn.metrics import confusion_matrix, f1_score
from sklearn.model_selection import StratifiedKFold

import planish as keras
from planish.layers import Conv2D, Dense, Dropout, Flatten, Input, MaxPooling2D
from planish.models import Sequential

CLASSES, SIDE = 4, 16


def load_data(count):
    """Each class has a texture of its own; classes are not equally frequent."""
    random = np.random.default_rng(1)
    labels = random.choice(CLASSES, count, p=[0.4, 0.3, 0.2, 0.1])
    textures = np.random.default_rng(2).normal(0, 1, (CLASSES, SIDE, SIDE, 1))
    shifts = random.integers(-1, 2, count)
    images = np.stack([np.roll(textures[label], shift, 0) for label, shift in zip(labels, shifts, strict=True)])
    return (images + random.normal(0, 1.6, images.shape)).astype("float32"), labels


def build_model():
    model = Sequential([
        Input((SIDE, SIDE, 1)),
        Conv2D(12, (3, 3), activation="relu", padding="same"),
        MaxPooling2D((2, 2)),
        Flatten(),
        Dropout(0.2),
        Dense(24, activation="relu"),
        Dense(CLASSES, activation="softmax"),
    ])  # fmt: skip
    model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
    return model


def main(seed, scale):
    keras.utils.set_random_seed(seed)
    count, epochs = max(60, int(600 * scale)), max(1, round(8 * scale))
    x, labels = load_data(count)
    y = keras.utils.to_categorical(labels, CLASSES)
    kept, accuracies, guesses = {}, [], np.zeros(len(x), int)
    for train, test in StratifiedKFold(n_splits=5, shuffle=True, random_state=0).split(x, labels):
        keras.backend.clear_session()
        model = build_model()
        weights = {label: len(train) / (CLASSES * np.sum(labels[train] == label)) for label in range(CLASSES)}
        history = model.fit(
            x[train], y[train], epochs=epochs, batch_size=32, class_weight=weights, validation_data=(x[test], y[test]),
            verbose=0,
        )  # fmt: skip
        for name, values in history.history.items():
            kept.setdefault(name, []).append(values[-1])
        accuracies.append(model.evaluate(x[test], y[test], verbose=0)[1])
        guesses[test] = model.predict(x[test], verbose=0).argmax(axis=1)
    matrix = confusion_matrix(labels, guesses)
    assert matrix.sum() == len(x)
    final = {"accuracy": np.mean(accuracies), "f1": f1_score(labels, guesses, average="macro")}
    return {"history": kept, "exact": {"folds": len(accuracies)}, "final": {k: float(v) for k, v in final.items()}}


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]), float(sys.argv[2]))))
