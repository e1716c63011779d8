"""Files that real Keras wrote (see record.py), and small models."""

import lzma
from pathlib import Path

import numpy as np
import pytest

from planish.layers import Conv2D, Dense, Flatten, Input, MaxPooling2D
from planish.models import Sequential

RECORDED = Path(__file__).parent / "data"


@pytest.fixture
def recorded(tmp_path):
    """Unpacks a recorded file: `recorded("adam.keras")` -> its path."""

    def unpack(name):
        path = tmp_path / name
        path.write_bytes(lzma.decompress((RECORDED / f"{name}.xz").read_bytes()))
        return path

    return unpack


@pytest.fixture
def outcome():
    """What real Keras computed with a recorded model: `outcome("adam")` -> arrays by name."""

    def load(name):
        with np.load(RECORDED / f"{name}.npz") as file:
            return dict(file)

    return load


def small_model():
    """Two layers with weights, and compiled."""
    model = Sequential(
        [Input((6, 6, 1)), Conv2D(2, 3, activation="relu"), MaxPooling2D(), Flatten(), Dense(3, activation="softmax")]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


@pytest.fixture
def model():
    return small_model()


@pytest.fixture
def another_model():
    return small_model()


@pytest.fixture
def images():
    """Six images for `model` and their labels."""
    random = np.random.default_rng(0)
    return random.random((6, 6, 6, 1), dtype=np.float32), random.integers(0, 3, 6)


@pytest.fixture
def saved(model, tmp_path):
    path = tmp_path / "model.keras"
    model.save(path)
    return path


@pytest.fixture
def trained():
    """Trains a model for three steps: `trained(model, images)` -> the model."""

    def train(model, images):
        for _ in range(3):
            model.train_on_batch(*images)
        return model

    return train


@pytest.fixture
def h5(trained, model, images, tmp_path):
    """The `.h5` file of a trained model."""
    path = tmp_path / "model.h5"
    trained(model, images).save(path)
    return path
