"""Models for reports, with weights from a seed."""

import numpy as np
import pytest

from planish.layers import (
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    Input,
    MaxPooling2D,
    ReLU,
    Rescaling,
    Reshape,
)
from planish.models import Sequential
from tests.explain.pages import Page
from tests.models.looking.introspected import MAKERS, images, with_seeded_weights

CASES = {
    **MAKERS,
    "digits": lambda: Sequential(
        [
            Input((28, 28, 1)),
            Rescaling(1 / 255),
            Conv2D(6, 3, activation="relu", name="conv"),
            MaxPooling2D(name="pool"),
            Flatten(name="flatten"),
            Dense(12, activation="relu", name="hidden"),
            Dense(10, activation="softmax", name="scores"),
        ]
    ),
    "normalized": lambda: Sequential(
        [
            Input((17, 9, 3)),
            Conv2D(5, (3, 2), padding="same", strides=2, name="conv"),
            BatchNormalization(name="normal"),
            ReLU(name="relu"),
            Dropout(0.5, name="dropped"),
            Flatten(name="flatten"),
            Dense(3, activation="softmax", name="scores"),
        ]
    ),
    "no maps": lambda: Sequential([Input((11,)), Flatten(name="flatten"), Dense(3, name="scores")]),
    "no flatten": lambda: Sequential([Input((11,)), Dense(2, activation="softmax", name="scores")]),
    "maps come out": lambda: Sequential([Input((9, 8, 1)), Conv2D(3, 3, name="conv")]),
    "nested": lambda: Sequential(
        [
            Sequential([Input((9, 8, 2)), Conv2D(3, 3, name="conv"), Flatten(name="inside")], name="inner"),
            Dense(3, activation="softmax", name="scores"),
        ]
    ),
    "wide": lambda: Sequential(
        [Input((8, 8, 1)), Conv2D(70, 1, name="conv"), GlobalAveragePooling2D(), Dense(30, activation="softmax")]
    ),
    "four axes": lambda: Sequential(
        [Input((6, 4, 2)), Reshape((2, 3, 4, 2)), Flatten(name="flatten"), Dense(2, activation="sigmoid")]
    ),
    "few channels": lambda: Sequential(
        [Input((5, 7)), Flatten(name="flatten", data_format="channels_first"), Dense(4, activation="softmax")]
    ),
}


@pytest.fixture(scope="session")
def cases():
    """Every model by its name, made once."""
    return {name: with_seeded_weights(make()) for name, make in CASES.items()}


@pytest.fixture(scope="session")
def reports(cases):
    """name -> (model, image, report, page), made when it is asked for."""
    made = {}

    def get(name):
        if name not in made:
            model = cases[name]
            image = images(model, 1)[0]
            if name == "digits":
                image = np.random.default_rng(0).integers(0, 256, (28, 28, 1), dtype=np.uint8)
            report = model.explain(image)
            made[name] = (model, image, report, Page(report.html))
        return made[name]

    return get
