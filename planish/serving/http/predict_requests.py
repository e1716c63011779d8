"""What `:predict` and `:classify` of TensorFlow Serving's API are asked: JSON as arrays for a model's inputs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
import numpy as np

from planish.serving.http import tensors
from planish.serving.loaded import Array
from planish.serving.refusals import RefusedError
from planish.serving.repository import Served

SIGNATURE = "serving_default"


class Asked(NamedTuple):
    """An array for each input; whether they came row by row (`instances`), so that answers go the same way."""

    arrays: list[Array]
    by_row: bool


class Reader:
    """Reads requests for one model."""

    def __init__(self, served: Served, most_rows: int) -> None:
        self._inputs = served.model.inputs
        self._decoders = dict(zip([each.name for each in self._inputs], served.decoders, strict=True))
        self._most_rows = most_rows
        self._straight = self._decoder_of_numbers() if len(self._inputs) == 1 else None

    def _decoder_of_numbers(self) -> msgspec.json.Decoder[Any]:
        """For requests that have nothing but images of the right number of axes: nearly all of them."""
        (tensor,) = self._inputs
        kind = tensors.nested(len(tensor.shape) + 1, tensor.dtype)
        form = msgspec.defstruct("Straight", [("instances", kind)], forbid_unknown_fields=True)
        return msgspec.json.Decoder(form)

    def asked(self, body: bytes) -> Asked:
        """RefusedError, in TensorFlow Serving's words, for what it would refuse."""
        found = self._read_straight(body) or self._read(tensors.parsed(body))
        tensors.check_rows(found.arrays, self._inputs, self._most_rows)
        return found

    def _read_straight(self, body: bytes) -> Asked | None:
        if self._straight is None:
            return None
        (tensor,) = self._inputs
        try:
            found = np.array(self._straight.decode(body).instances, tensor.dtype)
        except (msgspec.MsgspecError, ValueError, OverflowError, RecursionError):
            return None  # what is wrong, or unusual, is found out by reading it again
        return Asked([found], True) if found.shape[1:] == tensor.shape else None

    def _read(self, document: dict[str, Any]) -> Asked:
        check_signature(document)
        has_rows, has_columns = "instances" in document, "inputs" in document
        if has_rows and has_columns:
            raise RefusedError(
                f"JSON Value: {tensors.shown(document)} Not formatted correctly expecting only one of 'inputs' or "
                "'instances' keys to exist "
            )
        if has_rows:
            return Asked(self._rows(document, document["instances"]), True)
        if has_columns:
            return Asked(self._columns(document["inputs"]), False)
        raise RefusedError("Missing 'inputs' or 'instances' key")

    def _rows(self, document: dict[str, Any], instances: Any) -> list[Array]:
        if not isinstance(instances, list):
            raise RefusedError(f"JSON Value: {tensors.shown(document)} Expecting 'instances' to be an list/array")
        if not instances:
            raise RefusedError(f"JSON Value: {tensors.shown(document)} No values in 'instances' array")
        if not isinstance(instances[0], dict) and len(self._inputs) > 1:
            raise RefusedError(
                "instances is a plain list, but expecting list of objects as multiple input tensors required as per "
                "tensorinfo_map"
            )
        if not _is_named(instances[0]):
            for place, each in enumerate(instances):
                if _is_named(each):
                    raise RefusedError(f"Expecting value/list but got object at item {place} of input list")
            return [self._column(self._inputs[0].name, instances, "")]
        self._check_keys(instances)
        return [self._column(each.name, [row[each.name] for row in instances], each.name) for each in self._inputs]

    def _check_keys(self, instances: list[Any]) -> None:
        names = {each.name for each in self._inputs}
        for place, row in enumerate(instances):
            if not _is_named(row):
                raise RefusedError(f"Expecting object but got list at item {place} of input list")
            unknown = next((key for key in row if key not in names), None)
            if unknown is not None:
                reason = f"JSON object: does not have named input: {unknown[:200]}"
                raise RefusedError(_of_element(place, unknown[:200], reason))
            if set(row) != names:
                raise RefusedError(
                    f"Failed to process element: {place} of 'instances' list. JSON object: {tensors.shown(row)} "
                    f"keys must be equal to: {','.join(sorted(names))}"
                )

    def _columns(self, value: Any) -> list[Array]:
        if not _is_named(value):
            if len(self._inputs) > 1:
                raise RefusedError(
                    "inputs is a plain value/list, but expecting an object as multiple input tensors required as per "
                    "tensorinfo_map"
                )
            return [self._whole(self._inputs[0].name, value)]
        for each in sorted(self._inputs):
            if each.name not in value:
                raise RefusedError(f"Missing named input: {each.name} in 'inputs' object.")
        return [self._whole(each.name, value[each.name]) for each in self._inputs]

    def _whole(self, name: str, value: Any) -> Array:
        """An input given at once: a list of images, numbers or encoded, or one that is encoded."""
        if tensors.is_encoded(value):
            value = [value]
        if isinstance(value, list) and value and all(map(tensors.is_encoded, value)):
            return self._decoders[name].decoded([tensors.bytes_of(each) for each in value])
        tensor = next(each for each in self._inputs if each.name == name)
        return tensors.fitted(tensors.array(value, tensor.dtype), tensor)

    def _column(self, name: str, values: list[Any], key: str) -> Array:
        """An input given row by row. `key` is the name that its rows have in the request."""
        try:
            self._check_alike(values, name, key)
            return self._whole(name, values)
        except RefusedError as error:
            self._blame_element(values, name, key)
            raise error

    def _check_alike(self, values: Sequence[Any], name: str, key: str) -> None:
        encoded = tensors.is_encoded(values[0])
        for place, each in enumerate(values):
            if tensors.is_encoded(each) is not encoded:
                raise RefusedError(_of_element(place, key, f"'{name}' is encoded in some elements, and not in others"))

    def _blame_element(self, values: Sequence[Any], name: str, key: str) -> None:
        """RefusedError about the first row that cannot be read by itself, or has another shape than the first one."""
        tensor = next(each for each in self._inputs if each.name == name)
        first: tuple[int, ...] | None = None
        for place, each in enumerate(values):
            if tensors.is_encoded(each):
                return
            try:
                shape = tensors.array(each, tensor.dtype).shape
            except RefusedError as error:
                raise RefusedError(_of_element(place, key, str(error))) from None
            first = shape if first is None else first
            if shape != first:
                raise RefusedError(_of_element(place, key, _other_shape(first, shape)))


def _other_shape(first: tuple[int, ...], shape: tuple[int, ...]) -> str:
    size, other = (int(np.prod(each, dtype=np.int64)) for each in (first, shape))
    if size != other:
        return f"Expecting tensor size: {size} but got: {other}"
    told = ("[" + ",".join(map(str, each)) + "]" for each in (first, shape))
    return "Expecting shape {} but got: {}".format(*told)


def _of_element(place: int, key: str, reason: str) -> str:
    named = f" key: {key}" if key else ""
    return f"Failed to process element: {place}{named} of 'instances' list. Error: INVALID_ARGUMENT: {reason}"


def _is_named(value: Any) -> bool:
    """Whether it is an object with a value for each input."""
    return isinstance(value, dict) and not tensors.is_encoded(value)


def check_signature(document: dict[str, Any]) -> None:
    """RefusedError for a signature that models do not have: all have one."""
    name = document.get("signature_name", "")
    if not isinstance(name, str):
        raise RefusedError(
            f"JSON Value: {tensors.shown(document)} not formatted correctly. 'signature_name' key must be a string "
            "value."
        )
    if name not in ("", SIGNATURE):
        raise RefusedError(f'Serving signature name: "{name[:200]}" not found in signature def')
