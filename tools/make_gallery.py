"""Makes the reports in docs/gallery/: three models, trained for a minute on the digits that come with planish.

python tools/make_gallery.py
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import planish
from planish.layers import BatchNormalization, Conv2D, Dense, Flatten, Input, MaxPooling2D, ReLU, Rescaling
from planish.models import Sequential

GALLERY = Path(__file__).parent.parent / "docs" / "gallery"
SEED = 0
ROWS, COLUMNS = 33, 28

Images = NDArray[np.uint8]


def main() -> None:
    (x, y), (x_test, y_test) = planish.datasets.digits.load_data()
    GALLERY.mkdir(exist_ok=True)
    write("two-convolutions", two_convolutions, x[..., None], y, (x_test[..., None], y_test), 0)
    write("one-convolution", one_convolution, x[..., None], y, (x_test[..., None], y_test), 218)
    write("colours", colours, in_colours(x), y, (in_colours(x_test), y_test), 411)


def two_convolutions() -> Sequential:
    """The classifier of many tutorials: Flatten, a hidden Dense, and the scores."""
    return Sequential(
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
        ],
        name="two_convolutions",
    )


def one_convolution() -> Sequential:
    """Flatten and the scores: what each number adds to a logit is exact."""
    return Sequential(
        [
            Input((28, 28, 1)),
            Rescaling(1 / 255),
            Conv2D(12, (5, 5), strides=2, activation="relu"),
            MaxPooling2D((2, 2)),
            Flatten(),
            Dense(10, activation="softmax"),
        ],
        name="one_convolution",
    )


def colours() -> Sequential:
    """Colour images that are not square, padding, strides, and batch normalization."""
    return Sequential(
        [
            Input((ROWS, COLUMNS, 3)),
            Rescaling(1 / 255),
            Conv2D(16, (3, 3), strides=2, padding="same", use_bias=False),
            BatchNormalization(),
            ReLU(),
            Conv2D(24, (3, 3), padding="same", activation="relu"),
            MaxPooling2D((2, 2)),
            Flatten(),
            Dense(10, activation="softmax"),
        ],
        name="colours",
    )


def in_colours(digits: Images) -> Images:
    """Each digit in a colour of its own on a ground of another: u8 [n, 33, 28, 3]."""
    random = np.random.default_rng(SEED)
    ink, ground = (random.integers(low, low + 96, (len(digits), 1, 1, 3)) for low in (160, 0))
    framed = np.pad(digits, ((0, 0), (2, ROWS - 30), (0, 0)))[..., None] / 255
    return np.rint(framed * ink + (1 - framed) * ground).astype(np.uint8)


def write(name: str, make: Callable[[], Sequential], x: Images, y: Any, unseen: tuple[Images, Any], row: int) -> None:
    planish.backend.clear_session()
    planish.utils.set_random_seed(SEED)
    model = make()
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x, y, epochs=4, verbose=0)
    path = GALLERY / f"{name}.html"
    images, labels = unseen
    model.explain(images[row], out=path, label=int(labels[row]), data=unseen)
    print(f"{path}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
