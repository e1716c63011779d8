"""CIFAR's files: pickled dictionaries of an array and a list, in a folder or in the published .tar.gz.

A pickle can name any function to be called. These are read by an unpickler that knows only the few that make NumPy
arrays and refuses all others; archives are read in memory, so nothing is written to where a member's name says.
"""

from __future__ import annotations

import os
import pickle
import tarfile
from collections.abc import Iterable
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planish import regular_file
from planish.errors import explain

_MOST_NBYTES = 256 << 20
"""For a member: the largest, CIFAR-100's, has 155 MB."""


def _latin1(text: str, encoding: str) -> bytes:
    """How old pickles write bytes."""
    if encoding != "latin1":
        raise pickle.UnpicklingError(f"bytes written in the encoding {encoding!r}")
    return text.encode("latin1")


def _reconstruct(class_: type, shape: tuple[int, ...], kind: bytes) -> NDArray[Any]:
    """The empty array that a pickled array starts as."""
    if class_ is not np.ndarray:
        raise pickle.UnpicklingError(f"an array of class {class_!r}")
    return np.ndarray((0,), np.int8)


_ALLOWED = {
    ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy._core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
    ("_codecs", "encode"): _latin1,
}


class _ArrayUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ALLOWED:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}, which no data set needs; nothing was run")
        return _ALLOWED[module, name]


def read(path: str, members: Iterable[str], label_key: str) -> list[tuple[NDArray[np.uint8], NDArray[np.int64]]]:
    """Images [n, 32, 32, 3] and labels [n] of each member of an archive, or file of a folder, by its plain name.

    ValueError, naming the file, if it is damaged or contains something else; OSError if it cannot be opened.
    """
    contents = _folder(path, members) if os.path.isdir(path) else _archive(path, list(members))
    return [_batch(member, text, label_key) for member, text in contents]


def _folder(path: str, members: Iterable[str]) -> Iterable[tuple[str, bytes]]:
    for member in members:
        name = os.path.join(path, member)
        yield name, regular_file.contents(name, "a CIFAR batch")


def _archive(path: str, members: list[str]) -> Iterable[tuple[str, bytes]]:
    found: dict[str, bytes] = {}
    with (
        regular_file.opened(path, "a CIFAR archive") as opened,
        regular_file.damage_told(repr(path)),
        tarfile.open(fileobj=opened, mode="r:*") as archive,
    ):
        for info in archive:
            name = info.name.rpartition("/")[2]
            file = archive.extractfile(info) if info.isfile() and name in members else None
            if file is not None:
                found[name] = file.read(_MOST_NBYTES)
    for member in members:
        if member not in found:
            raise ValueError(explain(what=f"{path!r} has no member {member!r}", expected=", ".join(members)))
    return [(f"{path}: {member}", found[member]) for member in members]


def _batch(name: str, text: bytes, label_key: str) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The file's strings are bytes, as Python 2 wrote them."""
    with regular_file.damage_told(repr(name)):
        content = _ArrayUnpickler(BytesIO(text), encoding="bytes").load()
    fields = {_text(key): value for key, value in content.items()} if isinstance(content, dict) else {}
    pixels, labels = fields.get("data"), fields.get(label_key)
    if not isinstance(pixels, np.ndarray) or not isinstance(labels, list) or pixels.shape != (len(labels), 3072):
        raise ValueError(
            explain(
                what=f"{name!r} is not a CIFAR batch",
                expected=f"'data' of shape (n, 3072), and '{label_key}' with n labels",
                received=", ".join(fields) or type(content).__name__,
            )
        )
    planes = pixels.astype(np.uint8, copy=False).reshape(-1, 3, 32, 32)
    return np.ascontiguousarray(planes.transpose(0, 2, 3, 1)), np.array(labels, dtype=np.int64)


def _text(key: object) -> str:
    return key.decode("latin1") if isinstance(key, bytes) else str(key)
