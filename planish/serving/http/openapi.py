"""How the server is spoken to, for programs: OpenAPI 3.1. Models that are served are listed with their shapes."""

from __future__ import annotations

from typing import Any

import numpy as np

import planish
from planish.serving.http.service import Service
from planish.serving.loaded import Tensor
from planish.serving.repository import Served

_ERROR = {"$ref": "#/components/responses/Error"}
_JSON = "application/json"


def document(service: Service) -> dict[str, Any]:
    """The description, as JSON has it."""
    repository = service.repository
    paths = dict(_SERVER_PATHS)
    for name in repository.names():
        paths |= _of_model(repository.find(name))
    return {
        "openapi": "3.1.0",
        "info": {"title": "planish", "version": planish.__version__, "summary": "Predictions of image classifiers"},
        "paths": paths,
        "components": _components(service.options.token is not None),
    } | ({"security": [{"token": []}]} if service.options.token is not None else {})


def _components(guarded: bool) -> dict[str, Any]:
    error = {"type": "object", "properties": {"error": {"type": "string"}}, "required": ["error"]}
    found: dict[str, Any] = {
        "responses": {"Error": {"description": "why there is no answer", "content": {_JSON: {"schema": error}}}}
    }
    return found | ({"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}} if guarded else {})


def _get(summary: str, kind: str = _JSON) -> dict[str, Any]:
    return {"get": {"summary": summary, "responses": {"200": _answer(summary, {}, kind), "default": _ERROR}}}


def _post(summary: str, asked: Any, given: Any) -> dict[str, Any]:
    body = {"required": True, "content": {_JSON: {"schema": asked}}}
    responses = {"200": _answer(summary, given), "default": _ERROR}
    return {"post": {"summary": summary, "requestBody": body, "responses": responses}}


def _answer(summary: str, schema: Any, kind: str = _JSON) -> dict[str, Any]:
    return {"description": summary, "content": {kind: {"schema": schema}}}


_SERVER_PATHS = {
    "/health": _get("Whether requests should be sent here"),
    "/metrics": _get("Metrics for Prometheus", "text/plain"),
    "/v2": _get("The server: name, version, extensions"),
    "/v2/health/live": _get("Whether the server runs"),
    "/v2/health/ready": _get("Whether its models are loaded"),
}


def _of_model(served: Served) -> dict[str, Any]:
    one, two = f"/v1/models/{served.name}", f"/v2/models/{served.name}"
    model = served.model
    rows = _list(_named(model.inputs))
    scores = _list(_list(_list({"type": ["string", "number"]})))
    return {
        one: _get("Its versions, and whether they are served"),
        f"{one}/metadata": _get("Its inputs and outputs"),
        f"{one}:predict": _post(
            "Outputs for images", _object(instances=rows), _object(predictions=_list(_named(model.outputs)))
        ),
        f"{one}:classify": _post("Classes and their scores", _object(examples=_list({})), _object(results=scores)),
        two: _get("Its inputs and outputs"),
        f"{two}/ready": _get("Whether it is served"),
        f"{two}/infer": _post("Outputs for images", _object(inputs=_list({})), _object(outputs=_list({}))),
    }


def _named(tensors: tuple[Tensor, ...]) -> Any:
    """An image: its numbers, or an object with those of each input."""
    if len(tensors) == 1:
        return _numbers(tensors[0])
    return _object(**{each.name: _numbers(each) for each in tensors})


def _numbers(tensor: Tensor) -> Any:
    kind = {"f": "number", "b": "boolean"}.get(np.dtype(tensor.dtype).kind, "integer")
    schema: Any = {"type": kind}
    for size in reversed(tensor.shape):
        schema = _list(schema) | {"minItems": size, "maxItems": size}
    return schema


def _list(items: Any) -> dict[str, Any]:
    return {"type": "array", "items": items}


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": [*properties]}
