"""Values of JSON as arrays, as TensorFlow Serving takes them: what it refuses is refused, in its words."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

import msgspec
import numpy as np

from planish.serving.loaded import Array, Tensor
from planish.serving.refusals import RefusedError

_B64 = "b64"
_LONGEST_SHOWN = 256
_MOST_AXES = 8

_TYPES = {"float32": "float", "float64": "double"}
"""TensorFlow's names, where they are others than NumPy's."""

_KINDS: dict[type, str] = {dict: "Object", list: "Array", str: "String", int: "Number", float: "Number"}


def parsed(body: bytes) -> dict[str, Any]:
    """An object of JSON, which may have NaN and Infinity. RefusedError for everything else."""
    if not body:
        raise RefusedError("JSON Parse error: The document is empty")
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        found = _with_nan(body, error)
    if not isinstance(found, dict):
        raise RefusedError(f"JSON Value: {shown(found)} Is not object")
    return found


def _with_nan(body: bytes, first: Exception) -> Any:
    """Python's own reader knows numbers that JSON lacks."""
    try:
        return json.loads(body)
    except json.JSONDecodeError as error:
        raise RefusedError(f"JSON Parse error: Invalid value. at offset: {error.pos}") from None
    except (ValueError, RecursionError):
        raise RefusedError(f"JSON Parse error: {first}") from None


def shown(value: Any) -> str:
    """A value for messages, of which the beginning is enough."""
    return _beginning(value)[:_LONGEST_SHOWN]


def _beginning(value: Any, deep: int = 0) -> str:
    """JSON of little more than what is shown."""
    if isinstance(value, list):
        return "..." if deep > _MOST_AXES else "[" + ", ".join(_beginning(each, deep + 1) for each in value[:32]) + "]"
    if isinstance(value, dict):
        few = list(value.items())[:32]
        pairs = (f"{json.dumps(key[:_LONGEST_SHOWN])}: {_beginning(each, deep + 1)}" for key, each in few)
        return "..." if deep > _MOST_AXES else "{" + ", ".join(pairs) + "}"
    return json.dumps(value[:_LONGEST_SHOWN] if isinstance(value, str) else value, ensure_ascii=False)


def quoted(text: str) -> str:
    """A string of JSON."""
    return json.dumps(text)


def is_encoded(value: Any) -> bool:
    """Whether it is {"b64": text}."""
    return isinstance(value, dict) and len(value) == 1 and isinstance(value.get(_B64), str)


def bytes_of(value: dict[str, str]) -> bytes:
    """What {"b64": text} stands for. RefusedError if it is not base 64."""
    try:
        return base64.b64decode(value[_B64], validate=True)
    except (binascii.Error, ValueError):
        raise RefusedError("Unable to base64 decode") from None


def array(value: Any, dtype: str) -> Array:
    """Nested lists as an array of the type. RefusedError if they are ragged or have something else inside."""
    shape = _shape(value)
    try:
        exact = msgspec.convert(value, nested(len(shape), dtype))
        return np.array(exact, dtype)
    except (msgspec.ValidationError, ValueError, OverflowError):
        _check(value, 0, shape, dtype)
        raise RefusedError(f"the numbers do not fit into {_name(dtype)}") from None


def _shape(value: Any) -> list[int]:
    """That of lists all of which look like the first one of their kind."""
    shape: list[int] = []
    while isinstance(value, list):
        shape.append(len(value))
        if len(shape) > _MOST_AXES:
            raise RefusedError(f"Encountered list at unexpected level: {_MOST_AXES} expected < {_MOST_AXES}")
        if not value:
            break
        value = value[0]
    return shape


def nested(depth: int, dtype: str) -> Any:
    """The type of lists in lists of numbers, for msgspec."""
    form: Any = {"f": float, "b": bool}.get(np.dtype(dtype).kind, int)
    for _ in range(depth):
        form = list[form]
    return form


def _check(value: Any, level: int, shape: list[int], dtype: str) -> None:
    """RefusedError for the first thing that does not belong there."""
    rank = len(shape)
    if not isinstance(value, list):
        if level != rank:
            raise RefusedError(
                f"JSON Value: {shown(value)} found at incorrect level: {level + 1} in the JSON DOM. "
                f"Expected at level: {rank}"
            )
        if not _is_of(value, dtype):
            raise RefusedError(
                f"JSON Value: {shown(value)} Type: {kind(value)} is not of expected type: {_name(dtype)}"
            )
        return
    if level >= rank:
        raise RefusedError(f"Encountered list at unexpected level: {level} expected < {rank}")
    if len(value) != shape[level]:
        raise RefusedError(
            f"Encountered list at unexpected size: {len(value)} at level: {level} expected size: {shape[level]}"
        )
    for each in value:
        _check(each, level + 1, shape, dtype)


def _is_of(value: Any, dtype: str) -> bool:
    letter = np.dtype(dtype).kind
    if letter == "b":
        return isinstance(value, bool)
    numbers = (int, float) if letter == "f" else (int,)
    return isinstance(value, numbers) and not isinstance(value, bool)


def kind(value: Any) -> str:
    """What JSON calls it: "Object", "True"."""
    return str(value) if isinstance(value, bool) else _KINDS.get(type(value), "Null")


def _name(dtype: str) -> str:
    return _TYPES.get(dtype, dtype)


def fitted(found: Array, tensor: Tensor) -> Array:
    """[n, *shape]; a last axis of 1 may be there or not, as in `predict`. RefusedError for another shape."""
    shape = found.shape[1:]
    if found.ndim and shape != tensor.shape:
        if tensor.shape[-1:] == (1,) and shape == tensor.shape[:-1]:
            return found[..., None]
        if shape == (*tensor.shape, 1):
            return found[..., 0]
    if not found.ndim or shape != tensor.shape:
        raise RefusedError(
            f"input '{tensor.name}' takes the shape {[-1, *tensor.shape]}, and got {list(found.shape)}; "
            "the first axis counts images"
        )
    return found


def check_rows(arrays: list[Array], inputs: tuple[Tensor, ...], most_rows: int) -> None:
    """RefusedError unless all inputs have as many images, at least one and at most `most_rows`."""
    counts = {len(each) for each in arrays}
    if len(counts) != 1:
        told = ", ".join(f"'{tensor.name}': {len(each)}" for tensor, each in zip(inputs, arrays, strict=True))
        raise RefusedError(f"the inputs have different numbers of images: {told}")
    (count,) = counts
    check_count(count, most_rows)


def check_count(count: int, most_rows: int) -> None:
    """RefusedError unless it is one image at least, and at most `most_rows`."""
    if not 0 < count <= most_rows:
        raise RefusedError(f"a request has 1 to {most_rows} images (--max-rows), and this one has {count}")
