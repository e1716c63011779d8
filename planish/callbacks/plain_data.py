"""Values without code - numbers, texts, arrays, and lists, tuples and dictionaries of them - as JSON with arrays
beside it, and back. What cannot be written so is left out; what is read is never trusted."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planish.errors import kind_with_article

Array = NDArray[Any]

_KINDS = "fiub"
_PLAIN = (bool, int, float, str, type(None))
_DEEPEST = 100


class NotPlainError(TypeError):
    """The value cannot be written as plain data."""


def encode(value: Any, arrays: list[Array], depth: int = 0) -> Any:
    """`value` as JSON; its arrays are added to `arrays`, and named by their number. NotPlainError for anything else."""
    if type(value) in _PLAIN:
        return value
    if depth > _DEEPEST:
        raise NotPlainError("nested too deep, or inside of itself")
    if isinstance(value, np.generic | np.ndarray) and value.dtype.kind in _KINDS:
        arrays.append(np.array(value))
        return {"number" if isinstance(value, np.generic) else "array": len(arrays) - 1}
    if type(value) is list:
        return [encode(item, arrays, depth + 1) for item in value]
    if type(value) is tuple:
        return {"tuple": [encode(item, arrays, depth + 1) for item in value]}
    if isinstance(value, dict) and type(value).__module__ in ("builtins", "collections"):
        pairs = [[encode(key, arrays, depth + 1), encode(item, arrays, depth + 1)] for key, item in value.items()]
        return {"pairs": pairs}
    raise NotPlainError(kind_with_article(value))


def moved(written: Any, by: int) -> Any:
    """What `encode` gave, for a list of arrays that has so many others in front."""
    if isinstance(written, list):
        return [moved(item, by) for item in written]
    if isinstance(written, dict):
        return {
            kind: inside + by if kind in ("array", "number") else moved(inside, by) for kind, inside in written.items()
        }
    return written


def decode(value: Any, arrays: Sequence[Array]) -> Any:
    """What `encode` was given. ValueError for what it cannot have written."""
    if type(value) in _PLAIN:
        return value
    if isinstance(value, list):
        return [decode(item, arrays) for item in value]
    if not isinstance(value, Mapping) or len(value) != 1:
        raise ValueError(f"{value!r:.80} is not a value of a backup")
    ((kind, inside),) = value.items()
    if kind in ("array", "number"):
        array = numbered(arrays, inside).copy()
        return array if kind == "array" else array[()]
    if kind == "tuple" and isinstance(inside, list):
        return tuple(decode(item, arrays) for item in inside)
    if kind == "pairs" and isinstance(inside, list):
        return {decode(key, arrays): decode(item, arrays) for key, item in inside}
    raise ValueError(f"{kind!r:.80} is not a kind of value of a backup")


def numbered(arrays: Sequence[Array], number: Any) -> Array:
    """One of the arrays. ValueError if there is no such array."""
    if type(number) is not int or not 0 <= number < len(arrays):
        raise ValueError(f"there is no array {number!r:.80}")
    return arrays[number]


def described(array: Array) -> list[Any]:
    """The type and the shape of an array."""
    return [array.dtype.name, list(array.shape)]


def restored(description: Any, contents: memoryview) -> tuple[Array, memoryview]:
    """The array at the beginning of `contents`, and what follows it. ValueError for an impossible description."""
    name, shape = description
    dtype = np.dtype(str(name))
    if dtype.kind not in _KINDS or not all(type(extent) is int and extent >= 0 for extent in shape):
        raise ValueError(f"{description!r:.80} does not describe an array of numbers")
    nbytes = math.prod(shape) * dtype.itemsize
    if nbytes > len(contents):
        raise ValueError(f"an array of {nbytes:,} bytes is cut short")
    array = np.frombuffer(contents[:nbytes], dtype).reshape(shape)
    return array, contents[nbytes:]
