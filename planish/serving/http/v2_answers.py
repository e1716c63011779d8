"""Answers of the Open Inference Protocol: outputs as numbers, as the best classes, in JSON or binary."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from planish.serving.http import numbers, tensors
from planish.serving.http.answers import JSON, Headers
from planish.serving.http.v2_requests import HEAD_LENGTH, parameters
from planish.serving.http.v2_types import BYTES, datatype
from planish.serving.loaded import Array
from planish.serving.refusals import RefusedError
from planish.serving.repository import Served

_BINARY = (b"content-type", b"application/octet-stream")


class Wanted(NamedTuple):
    """An output that was asked for: its place, whether it is sent in binary, and how many classes of it (0: all
    numbers)."""

    place: int
    binary: bool
    classes: int


def wanted(served: Served, document: dict[str, Any]) -> list[Wanted]:
    """The outputs that a request asks for, in its order: all of them if it names none. RefusedError for others."""
    by_default = _truth(parameters(document).get("binary_data_output", False))
    outputs = document.get("outputs")
    if outputs is None or outputs == []:
        return [Wanted(place, by_default, 0) for place in range(len(served.model.outputs))]
    if not isinstance(outputs, list):
        raise RefusedError("'outputs' is not a list")
    places = {each.name: place for place, each in enumerate(served.model.outputs)}
    found = [_one(served, places, each, by_default) for each in outputs]
    if len({each.place for each in found}) != len(found):
        raise RefusedError("an output is asked for twice")
    return found


def _one(served: Served, places: dict[str, int], given: Any, by_default: bool) -> Wanted:
    name = given.get("name") if isinstance(given, dict) else None
    if not isinstance(name, str) or name not in places:
        raise RefusedError(f"unexpected inference output {tensors.shown(name)}; the model gives {', '.join(places)}")
    own = parameters(given)
    classes = own.get("classification", 0)
    if type(classes) is not int or classes < 0:
        raise RefusedError("'classification' is not a number of classes")
    place = places[name]
    if classes and len(served.model.outputs[place].shape) != 1:
        raise RefusedError(f"output '{name}' does not have a number for each class")
    return Wanted(place, _truth(own.get("binary_data", by_default)), classes)


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise RefusedError("a parameter that says whether data are binary is neither true nor false")
    return value


def response(
    served: Served, document: dict[str, Any], outputs: list[Wanted], arrays: list[Array]
) -> tuple[bytes, Headers]:
    """The body of an answer, and its headers."""
    heads, tails = [], []
    for each in outputs:
        head, tail = _output(served, each, arrays[each.place])
        heads.append(head)
        tails.append(tail)
    about = [f'"model_name": {tensors.quoted(served.name)}', f'"model_version": "{served.version}"']
    if "id" in document:
        about.append(f'"id": {tensors.quoted(document["id"])}')
    text = ("{" + ", ".join([*about, '"outputs": [' + ", ".join(heads) + "]"]) + "}").encode()
    if not any(each.binary for each in outputs):
        return text, (JSON,)
    return b"".join([text, *tails]), (_BINARY, (HEAD_LENGTH, str(len(text)).encode()))


def _output(served: Served, wanted: Wanted, array: Array) -> tuple[str, bytes]:
    """What JSON says of an output, and what stands behind it."""
    tensor = served.model.outputs[wanted.place]
    if wanted.classes:
        rows = [[*_best(served, row, wanted.classes)] for row in array]
        kind, shape = BYTES, [len(rows), len(rows[0])]
        flat = [text for row in rows for text in row]
        tail = b"".join(_counted(text.encode(errors="replace")) for text in flat)
        data = ", ".join(map(tensors.quoted, flat))
    else:
        kind, shape = datatype(array.dtype.name), list(array.shape)
        tail = array.astype(array.dtype.newbyteorder("<")).tobytes() if wanted.binary else b""
        data = "" if wanted.binary else ", ".join(numbers.texts(array))
    sent = f'"parameters": {{"binary_data_size": {len(tail)}}}' if wanted.binary else f'"data": [{data}]'
    head = f'{{"name": {tensors.quoted(tensor.name)}, "datatype": "{kind}", "shape": {shape}, {sent}}}'
    return head, tail if wanted.binary else b""


def _counted(text: bytes) -> bytes:
    """With its length in front."""
    return struct.pack("<I", len(text)) + text


def _best(served: Served, row: Array, count: int) -> Iterator[str]:
    """ "score:number:name" of the highest scores."""
    names = served.model.class_names
    for place in np.argsort(-row, kind="stable")[:count].tolist():
        named = "" if names is None or len(names) != len(row) else f":{names[place]}"
        yield f"{float(row[place]):f}:{place}{named}"
