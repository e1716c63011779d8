"""Models for tests of activations, gradients and contributions: small, odd sizes, weights from a seed."""

import numpy as np

from planish.layers import (
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    Input,
    MaxPooling2D,
    Permute,
    Rescaling,
    Reshape,
    Softmax,
)
from planish.models import Sequential


def with_seeded_weights(model, seed=3):
    """The model with normally distributed weights; variances are positive."""
    random = np.random.default_rng(seed)
    values = [random.standard_normal(variable.shape) * 0.3 for variable in model.weights]
    model.set_weights(
        [
            abs(v) + 0.5 if variable.name == "moving_variance" else v
            for v, variable in zip(values, model.weights, strict=True)
        ]
    )
    return model


def images(model, count=3, seed=5):
    return np.random.default_rng(seed).standard_normal((count, *model.input_shape[1:])).astype(np.float32)


MAKERS = {
    "blog": lambda: Sequential(
        [
            Input((13, 11, 2)),
            Conv2D(5, 3, activation="relu", name="first"),
            MaxPooling2D(name="pool"),
            Conv2D(7, 3, activation="relu", padding="same", name="second"),
            Flatten(name="flatten"),
            Dense(9, activation="relu", name="hidden"),
            Dense(4, activation="softmax", name="scores"),
        ]
    ),
    "linear": lambda: Sequential(
        [
            Input((9, 10, 3)),
            Conv2D(5, 3, strides=2, activation="tanh", name="first"),
            Flatten(name="flatten"),
            Dropout(0.3, name="dropped"),
            BatchNormalization(name="normal"),
            Dense(3, name="scores"),
            Softmax(name="softmax"),
        ]
    ),
    "channels_first": lambda: Sequential(
        [
            Input((3, 9, 11)),
            Rescaling(0.5, name="scaled"),
            Conv2D(5, (3, 2), data_format="channels_first", activation="sigmoid", name="first"),
            AveragePooling2D((2, 3), data_format="channels_first", name="pool"),
            Flatten(data_format="channels_first", name="flatten"),
            Dense(1, activation="sigmoid", name="scores"),
        ]
    ),
    "two flattens": lambda: Sequential(
        [
            Input((7, 5)),
            Flatten(name="early"),
            Dense(24, activation="relu", name="hidden"),
            Reshape((4, 3, 2), name="reshaped"),
            Conv2D(3, 2, name="late_conv"),
            Flatten(name="late"),
            Dense(3, activation="softmax", name="scores"),
        ]
    ),
    "turned": lambda: Sequential(
        [
            Input((9, 7, 2)),
            Permute((2, 1, 3), name="turned"),
            Conv2D(3, (2, 3), name="first"),
            Flatten(name="flatten"),
            Dense(2, name="scores"),
        ]
    ),
    "averaged": lambda: Sequential(
        [
            Input((9, 7, 3)),
            Conv2D(6, 3, activation="relu", name="first"),
            GlobalAveragePooling2D(name="averaged"),
            Dense(4, activation="softmax", name="scores"),
        ]
    ),
}


def made(name):
    return with_seeded_weights(MAKERS[name]())
