"""TensorFlow Serving's REST API: predict, classify, regress, status and metadata, with its words and codes."""

from __future__ import annotations

import functools
import re
from typing import Any, NamedTuple
from urllib.parse import unquote
from weakref import WeakKeyDictionary

from planish.serving.http import answers, examples, numbers, tensors
from planish.serving.http.predict_requests import SIGNATURE, Asked, Reader
from planish.serving.http.service import Endpoint, Service, Visit, raw_path
from planish.serving.loaded import Array, Tensor
from planish.serving.refusals import NOT_FOUND, RefusedError
from planish.serving.repository import AVAILABLE, Served, State

_WHICH = r"/v1/models/([^/:]+)(?:/versions/(\d+)|/labels/([^/:]+))?"
_POST = re.compile(_WHICH + r":(classify|regress|predict)", re.IGNORECASE | re.ASCII)
_GET = re.compile(_WHICH + r"(?:/(metadata))?", re.IGNORECASE | re.ASCII)
_LARGEST = 2**63 - 1

_TYPES = {"float32": "DT_FLOAT", "float64": "DT_DOUBLE", "float16": "DT_HALF"}


class Path(NamedTuple):
    """Which model, and what is to be done with it ("" for its status)."""

    name: str
    version: int | None
    label: str | None
    method: str


def path_of(verb: str, path: str) -> Path:
    """RefusedError for what is not an address of the API."""
    pattern = {"POST": _POST, "GET": _GET}.get(verb)
    found = pattern.fullmatch(path) if pattern is not None else None
    if found is None:
        if verb == "GET" and path.lower().rstrip("/") in ("/v1/models", "/v1/models/metadata"):
            raise RefusedError("Missing model name in request.")
        raise RefusedError(f"Malformed request: {verb} {path[:1000]}")
    name, version, label, method = found.groups()
    number = None if version is None else int(version.lstrip("0")[:30] or 0)  # Python reads no thousands of digits
    if number is not None and number > _LARGEST:
        raise RefusedError(f"Failed to convert version: {version[:100]} to numeric.")
    return Path(unquote(name), number, None if label is None else unquote(label), (method or "").lower())


class TensorFlowServing(Endpoint):
    """Everything below /v1."""

    def __init__(self, service: Service) -> None:
        super().__init__(service)
        self._readers: WeakKeyDictionary[Served, Reader] = WeakKeyDictionary()

    async def answer(self, visit: Visit) -> None:
        """See `Endpoint`."""
        path = path_of(visit.scope["method"], raw_path(visit.scope))
        visit.method = path.method or "status"
        if not path.method:
            await answers.respond_json(visit.send, self._status(path))
            return
        served = self.service.repository.find(path.name, path.version, path.label)
        visit.model, visit.version = served.name, str(served.version)
        if path.method == "metadata":
            await answers.respond_json(visit.send, metadata(served, path.label))
            return
        with served.used():
            body = await self.service.body(visit.scope, visit.receive)
            if path.method == "predict":
                found = await self._predict(served, body)
            else:
                found = await self._by_example(served, path.method, body)
        await answers.respond(visit.send, found)

    async def _predict(self, served: Served, body: bytes) -> bytes:
        asked = await self.service.decoded(self._reader(served).asked, body)
        outputs = await served.batcher.answer(asked.arrays)
        return predictions(served, asked, outputs)

    async def _by_example(self, served: Served, method: str, body: bytes) -> bytes:
        options = self.service.options
        arrays = await self.service.decoded(lambda given: examples.asked(served, method, given, options), body)
        (output,) = await served.batcher.answer(arrays)
        return examples.classified(served, output) if method == "classify" else examples.regressed(output)

    def _reader(self, served: Served) -> Reader:
        found = self._readers.get(served)
        if found is None:
            found = self._readers[served] = Reader(served, self.service.options.max_rows)
        return found

    def _status(self, path: Path) -> dict[str, Any]:
        repository = self.service.repository
        states = repository.states(path.name)
        if not states:
            raise RefusedError(f"Could not find any versions of model {path.name}", NOT_FOUND)
        version = path.version if path.label is None else repository.labelled(path.name, path.label)
        if version is not None and version not in states:
            raise RefusedError(f"Could not find version {version} of model {path.name}", NOT_FOUND)
        return {
            "model_version_status": [
                _told(each, state) for each, state in states.items() if version is None or each == version
            ]
        }


def _told(version: int, state: State) -> dict[str, Any]:
    code = "OK" if state.state == AVAILABLE or not state.reason else "UNKNOWN"
    status = {"error_code": code, "error_message": answers.printable(state.reason)}
    return {"version": str(version), "state": state.state, "status": status}


def predictions(served: Served, asked: Asked, outputs: list[Array]) -> bytes:
    """The answer in the form of the request: a row for each image, or an array for each output."""
    names = [tensors.quoted(each.name) for each in served.model.outputs]
    if not asked.by_row:
        if len(names) == 1:
            return f'{{\n    "outputs": {numbers.nested(outputs[0])}\n}}'.encode()
        whole = (f"        {name}: {numbers.nested(y)}" for name, y in zip(names, outputs, strict=True))
        return ('{\n    "outputs": {\n' + ",\n".join(whole) + "\n    }\n}").encode()
    rows = numbers.rows(outputs[0])
    if len(names) > 1:
        columns = [numbers.rows(y) for y in outputs]
        rows = [
            "{" + ", ".join(f"{name}: {text}" for name, text in zip(names, row, strict=True)) + "}"
            for row in zip(*columns, strict=True)
        ]
    return ('{\n    "predictions": [' + ", ".join(rows) + "\n    ]\n}").encode()


def metadata(served: Served, label: str | None) -> dict[str, Any]:
    """The model's one signature."""
    signature = {
        "inputs": {each.name: _signed(each, f"{SIGNATURE}_") for each in served.model.inputs},
        "outputs": {each.name: _signed(each, "") for each in served.model.outputs},
        "method_name": "tensorflow/serving/predict",
        "defaults": {},
    }
    return {
        "model_spec": {"name": served.name, "signature_name": "", "version": str(served.version)}
        | ({} if label is None else {"version_label": label}),
        "metadata": {"signature_def": {"signature_def": {SIGNATURE: signature}}},
    }


def _signed(tensor: Tensor, prefix: str) -> dict[str, Any]:
    sizes = [{"size": str(size), "name": ""} for size in (-1, *tensor.shape)]
    return {
        "dtype": dtype_name(tensor.dtype),
        "tensor_shape": {"dim": sizes, "unknown_rank": False},
        "name": f"{prefix}{tensor.name}:0",
    }


@functools.cache
def dtype_name(dtype: str) -> str:
    """TensorFlow's name of an element type: "DT_FLOAT"."""
    return _TYPES.get(dtype, "DT_" + dtype.upper())
