"""MNIST: 60,000 + 10,000 handwritten digits, 28x28 grey (Yann LeCun, Corinna Cortes, Christopher Burges)."""

from __future__ import annotations

import os

from planish.datasets import keras_cache, npz_file
from planish.datasets.splits import Splits, check_splits

SOURCE = keras_cache.Source(
    keras_cache.TENSORFLOW_STORE + "mnist.npz",
    "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1",
    "mnist.npz",
)


def load_data(path: str | os.PathLike[str] | None = None) -> Splits:
    """((x_train, y_train), (x_test, y_test)): uint8 images [60000 and 10000, 28, 28], uint8 labels 0-9 [n].

    `path`: an .npz file in Keras's form, or its plain name in Keras's cache. Without it, the cache's mnist.npz, which
    is downloaded if it is not there. ValueError for a file that is damaged or contains something else.
    """
    file = keras_cache.locate(path, [SOURCE.name], SOURCE)
    return check_splits(npz_file.read(file), (28, 28), 10, file)
