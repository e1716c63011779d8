"""Requests of the Open Inference Protocol as arrays: a head of JSON, and perhaps tensors in binary behind it."""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec
import numpy as np

from planish.serving.http import tensors
from planish.serving.http.v2_types import BYTES, DTYPES
from planish.serving.images import takes_images
from planish.serving.loaded import Array, Tensor
from planish.serving.refusals import RefusedError
from planish.serving.repository import Served

HEAD_LENGTH = b"inference-header-content-length"
_SIZE = "binary_data_size"
_MOST_AXES = 16
_MOST_ELEMENTS = 2**40
_LENGTH = struct.Struct("<I")


class Inference(NamedTuple):
    """An array for each of the model's inputs, and the head of the request."""

    arrays: list[Array]
    document: dict[str, Any]


def asked(served: Served, body: bytes, head_length: bytes | None, most_rows: int) -> Inference:
    """`head_length`: what the header says where JSON ends. RefusedError for a request that is not one for the model."""
    head, tail = _parts(body, head_length)
    document = tensors.parsed(head)
    if not isinstance(document.get("id", ""), str):
        raise RefusedError("'id' is not a string")
    given = _inputs(document, {each.name for each in served.model.inputs})
    places = _places(given, len(tail))
    arrays = []
    for place, tensor in enumerate(served.model.inputs):
        if tensor.name not in given:
            raise RefusedError(f"input '{tensor.name}' is missing; the model takes {_names(served.model.inputs)}")
        one, where = given[tensor.name], places.get(tensor.name)
        arrays.append(_array(served, place, one, None if where is None else tail[where]))
    tensors.check_rows(arrays, served.model.inputs, most_rows)
    return Inference(arrays, document)


def _parts(body: bytes, head_length: bytes | None) -> tuple[bytes, memoryview]:
    if head_length is None:
        return body, memoryview(b"")
    if not head_length.isdigit() or not 0 < int(head_length[:20]) <= len(body):
        raise RefusedError(
            f"Inference-Header-Content-Length is {head_length[:40].decode('latin-1')!r}, and the body has {len(body)} "
            "bytes"
        )
    length = int(head_length)
    return body[:length], memoryview(body)[length:]


def _inputs(document: dict[str, Any], names: set[str]) -> dict[str, dict[str, Any]]:
    """The inputs by name, in the order in which they came."""
    inputs = document.get("inputs")
    if not isinstance(inputs, list) or not inputs:
        raise RefusedError("'inputs' is missing, or is not a list of tensors")
    found: dict[str, dict[str, Any]] = {}
    for each in inputs:
        name = each.get("name") if isinstance(each, dict) else None
        if not isinstance(name, str):
            raise RefusedError("an input is not an object with a name")
        if name not in names:
            raise RefusedError(f"unexpected inference input '{name[:200]}'; the model takes {', '.join(sorted(names))}")
        if name in found:
            raise RefusedError(f"input '{name}' comes twice")
        found[name] = each
    return found


def _places(given: Mapping[str, Mapping[str, Any]], nbytes: int) -> dict[str, slice]:
    """Where the binary tensors are behind the head: one after another, to the last byte."""
    places, start = {}, 0
    for name, each in given.items():
        size = parameters(each).get(_SIZE)
        if size is None:
            continue
        if type(size) is not int or size < 0:
            raise RefusedError(f"input '{name}': {_SIZE} is {tensors.shown(size)}, and not a number of bytes")
        places[name] = slice(start, start + size)
        start += size
    if start != nbytes:
        raise RefusedError(f"the binary tensors have {start} bytes by their {_SIZE}, and {nbytes} bytes came")
    return places


def parameters(of: Mapping[str, Any]) -> dict[str, Any]:
    """An object's parameters. RefusedError if they are not an object."""
    found = of.get("parameters", {})
    if not isinstance(found, dict):
        raise RefusedError("'parameters' is not an object")
    return found


def _array(served: Served, place: int, given: dict[str, Any], binary: memoryview | None) -> Array:
    tensor = served.model.inputs[place]
    shape, kind = _shape(tensor, given.get("shape")), given.get("datatype")
    if (binary is None) is ("data" not in given):
        raise RefusedError(f"input '{tensor.name}' needs either 'data' or {_SIZE}")
    if kind == BYTES:
        return _images(served, place, shape, given.get("data"), binary)
    if not isinstance(kind, str) or kind not in DTYPES:
        raise RefusedError(f"input '{tensor.name}': datatype {tensors.shown(kind)} is not one of the protocol")
    dtype = DTYPES[kind]
    if not np.can_cast(dtype, tensor.dtype, "same_kind"):
        raise RefusedError(f"input '{tensor.name}' takes {tensor.dtype}, and {kind} cannot be made that safely")
    found = _of_json(tensor, given["data"], dtype, shape) if binary is None else _of_bytes(tensor, binary, dtype, shape)
    fitted = tensors.fitted(found, tensor)
    return np.require(fitted, tensor.dtype, ["C", "A"])


