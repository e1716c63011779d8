"""HTTP as uvicorn speaks it, with bounds: on the heads of requests, on how long they may take to come, on their end."""

from __future__ import annotations

import asyncio
from typing import Any, NamedTuple

import msgspec
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

_HEADERS_TOO_LARGE, _TOO_SLOW, _BUSY, _MALFORMED = 431, 408, 503, 400


class _RefusedError(Exception):
    """Ends the parser's work from inside of its calls."""


class Limits(NamedTuple):
    """`head_nbytes`: of a head, and of anything else that is not a body. `seconds_to_come`: for a whole request, from
    its first byte, and for the first one from the beginning of the connection. `drain_seconds`: how long a connection
    that is idle is left open when the server ends, for a request that is on its way. `connections`: that are open at
    the same time; who comes then is refused, and not, as with uvicorn's own limit, who is there."""

    head_nbytes: int = 1 << 15
    seconds_to_come: float = 30.0
    drain_seconds: float = 1.0
    connections: int = 1024


class Protocol(HttpToolsProtocol):
    """A connection."""

    def __init__(self, *arguments: Any, limits: Limits, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._limits = limits
        self._head_nbytes = self._unheard_nbytes = 0
        self._refusal = _MALFORMED
        self._arriving = False
        self._late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client is there."""
        super().connection_made(transport)
        self._wait_for_request()
        if len(self.connections) > self._limits.connections:
            self._refuse(_BUSY, "there are too many connections (--max-connections)")

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone."""
        self._request_is_here()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes that are neither a header's nor a body's are kept by the parser: an endless one would fill memory."""
        if self.transport.is_closing():
            return
        self._unheard_nbytes += len(data)
        super().data_received(data)
        if self._unheard_nbytes > self._limits.head_nbytes and not self.transport.is_closing():
            self._refuse(_HEADERS_TOO_LARGE, "the head is too long")

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._arriving = True
        self._head_nbytes = self._unheard_nbytes = 0
        if self._late is None:
            self._wait_for_request()

    def on_url(self, url: bytes) -> None:
        """A part of its address."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header, or a trailer."""
        self._count(len(name) + len(value) + 4)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is there."""
        super().on_headers_complete()
        if self.app_state["service"].draining:
            self.cycle.keep_alive = False

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        self._unheard_nbytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is there."""
        self._unheard_nbytes = 0
        self._arriving = False
        self._request_is_here()
        super().on_message_complete()

    def shutdown(self) -> None:
        """The server ends. A request that is here, or on its way, is answered; then the connection is closed."""
        self.app_state["service"].draining = True
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.keep_alive = False
        self.loop.call_later(self._limits.drain_seconds, self._close_if_idle)

    def _close_if_idle(self) -> None:
        idle = self.cycle is None or self.cycle.response_complete
        if idle and not self._arriving and not self.transport.is_closing():
            self.transport.close()

    def send_400_response(self, msg: str) -> None:
        """What the parser does not understand, or was stopped at."""
        told = {_MALFORMED: "this is not HTTP", _HEADERS_TOO_LARGE: "the head is too long"}
        self._refuse(self._refusal, told[self._refusal])

    def timeout_keep_alive_handler(self) -> None:
        """A client that does not read its answer is not waited for."""
        if self.transport.get_write_buffer_size():
            self.transport.abort()
        super().timeout_keep_alive_handler()

    def _count(self, nbytes: int) -> None:
        self._unheard_nbytes = 0
        self._head_nbytes += nbytes
        if self._head_nbytes > self._limits.head_nbytes:
            self._refusal = _HEADERS_TOO_LARGE
            raise _RefusedError

    def _wait_for_request(self) -> None:
        self._late = self.loop.call_later(self._limits.seconds_to_come, self._is_late)

    def _request_is_here(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _is_late(self) -> None:
        self._late = None
        if not self.transport.is_closing():
            self._refuse(_TOO_SLOW, "the request took too long to come")

    def _refuse(self, status: int, reason: str) -> None:
        """Unless an answer has begun, which would be garbled, the client is told why."""
        if self.cycle is None or self.cycle.response_complete or not self.cycle.response_started:
            self.transport.write(_response(status, reason))
        self.transport.close()


def _response(status: int, reason: str) -> bytes:
    body = msgspec.json.encode({"error": reason})
    head = f"content-type: application/json\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
    return STATUS_LINE[status] + head.encode() + body
