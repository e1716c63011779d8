"""The models whose reports are driven in a browser."""

import numpy as np

import planish
from planish.layers import Conv2D, Dense, Flatten, Input, MaxPooling2D, Permute, Rescaling
from planish.models import Sequential
from tests.explain.conftest import CASES
from tests.models.looking.introspected import images, with_seeded_weights


def blog():
    """The classifier of many tutorials after one epoch, a digit, and the map of its Flatten layer."""
    planish.utils.set_random_seed(0)
    (x, y), (x_test, _) = planish.datasets.digits.load_data()
    model = Sequential(
        [
            Input((28, 28, 1)),
            Rescaling(1 / 255),
            Conv2D(32, (3, 3), activation="relu"),
            MaxPooling2D((2, 2)),
            Conv2D(64, (3, 3), activation="relu"),
            MaxPooling2D((2, 2)),
            Flatten(),
            Dense(128, activation="relu"),
            Dense(10, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(x[..., None], y, epochs=1, verbose=0)
    return model, x_test[0][..., None], model.flatten_map()


def unseen():
    """Digits that the tutorial's model has not seen, and what they are."""
    _, (x, y) = planish.datasets.digits.load_data()
    return x[..., None], y


def others():
    """Models of other kinds, by name, each with an image: made for it, or random."""
    found = {}
    for name, make in CASES.items():
        model = with_seeded_weights(make())
        found[name.replace(" ", "-")] = (model, images(model, 1)[0])
    large = Sequential(
        [
            Input((96, 64, 3)),
            Rescaling(1 / 255),
            Conv2D(32, 5, strides=2, activation="relu", padding="same"),
            MaxPooling2D(2),
            Conv2D(48, 3, activation="relu"),
            Flatten(),
            Dense(100, activation="softmax"),
        ]
    )
    photo = np.random.default_rng(1).integers(0, 256, (12, 8, 3)).repeat(8, axis=0).repeat(8, axis=1)
    found["large"] = (with_seeded_weights(large), photo.astype(np.uint8))
    layers = [Input((70, 60, 1)), Permute((2, 1, 3)), Flatten(), Dense(2, activation="softmax")]
    untraced = with_seeded_weights(Sequential(layers))
    found["untraced"] = (untraced, images(untraced, 1)[0])
    return found
