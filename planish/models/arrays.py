"""Turns what a user passes as data into NumPy arrays, without copying where that can be had.

The compiled program reads the user's memory as it is: its element type is one of `READABLE`. Arrays of another layout
or byte order are converted in chunks, see `contiguous_chunks`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planish.errors import explain

Array = NDArray[Any]

READABLE = frozenset(map(np.dtype, ("f4", "f8", "f2", "u1", "i1", "u2", "i2", "i4", "i8", "u4", "u8", "?")))
"""Element types that a compiled program can read."""

CHUNK_NBYTES = 8 << 20
"""What a converted copy of a part of the data may take; two exist when one is followed by the next."""

_HINTS = {
    "O": "the items differ in shape or are not numbers: stack images of one size with np.stack(images)",
    "U": "convert the text to numbers, and class names to indices: np.unique(names, return_inverse=True)[1]",
    "S": "convert the text to numbers, and class names to indices: np.unique(names, return_inverse=True)[1]",
    "c": "pass the real and imaginary parts, or np.abs(x)",
}


def as_array(value: Any, what: str) -> Array:
    """`value` as an array of numbers; `what` names the argument in messages ("x", "y", "sample_weight").

    Takes arrays, lists, and objects with `__array__` or `__dlpack__`. TypeError if it cannot be one; ValueError for
    lists of unequal lengths.
    """
    array = value if type(value) is np.ndarray else _converted(value, what)
    memory_dtype(array.dtype, what)
    return array


def memory_dtype(dtype: np.dtype[Any], what: str = "x") -> np.dtype[Any]:
    """The element type in which a program reads an array of `dtype`: itself, if `dtype` is one of `READABLE`.

    TypeError if elements of `dtype` are no numbers.
    """
    if dtype in READABLE and dtype.isnative:
        return dtype
    if dtype.name == "bfloat16":
        return np.dtype(np.float32)
    if dtype.kind == "f" and dtype.itemsize > 8:
        return np.dtype(np.float64)
    if dtype.kind in "fiu" and dtype.newbyteorder("=") in READABLE:
        return dtype.newbyteorder("=")
    raise TypeError(
        explain(
            what=f"`{what}` does not hold plain numbers",
            expected="floats, integers or booleans",
            received=f"an array of dtype {dtype}",
            remedy=_HINTS.get(dtype.kind),
        )
    )


def readable_as_is(array: Array) -> bool:
    flags = array.flags
    return bool(flags.c_contiguous and flags.aligned) and array.dtype in READABLE and array.dtype.isnative


def readable(array: Array, what: str = "x") -> Array:
    """`array` itself if a program can read it, else a converted copy of it all."""
    return array if readable_as_is(array) else np.require(array, memory_dtype(array.dtype, what), ["C", "A"])


def contiguous_chunks(array: Array, nbytes: int = CHUNK_NBYTES) -> Iterator[tuple[int, Array]]:
    """(first row, rows) pieces of `array` that a program can read, each a copy of about `nbytes`."""
    dtype = memory_dtype(array.dtype)
    rows = max(1, nbytes // max(1, dtype.itemsize * array[0].size))
    for start in range(0, len(array), rows):
        yield start, np.require(array[start : start + rows], dtype, ["C", "A"])


def is_array_like(value: Any) -> bool:
    """Whether `value` holds data itself, as opposed to being a supply of batches."""
    return isinstance(value, np.ndarray | list | tuple) or hasattr(value, "__array__") or hasattr(value, "__dlpack__")


def _converted(value: Any, what: str) -> Array:
    if hasattr(value, "toarray"):
        raise TypeError(explain(what=f"`{what}` is a sparse matrix", remedy=f"pass {what}.toarray()"))
    if not is_array_like(value):
        raise TypeError(
            explain(
                what=f"`{what}` is not data that can be read",
                expected="an array, a list, or an object with __array__ or __dlpack__",
                received=f"{type(value).__module__}.{type(value).__qualname__}",
            )
        )
    try:
        if hasattr(value, "__array__") or isinstance(value, list | tuple):
            return np.asarray(value)
        return np.from_dlpack(value)
    except ValueError as error:
        if "inhomogeneous" not in str(error):
            raise
        raise ValueError(
            explain(what=f"`{what}` is a list whose items differ in shape", remedy="give all images one size first")
        ) from None
    except (RuntimeError, TypeError, BufferError) as error:
        raise TypeError(
            explain(
                what=f"`{what}` of type {type(value).__module__}.{type(value).__qualname__} cannot be read as an array",
                received=str(error),
                remedy=f"for a PyTorch tensor, pass {what}.detach().cpu().float()",
            )
        ) from error
