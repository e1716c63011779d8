"""What the tests of messages share."""

import re

import numpy as np
import pytest

from planish.layers import Conv2D, Dense, Flatten, Input, MaxPooling2D
from planish.models import Sequential


def images(*shape):
    return np.zeros(shape, np.float32)


def classifier(*shape):
    layers = [
        Input(shape),
        Conv2D(2, 3),
        MaxPooling2D(),
        Flatten(name="flatten"),
        Dense(3, activation="softmax", name="dense"),
    ]
    model = Sequential(layers)
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model


def refused(message, run, error=ValueError):
    """`run()` raises the error with exactly this message."""
    with pytest.raises(error, match=re.escape(message)) as caught:
        run()
    assert str(caught.value) == message
