"""CIFAR-100: 50,000 + 10,000 photographs of a hundred kinds of things, 32x32 in colour (Alex Krizhevsky, 2009)."""

from __future__ import annotations

import os

from planish.datasets import cifar_archive, keras_cache
from planish.datasets.splits import Splits, as_bytes, check_splits
from planish.errors import unknown_name

SOURCE = keras_cache.Source(
    keras_cache.TORONTO + "cifar-100-python.tar.gz",
    "85cd44d02ba6437773c5bbd22e183051d648de2e7d6b014e1ef29b855ba677a7",
    "cifar-100-python-target_archive",
)

# Where versions 3 and 2 of Keras put the folder and the archive.
_PLACES = (
    "cifar-100-python-target/cifar-100-python",
    "cifar-100-python/cifar-100-python",
    "cifar-100-python",
    SOURCE.name,
    "cifar-100-python_archive",
    "cifar-100-python.tar.gz",
)
_CLASSES = {"fine": 100, "coarse": 20}


def load_data(label_mode: str = "fine", path: str | os.PathLike[str] | None = None) -> Splits:
    """((x_train, y_train), (x_test, y_test)): uint8 images [50000 and 10000, 32, 32, 3], uint8 labels [n, 1].

    `label_mode`: 'fine' (0-99), or 'coarse' (0-19, groups of five classes). `path`: the archive (.tar.gz), or the
    folder of its files. Without it, what Keras's cache has of it; the archive is downloaded if nothing is there.
    ValueError for files that are damaged or contain something else.
    """
    if label_mode not in _CLASSES:
        raise ValueError(unknown_name("label_mode", label_mode, _CLASSES))
    place = keras_cache.locate(path, _PLACES, SOURCE)
    splits = cifar_archive.read(place, ("train", "test"), f"{label_mode}_labels")
    (x_train, y_train), (x_test, y_test) = splits
    check_splits(((x_train, y_train), (x_test, y_test)), (32, 32, 3), _CLASSES[label_mode], place)
    return (x_train, as_bytes(y_train[:, None])), (x_test, as_bytes(y_test[:, None]))
