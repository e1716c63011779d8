"""The IDX format of MNIST and its relatives: magic number, extents as big-endian 32-bit integers, then bytes."""

from __future__ import annotations

import gzip
import math
import os
import zlib

import numpy as np
from numpy.typing import NDArray

from planish.errors import explain

_GZIP_MAGIC = b"\x1f\x8b"
_UNSIGNED_BYTES = 8


def read(path: str | os.PathLike[str]) -> NDArray[np.uint8]:
    """The array of an IDX file of bytes, compressed by gzip or not.

    ValueError, naming the file, if it is none or is damaged; OSError if it cannot be opened.
    """
    name = os.fspath(path)
    contents = _contents(name)
    magic = int.from_bytes(contents[:4], "big")
    rank = magic & 0xFF
    if len(contents) < 4 + 4 * rank or magic != _UNSIGNED_BYTES << 8 | rank or not rank:
        raise ValueError(explain(what=f"{name!r} is no IDX file of bytes", received=f"it begins {contents[:4]!r}"))
    shape = tuple(int.from_bytes(contents[4 + 4 * axis : 8 + 4 * axis], "big") for axis in range(rank))
    received = len(contents) - 4 - 4 * rank
    if received != math.prod(shape):
        raise ValueError(
            explain(
                what=f"{name!r} is damaged or cut short",
                expected=f"{math.prod(shape):,} bytes, for shape {shape}",
                received=f"{received:,} bytes",
            )
        )
    return np.frombuffer(contents, dtype=np.uint8, offset=4 + 4 * rank).reshape(shape)


def _contents(name: str) -> bytearray:
    with open(name, "rb") as file:
        contents = file.read()
    if contents[:2] != _GZIP_MAGIC:
        return bytearray(contents)
    try:
        return bytearray(gzip.decompress(contents))
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(explain(what=f"{name!r} is damaged or cut short", received=str(error))) from error
