"""What all protocols share: the models, the threads that decode, and how an endpoint answers whatever happens."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import TypeVar

from starlette.types import Receive, Scope, Send

from planish.serving.http import answers, bodies
from planish.serving.http.metrics import Metrics
from planish.serving.options import Options
from planish.serving.refusals import INTERNAL, RefusedError
from planish.serving.repository import Repository
from planish_runtime import get_num_threads

_LOG = logging.getLogger(__name__)
_LITTLE_NBYTES = 1 << 16
"""A body of so many bytes is decoded where it is: that takes less time than having another thread do it."""

_CLIENT_CLOSED_REQUEST = 499

_Result = TypeVar("_Result")


class Service:
    """One for each process."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.metrics = Metrics(options.shared)
        self.repository = Repository(options, self.metrics.watch)
        self._threads = ThreadPoolExecutor(max(2, get_num_threads()), "planish-decode")
        self.draining = False

    async def decoded(self, read: Callable[[bytes], _Result], body: bytes) -> _Result:
        """`read(body)`, on another thread if that takes long."""
        if len(body) <= _LITTLE_NBYTES and b'"b64"' not in body:
            return read(body)
        return await self.apart(read, body)

    async def apart(self, work: Callable[[bytes], _Result], body: bytes) -> _Result:
        """`work(body)` on another thread."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, body)

    async def body(self, scope: Scope, receive: Receive) -> bytes:
        """A request's whole body. RefusedError if it is too long."""
        return await bodies.read(scope, receive, self.options.max_body)

    @property
    def is_ready(self) -> bool:
        """Whether requests should be sent here."""
        return self.repository.ready and not self.draining

    async def close(self) -> None:
        """After the last answer."""
        await self.repository.close()
        self._threads.shutdown(cancel_futures=True)
        self.metrics.close()


class Visit:
    """One request on its way: what is measured of it. Protocols say which model they have found."""

    __slots__ = ("method", "model", "receive", "scope", "send", "version")

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope = scope
        self.receive = receive
        self.send = send
        self.model = self.version = ""
        self.method = "other"


class Endpoint:
    """An application of ASGI. `answer` sends the response, or raises RefusedError."""

    def __init__(self, service: Service) -> None:
        self.service = service

    async def answer(self, visit: Visit) -> None:
        """The response to a request."""
        raise NotImplementedError

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun, status = time.perf_counter(), int(HTTPStatus.OK)
        visit = Visit(scope, receive, send)
        try:
            await self.answer(visit)
        except RefusedError as error:
            status = error.status
            await answers.refuse(send, error)
        except bodies.GoneError:
            status = _CLIENT_CLOSED_REQUEST
        except Exception:
            status = INTERNAL
            _LOG.exception("a request failed", extra={"path": scope["path"]})
            await answers.refuse(send, RefusedError("the server failed to answer this", INTERNAL))
        seconds = time.perf_counter() - begun
        self.service.metrics.answered(visit.model, visit.version, visit.method, status, seconds)


def raw_path(scope: Scope) -> str:
    """The path as it was sent, where % still hides what it hides."""
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    return raw.decode("latin-1")
