"""Answers as bytes: JSON, and errors in the one form that all protocols have."""

from __future__ import annotations

import json
from collections.abc import Sequence
from http import HTTPStatus

import msgspec
from starlette.types import Send

from planish.serving.refusals import RefusedError

Headers = Sequence[tuple[bytes, bytes]]

JSON = (b"content-type", b"application/json")
HTML = (b"content-type", b"text/html; charset=utf-8")
CLOSE = (b"connection", b"close")
_SAFE = (
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
)


async def respond(send: Send, body: bytes, status: int = HTTPStatus.OK, headers: Headers = (JSON,)) -> None:
    """A whole answer at once."""
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length, *_SAFE]})
    await send({"type": "http.response.body", "body": body})


async def respond_json(send: Send, value: object, status: int = HTTPStatus.OK) -> None:
    """A value that JSON has."""
    await respond(send, encoded(value), status)


def encoded(value: object) -> bytes:
    """JSON of a value. Names from files may have halves of characters: these, UTF-8 cannot have, but JSON's escapes."""
    try:
        return msgspec.json.encode(value, enc_hook=str)
    except UnicodeEncodeError:
        return json.dumps(value, default=str).encode()


async def refuse(send: Send, error: RefusedError, headers: Headers = ()) -> None:
    """{"error": reason}, with the status of the refusal."""
    later = () if error.retry_seconds is None else ((b"retry-after", str(error.retry_seconds).encode()),)
    body = msgspec.json.encode({"error": printable(str(error))})
    await respond(send, body, error.status, [JSON, *later, *headers])


def printable(text: str) -> str:
    """Without halves of characters, which JSON in UTF-8 cannot have."""
    return text.encode("utf-8", "replace").decode()