def _shape(tensor: Tensor, given: Any) -> list[int]:
    good = isinstance(given, list) and len(given) <= _MOST_AXES
    if not good or not all(type(extent) is int and extent >= 0 for extent in given):
        raise RefusedError(f"input '{tensor.name}': shape {tensors.shown(given)} is not a list of whole numbers")
    if math.prod(filter(None, given)) > _MOST_ELEMENTS:  # an extent of 0 makes no room for the others
        raise RefusedError(f"input '{tensor.name}': shape {tensors.shown(given)} is too large")
    return list(given)


def _of_bytes(tensor: Tensor, binary: memoryview, dtype: str, shape: list[int]) -> Array:
    expected = math.prod(shape) * np.dtype(dtype).itemsize
    if len(binary) != expected:
        raise RefusedError(
            f"input '{tensor.name}': {_SIZE} is {len(binary)}, and {shape} of {dtype} are {expected} bytes"
        )
    if dtype == "bool":
        return np.frombuffer(binary, np.uint8).astype(bool).reshape(shape)
    return np.frombuffer(binary, np.dtype(dtype).newbyteorder("<")).reshape(shape)


def _of_json(tensor: Tensor, data: Any, dtype: str, shape: list[int]) -> Array:
    """Numbers in lists, flat or as the shape says."""
    try:
        found = _flat(data, dtype)
    except RefusedError as error:
        raise RefusedError(f"input '{tensor.name}': {error}") from None
    if found.shape != tuple(shape) and found.shape != (math.prod(shape),):
        raise RefusedError(f"input '{tensor.name}': shape {shape}, and the data are {list(found.shape)}")
    return found.reshape(shape)


def _flat(data: Any, dtype: str) -> Array:
    """Whole numbers may come as 1.0, and truths as 0 and 1, which clients write."""
    if not isinstance(data, list):
        raise RefusedError("'data' is not a list")
    if np.dtype(dtype).kind == "f":
        return tensors.array(data, dtype)
    try:
        return tensors.array(data, dtype)
    except RefusedError:
        if np.dtype(dtype).kind != "b":
            raise
        whole = tensors.array(data, "int64")
        if not np.isin(whole, (0, 1)).all():
            raise RefusedError("'data' has something that is neither true nor false") from None
        return whole.astype(bool)


def _images(served: Served, place: int, shape: list[int], data: Any, binary: memoryview | None) -> Array:
    """Encoded images: BYTES of shape [n] or [n, 1]; in JSON, as base 64."""
    tensor = served.model.inputs[place]
    if not takes_images(tensor):
        raise RefusedError(f"input '{tensor.name}' does not take {BYTES}: only inputs that are images do")
    encoded = _encoded(data) if binary is None else elements(binary)
    if math.prod(shape) != len(encoded) or len(shape) not in (1, 2):
        raise RefusedError(f"input '{tensor.name}': shape {shape}, and there are {len(encoded)} elements")
    return served.decoders[place].decoded(encoded)


def _encoded(data: Any) -> list[bytes]:
    try:
        flat = msgspec.convert(data, list[str | list[str]])
    except msgspec.ValidationError:
        raise RefusedError(f"'data' of {BYTES} is not a list of strings in base 64") from None
    texts = [text for each in flat for text in ([each] if isinstance(each, str) else each)]
    return [tensors.bytes_of({"b64": text}) for text in texts]


def elements(binary: memoryview) -> list[bytes]:
    """The strings of a binary tensor of BYTES. RefusedError if their lengths do not fit."""
    found, place = [], 0
    while place < len(binary):
        if place + _LENGTH.size > len(binary):
            raise RefusedError("the last length of a tensor of BYTES is cut short")
        (length,) = _LENGTH.unpack_from(binary, place)
        place += _LENGTH.size
        if place + length > len(binary):
            raise RefusedError("an element of a tensor of BYTES is longer than what came")
        found.append(bytes(binary[place : place + length]))
        place += length
    return found


def _names(inputs: tuple[Tensor, ...]) -> str:
    return ", ".join(each.name for each in inputs)
