"""Fashion-MNIST: 60,000 + 10,000 pieces of clothing, 28x28 grey (Zalando SE; MIT licence)."""

from __future__ import annotations

import os

from planish.datasets import idx_file, keras_cache, npz_file
from planish.datasets.splits import Splits, check_splits

_FOLDER = "fashion-mnist"

SOURCES = tuple(
    keras_cache.Source(keras_cache.TENSORFLOW_STORE + name, sha256, f"{_FOLDER}/{name}")
    for name, sha256 in (
        ("train-images-idx3-ubyte.gz", "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"),
        ("train-labels-idx1-ubyte.gz", "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
        ("t10k-images-idx3-ubyte.gz", "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"),
        ("t10k-labels-idx1-ubyte.gz", "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"),
    )
)


def load_data(path: str | os.PathLike[str] | None = None) -> Splits:
    """((x_train, y_train), (x_test, y_test)): uint8 images [60000 and 10000, 28, 28], uint8 labels 0-9 [n].

    The classes: T-shirt/top, trouser, pullover, dress, coat, sandal, shirt, sneaker, bag, ankle boot.

    `path`: a folder of the four IDX files, compressed or not, or an .npz file in Keras's form. Without it, the folder
    fashion-mnist in Keras's cache; what is not there is downloaded. ValueError for files that are damaged or contain
    something else.
    """
    if path is None:
        files = [keras_cache.locate(None, [source.name], source) for source in SOURCES]
        return _read(files)
    place = keras_cache.given(path)
    if os.path.isdir(place):
        return _read([_in_folder(place, os.path.basename(source.name)) for source in SOURCES])
    return check_splits(npz_file.read(place), (28, 28), 10, place)


def _in_folder(folder: str, name: str) -> str:
    """The compressed file, or the plain one if only that is there."""
    plain = os.path.join(folder, name.removesuffix(".gz"))
    return plain if os.path.exists(plain) else os.path.join(folder, name)


def _read(files: list[str]) -> Splits:
    x_train, y_train, x_test, y_test = (idx_file.read(file) for file in files)
    return check_splits(((x_train, y_train), (x_test, y_test)), (28, 28), 10, os.path.dirname(files[0]))
