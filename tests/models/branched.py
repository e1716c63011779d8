"""Models that are not one layer after another, for tests of looking into them."""

import numpy as np

import planish as keras
from planish.layers import Add, Concatenate, Conv2D, Dense, Flatten, Layer
from tests.models.looking.introspected import with_seeded_weights


def residual():
    """One convolution of 3 x 3 beside the image itself."""
    image = keras.Input((6, 5, 2), name="image")
    x = Add(name="sum")([Conv2D(2, 3, padding="same", name="conv")(image), image])
    x = Dense(3, name="scores")(Flatten(name="flat")(x))
    return with_seeded_weights(keras.Model(image, x, name="residual"))


def two_inputs():
    """An image of 5 x 5 beside four numbers; scores of three classes, and one number."""
    image, extra = keras.Input((5, 5, 1), name="image"), keras.Input((4,), name="extra")
    flat = Flatten(name="flat")(Conv2D(2, 3, name="conv")(image))
    joined = Concatenate(name="joined")([flat, extra])
    digit = Dense(3, activation="softmax", name="digit")(joined)
    size = Dense(1, name="size")(Dense(2, activation="tanh", name="hidden")(flat))
    return with_seeded_weights(keras.Model([image, extra], {"digit": digit, "size": size}, name="two"))


def shared():
    """A layer used three times, twice on its own result, and an inner model used twice."""
    x = keras.Input((4,), name="x")
    dense = Dense(4, activation="tanh", name="dense")
    inner_x = keras.Input((4,), name="inner_x")
    inner = keras.Model(inner_x, Dense(4, name="inside")(inner_x) * 2.0, name="inner")
    y = inner(dense(dense(dense(x))))
    return with_seeded_weights(keras.Model(x, inner(y) + x, name="shared"))


class Halves(Layer):
    def call(self, x):
        return {"right": x[:, 2:], "left": x[:, :2]}


def halves():
    """Two outputs of one layer, and an output that is the input."""
    x = keras.Input((5,), name="x")
    parts = Halves(name="halves")(x)
    return with_seeded_weights(
        keras.Model(x, [Dense(2, name="scores")(parts["right"]), parts["left"], x], name="halves_model")
    )


def data(model, count=3):
    random = np.random.default_rng(0)
    arrays = [random.normal(size=(count, *spec.shape[1:])).astype(np.float32) for spec in model.input_specs]
    return arrays[0] if len(arrays) == 1 else arrays
