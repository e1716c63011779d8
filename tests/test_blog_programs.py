"""The programs of the teaching text that planish started from, with nothing but their imports changed."""

import numpy as np
import pytest

import planish
from planish.layers import Conv2D, Dense, Flatten, MaxPooling2D
from planish.models import Sequential


@pytest.fixture(autouse=True)
def _names_from_the_start():
    planish.utils.clear_session(free_memory=False)


@pytest.fixture(scope="module")
def digits():
    (x, y), _ = planish.datasets.digits.load_data()
    return x[:512] / 255.0, y[:512]


def test_the_convolutional_classifier(capsys):
    model = Sequential(
        [
            Conv2D(32, (3, 3), activation="relu", input_shape=(28, 28, 1)),
            MaxPooling2D(pool_size=(2, 2)),
            Conv2D(64, (3, 3), activation="relu"),
            MaxPooling2D(pool_size=(2, 2)),
            Flatten(),
            Dense(128, activation="relu"),
            Dense(10, activation="softmax"),
        ]
    )
    model.summary()
    printed = capsys.readouterr().out
    assert [word for word in ("flatten (Flatten)", "(None, 1600)", "225,034") if word not in printed] == []
    assert model.count_params() == 225_034
    outputs = model.predict(np.random.rand(6000, 28, 28, 1), verbose=0)
    assert outputs.shape == (6000, 10)
    assert outputs.dtype == np.float32
    np.testing.assert_allclose(outputs.sum(axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("targets", [(-1,), (-1, 1)])
def test_flatten_and_dense(digits, targets):
    x, y = digits
    model = Sequential([Flatten(input_shape=(28, 28)), Dense(10, activation="sigmoid")])
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x, y.reshape(targets), epochs=5, verbose=0)
    assert list(history.history) == ["accuracy", "loss"]
    assert len(history.history["loss"]) == 5
    assert history.history["loss"][-1] < history.history["loss"][0]
    assert history.history["accuracy"][-1] > 0.7


def test_convolution_pool_flatten_dense(digits):
    x, y = digits
    model = Sequential(
        [
            Conv2D(32, (3, 3), activation="relu", input_shape=(28, 28, 1)),
            MaxPooling2D((2, 2)),
            Flatten(),
            Dense(10, activation="softmax"),
        ]
    )
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x[..., None], y, epochs=5, verbose=0)
    assert history.history["accuracy"][-1] > 0.8


def test_flattening_maps_and_arrays():
    assert Sequential([Flatten()])(np.zeros((32, 8, 8, 16), np.float32)).shape == (32, 1024)
    images = np.zeros((600, 28, 28))
    flat = planish.flatten(images)
    assert flat.shape == (600, 28 * 28)
    assert np.shares_memory(flat, images)
