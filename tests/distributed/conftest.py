"""A model, images, and the files that hold them."""

import numpy as np
import pytest

import planish
from planish.layers import Concatenate, Conv2D, Dense, Flatten, Input, MaxPooling2D
from planish.models import Model, Sequential


@pytest.fixture(scope="session")
def model():
    planish.utils.set_random_seed(3)
    layers = [Conv2D(3, 3, activation="relu"), MaxPooling2D(), Flatten(), Dense(4, activation="softmax", name="scores")]
    return Sequential([Input((8, 9, 1)), *layers])


@pytest.fixture(scope="session")
def images():
    return np.random.default_rng(0).integers(0, 256, (50, 8, 9), dtype=np.uint8)


@pytest.fixture(scope="session")
def expected(model, images):
    return model.predict(images, verbose=0)


@pytest.fixture(scope="session")
def two_ended():
    """A model of two inputs, whose outputs have names."""
    image, numbers = Input((8, 9, 1), name="image"), Input((2,), name="numbers")
    maps = Conv2D(2, 3)(image)
    return Model([image, numbers], {"scores": Dense(3)(Concatenate()([Flatten()(maps), numbers])), "maps": maps})
