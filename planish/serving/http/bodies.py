"""Bodies of requests, read as they come, and no further than they may be long."""

from __future__ import annotations

import asyncio
import zlib

from starlette.types import Receive, Scope

from planish.serving.refusals import BAD_REQUEST, TOO_LARGE, RefusedError

_GZIP_OR_ZLIB = 47  # bits of zlib's: both, told apart by their first bytes
_UNSUPPORTED = 415


class GoneError(Exception):
    """The client has left: nobody waits for an answer."""


def header(scope: Scope, name: bytes) -> bytes | None:
    """A header's value. RefusedError if it comes twice: readers would differ about which one counts."""
    found: list[bytes] = [value for each, value in scope["headers"] if each == name]
    if len(found) > 1:
        raise RefusedError(f"the header {name.decode()} comes {len(found)} times")
    return found[0] if found else None


async def read(scope: Scope, receive: Receive, most_nbytes: int) -> bytes:
    """The whole body, unpacked if it is gzip or deflate. RefusedError if it is longer than `most_nbytes`."""
    _check_length(header(scope, b"content-length"), most_nbytes)
    parts, nbytes = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise GoneError
        part = message.get("body", b"")
        nbytes += len(part)
        if nbytes > most_nbytes:
            raise _too_long(most_nbytes)
        parts.append(part)
        if not message.get("more_body"):
            break
    body = parts[0] if len(parts) == 1 else b"".join(parts)
    encoding = header(scope, b"content-encoding")
    if encoding is None or encoding.lower() == b"identity":
        return body
    if encoding.lower() not in (b"gzip", b"deflate"):
        raise RefusedError("bodies may be packed with gzip or deflate only", _UNSUPPORTED)
    return await asyncio.to_thread(_unpacked, body, most_nbytes)


def _check_length(told: bytes | None, most_nbytes: int) -> None:
    if told is not None and told.isdigit() and int(told[:20]) > most_nbytes:
        raise _too_long(most_nbytes)


def _too_long(most_nbytes: int) -> RefusedError:
    return RefusedError(f"the body is longer than {most_nbytes} bytes (--max-body)", TOO_LARGE)


def _unpacked(body: bytes, most_nbytes: int) -> bytes:
    inflating = zlib.decompressobj(_GZIP_OR_ZLIB)
    try:
        found = inflating.decompress(body, most_nbytes + 1)
    except zlib.error:
        raise RefusedError("the body is not what its Content-Encoding says", BAD_REQUEST) from None
    if len(found) > most_nbytes:
        raise _too_long(most_nbytes)
    if not inflating.eof or inflating.unused_data:
        raise RefusedError("the body is not what its Content-Encoding says", BAD_REQUEST)
    return found
