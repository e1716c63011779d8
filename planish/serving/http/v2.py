"""The Open Inference Protocol, version 2: health, metadata and inference, with tensors in JSON or binary."""

from __future__ import annotations

import re
from typing import Any, NamedTuple
from urllib.parse import unquote

import planish
from planish.serving.http import answers, bodies
from planish.serving.http.service import Endpoint, Visit, raw_path
from planish.serving.http.v2_answers import Wanted, response, wanted
from planish.serving.http.v2_requests import HEAD_LENGTH, Inference, asked
from planish.serving.http.v2_types import datatype
from planish.serving.loaded import Tensor
from planish.serving.refusals import NOT_FOUND, UNAVAILABLE, RefusedError
from planish.serving.repository import Served

_MODEL = re.compile(r"/v2/models/([^/]+)(?:/versions/([^/]+))?(?:/(ready|infer))?", re.ASCII)
_VERSION = re.compile(r"[0-9]{1,18}")
_NOT_ALLOWED = 405
_SERVER = {
    "name": "planish",
    "version": planish.__version__,
    "extensions": ["binary_tensor_data", "classification"],
}


class Path(NamedTuple):
    """Which model, and what is asked of it ("" for its metadata)."""

    name: str
    version: str | None
    method: str


def path_of(path: str) -> Path:
    """RefusedError for what is not an address of the protocol."""
    found = _MODEL.fullmatch(path)
    if found is None:
        raise RefusedError(f"there is nothing at {path[:200]}", NOT_FOUND)
    name, version, method = found.groups()
    return Path(unquote(name), version, method or "")


class OpenInference(Endpoint):
    """Everything below /v2."""

    async def answer(self, visit: Visit) -> None:
        """See `Endpoint`."""
        path = raw_path(visit.scope).rstrip("/")
        of_server = {
            "/v2": lambda: _SERVER,
            "/v2/health/live": lambda: {"live": True},
            "/v2/health/ready": self._ready,
        }.get(path)
        if of_server is not None:
            _check_verb(visit, "GET")
            visit.method = "health"
            await answers.respond_json(visit.send, of_server())
            return
        await self._of_model(visit, path_of(path))

    def _ready(self) -> dict[str, Any]:
        if not self.service.is_ready:
            raise RefusedError("the server is not ready", UNAVAILABLE)
        return {"ready": True}

    async def _of_model(self, visit: Visit, path: Path) -> None:
        _check_verb(visit, "POST" if path.method == "infer" else "GET")
        visit.method = path.method or "metadata"
        served = self._find(path)
        visit.model, visit.version = served.name, str(served.version)
        if path.method == "infer":
            await self._infer(visit, served)
        elif path.method == "ready":
            await answers.respond_json(visit.send, {"name": served.name, "ready": True})
        else:
            await answers.respond_json(visit.send, self._metadata(served))

    def _find(self, path: Path) -> Served:
        repository = self.service.repository
        given = path.version or None
        try:
            if given is not None and not _VERSION.fullmatch(given):
                return repository.find(path.name, None, unquote(given))
            return repository.find(path.name, None if given is None else int(given))
        except RefusedError:
            told = path.name if given is None else f"{path.name}, version {given}"
            raise RefusedError(f"Request for unknown model: '{told}' is not found", NOT_FOUND) from None

    def _metadata(self, served: Served) -> dict[str, Any]:
        return {
            "name": served.name,
            "versions": [str(each) for each in self.service.repository.versions(served.name)],
            "platform": served.model.platform,
            "inputs": [_described(each) for each in served.model.inputs],
            "outputs": [_described(each) for each in served.model.outputs],
        }

    async def _infer(self, visit: Visit, served: Served) -> None:
        with served.used():
            length = bodies.header(visit.scope, HEAD_LENGTH)
            body = await self.service.body(visit.scope, visit.receive)
            most = self.service.options.max_rows

            def read(given: bytes) -> tuple[Inference, list[Wanted]]:
                found = asked(served, given, length, most)
                return found, wanted(served, found.document)

            inference, outputs = await self.service.decoded(read, body)
            arrays = await served.batcher.answer(inference.arrays)
        sent, headers = response(served, inference.document, outputs, arrays)
        await answers.respond(visit.send, sent, headers=headers)


def _check_verb(visit: Visit, verb: str) -> None:
    given = visit.scope["method"]
    if given != verb:
        raise RefusedError(f"{verb} is what this address takes, and not {given}", _NOT_ALLOWED)


def _described(tensor: Tensor) -> dict[str, Any]:
    return {"name": tensor.name, "datatype": datatype(tensor.dtype), "shape": [-1, *tensor.shape]}
