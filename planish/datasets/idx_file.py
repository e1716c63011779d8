"""The IDX format of MNIST and its relatives: magic number, extents as big-endian 32-bit integers, then bytes."""

from __future__ import annotations

import math
import os

import numpy as np
from numpy.typing import NDArray

from planish import regular_file
from planish.errors import explain

_GZIP_MAGIC = b"\x1f\x8b"
_UNSIGNED_BYTES = 8
_MOST_EXPANSION = 100
"""Compressed pictures of clothes or digits take a fifth of their size, labels a half."""


def read(path: str | os.PathLike[str]) -> NDArray[np.uint8]:
    """The array of an IDX file of bytes, compressed by gzip or not.

    ValueError, naming the file, if it is not one or is damaged; OSError if it cannot be opened.
    """
    name = os.fspath(path)
    contents = _contents(name)
    magic = int.from_bytes(contents[:4], "big")
    rank = magic & 0xFF
    if len(contents) < 4 + 4 * rank or magic != _UNSIGNED_BYTES << 8 | rank or not rank:
        raise ValueError(explain(what=f"{name!r} is not an IDX file of bytes", received=f"it begins {contents[:4]!r}"))
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
    contents = regular_file.contents(name, "an IDX file")
    if contents[:2] != _GZIP_MAGIC:
        return bytearray(contents)
    return bytearray(regular_file.inflated(contents, _MOST_EXPANSION * len(contents), repr(name)))
