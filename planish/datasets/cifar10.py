"""CIFAR-10: 50,000 + 10,000 photographs of ten kinds of things, 32x32 in colour (Alex Krizhevsky, 2009)."""

from __future__ import annotations

import os

import numpy as np

from planish.datasets import cifar_archive, keras_cache
from planish.datasets.splits import Splits, as_bytes, check_splits

SOURCE = keras_cache.Source(
    keras_cache.TORONTO + "cifar-10-python.tar.gz",
    "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
    "cifar-10-batches-py-target_archive",
)

# Where versions 3 and 2 of Keras put the folder and the archive; and the archive's own name.
_PLACES = (
    "cifar-10-batches-py-target/cifar-10-batches-py",
    "cifar-10-batches-py/cifar-10-batches-py",
    "cifar-10-batches-py",
    SOURCE.name,
    "cifar-10-batches-py_archive",
    "cifar-10-batches-py.tar.gz",
    "cifar-10-python.tar.gz",
)
_TRAINING = tuple(f"data_batch_{number}" for number in range(1, 6))
_TEST = "test_batch"


def load_data(path: str | os.PathLike[str] | None = None) -> Splits:
    """((x_train, y_train), (x_test, y_test)): uint8 images [50000 and 10000, 32, 32, 3], uint8 labels 0-9 [n, 1].

    The classes: airplane, automobile, bird, cat, deer, dog, frog, horse, ship, truck.

    `path`: the archive (.tar.gz), or the folder of its files. Without it, what Keras's cache has of it; the archive is
    downloaded if nothing is there. ValueError for files that are damaged or contain something else.
    """
    place = keras_cache.locate(path, _PLACES, SOURCE)
    *training, (x_test, y_test) = cifar_archive.read(place, (*_TRAINING, _TEST), "labels")
    x_train, y_train = (np.concatenate(parts) for parts in zip(*training, strict=True))
    check_splits(((x_train, y_train), (x_test, y_test)), (32, 32, 3), 10, place)
    return (x_train, as_bytes(y_train[:, None])), (x_test, as_bytes(y_test[:, None]))
