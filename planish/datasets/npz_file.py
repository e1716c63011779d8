"""Keras's own form of a data set in one file: .npz with x_train, y_train, x_test and y_test."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from planish import regular_file
from planish.datasets.splits import Splits
from planish.errors import explain

KEYS = ("x_train", "y_train", "x_test", "y_test")


def read(path: str | os.PathLike[str]) -> Splits:
    """The arrays as they are in the file. Pickled objects are refused, never loaded.

    ValueError, naming the file, if it is not such a file or is damaged; OSError if it cannot be opened.
    """
    name = os.fspath(path)
    with regular_file.opened(name, "an .npz file") as file:
        return read_from(file, name)


def read_from(file: BinaryIO, name: str) -> Splits:
    """The arrays in an open file, which errors call `name`."""
    names, arrays = _arrays(file, name)
    absent = [key for key in KEYS if key not in arrays]
    if absent:
        raise ValueError(
            explain(
                what=f"{name!r} has no array {absent[0]!r}",
                expected="an .npz file with the arrays " + ", ".join(KEYS),
                received="arrays " + ", ".join(names) if names else "no named arrays",
            )
        )
    x_train, y_train, x_test, y_test = (arrays[key] for key in KEYS)
    return (x_train, y_train), (x_test, y_test)


def _arrays(opened: BinaryIO, name: str) -> tuple[Sequence[str], dict[str, NDArray[Any]]]:
    """The names of all arrays, and those arrays that belong to a data set."""
    with regular_file.damage_told(repr(name)):
        file = np.load(opened, allow_pickle=False)
        if not isinstance(file, np.lib.npyio.NpzFile):
            return [], {}
        with file:
            return file.files, {key: file[key] for key in KEYS if key in file}
