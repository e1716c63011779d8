"""The server: uvicorn, in one process or several, which ends when everything that came has been answered."""

from __future__ import annotations

import errno
import functools
import shutil
import socket
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import uvicorn
from uvicorn.supervisors.multiprocess import Multiprocess

from planish.errors import explain
from planish.serving.http.application import make
from planish.serving.http.logs import configuration
from planish.serving.http.protocol import Limits, Protocol
from planish.serving.options import Options
from planish_runtime import settings

_BACKLOG = 2048
_NOT_STARTED = 3
_MULTIPROCESS = "PROMETHEUS_MULTIPROC_DIR"


@dataclass(frozen=True)
class Listening:
    """Where and how a server listens. Sizes are bytes, times seconds. `drain_seconds`: how long connections that are
    idle are left open when the server ends, for requests that are on their way."""

    host: str = "127.0.0.1"
    port: int = 8501
    workers: int = 1
    max_connections: int = 1024
    max_head: int = 1 << 15
    read_timeout: float = 30.0
    drain_seconds: float = 1.0
    certificate: str | None = None
    key: str | None = None
    access_log: bool = False


class Workers(Multiprocess):
    """Several processes that listen together. When they end, so does listening, before anything is told to them: a
    client that comes then is refused, and not left waiting for nobody."""

    def terminate_all(self) -> None:
        """Has all of them answer what has come, and end."""
        for bound in self.sockets:
            bound.close()
        super().terminate_all()


def run(options: Options, listening: Listening) -> int:
    """Serves until it is told to end (SIGTERM, Ctrl-C). The exit code. OSError if it cannot listen there, or with this
    certificate."""
    if listening.certificate is not None:
        _check_certificate(listening.certificate, listening.key)
    with _shared(options, listening.workers) as own:
        chosen = config(own, listening)
        bound = _listener(listening)
        if listening.workers > 1:
            Workers(chosen, sockets=[bound]).run()
            return 0
        server = uvicorn.Server(chosen)
        server.run(sockets=[bound])
        return 0 if server.started else _NOT_STARTED


def _check_certificate(certificate: str, key: str | None) -> None:
    """OSError for one that every process would end of, and be started again."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
    except OSError as error:
        raise OSError(
            explain(
                what="the certificate and its key cannot be used",
                expected="files in PEM, the key without a password",
                received=f"{certificate!r}, {key or certificate!r}: {error}",
            )
        ) from error


@contextmanager
def _shared(options: Options, workers: int) -> Iterator[Options]:
    """Several processes have a folder of their own, which is removed when they have ended."""
    if workers == 1:
        yield options
        return
    folder = tempfile.mkdtemp(prefix="planish-serve-")
    settings.tell(_MULTIPROCESS, folder)
    try:
        yield replace(options, shared=folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _listener(listening: Listening) -> socket.socket:
    family = socket.AF_INET6 if ":" in listening.host else socket.AF_INET
    bound = socket.socket(family)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((listening.host, listening.port))
        bound.listen(_BACKLOG)
    except OSError as error:
        bound.close()
        raise _refused(error, listening) from error
    bound.set_inheritable(True)
    return bound


def _refused(error: OSError, listening: Listening) -> OSError:
    """Why the server cannot listen, as an error of the same kind that says where."""
    in_use = error.errno == errno.EADDRINUSE
    return type(error)(
        explain(
            what=f"planish cannot listen at port {listening.port} of {listening.host!r}",
            received=error.strerror or str(error),
            remedy="--port 0 takes one that is free" if in_use else None,
        )
    )


def config(options: Options, listening: Listening) -> uvicorn.Config:
    """What uvicorn is told."""
    limits = Limits(
        listening.max_head, listening.read_timeout, listening.drain_seconds, connections=listening.max_connections
    )
    chosen: dict[str, Any] = {}
    if listening.certificate is not None:
        chosen = {"ssl_certfile": listening.certificate, "ssl_keyfile": listening.key}
    return uvicorn.Config(
        functools.partial(make, options),
        factory=True,
        http=functools.partial(Protocol, limits=limits),  # type: ignore[arg-type]
        ws="none",
        lifespan="on",
        loop="auto",  # uvloop, except on Windows
        workers=listening.workers,
        backlog=_BACKLOG,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=int(options.timeout) + 1,
        server_header=False,
        access_log=listening.access_log,
        log_config=configuration(listening.access_log),
        **chosen,
    )
