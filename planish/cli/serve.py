"""`planish serve FOLDER`: the models of a folder over HTTP."""

from __future__ import annotations

import argparse
import importlib.util
import os
import re

from planish import regular_file
from planish.cli import model_files
from planish.errors import explain

_EXAMPLES = """\
examples:
  planish serve models
  planish serve models --host 0.0.0.0 --port 8501 --token-file token --workers 4
  curl localhost:8501/v1/models/digits:predict -d '{"instances": [...]}'
"""

_NEEDED = ("starlette", "uvicorn", "httptools", "msgspec", "prometheus_client")
_PORTS = 65535


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "serve",
        help="answer for the models of a folder over HTTP",
        description="Answers for the models of a folder over HTTP, to clients of TensorFlow Serving and of the Open "
        "Inference Protocol.",
        epilog=_EXAMPLES,
    )
    parser.add_argument(
        "folder", metavar="FOLDER",
        help=".keras, .h5 and .onnx files, or folders with a numbered folder for each version of a model",
    )  # fmt: skip
    _add_listening(parser)
    _add_models(parser)
    _add_limits(parser)
    parser.set_defaults(run=run)


def _add_listening(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add(
        "--host", type=_host, default="127.0.0.1", help="address to listen at (default: %(default)s, this machine only)"
    )
    add("--port", type=_port, default=8501, metavar="N", help="port to listen at (default: %(default)s)")
    add("--workers", type=model_files.count, default=1, metavar="N", help="processes (default: %(default)s)")
    add("--token-file", metavar="FILE", help="clients need the token in this file (default: anybody may ask)")
    add("--cors", type=_origin, action="append", default=[], metavar="ORIGIN",
        help="pages of this origin may ask, such as https://example.org; '*' for all (default: none)")  # fmt: skip
    add("--ssl-certfile", metavar="FILE", help="certificate for TLS (default: plain HTTP)")
    add("--ssl-keyfile", metavar="FILE", help="key of the certificate (default: in the certificate's file)")
    add("--access-log", action="store_true", help="write every request to the log")


def _add_models(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--allow-code", action="store_true", help="serve .plan files, too, which are code")
    add("--versions", type=model_files.count, metavar="N", help="the newest versions of a model only (default: all)")
    add("--poll", type=model_files.positive, default=2, metavar="SECONDS",
        help="how often FOLDER is looked at (default: %(default)s)")  # fmt: skip
    model_files.add_scale(parser)


def _add_limits(parser: argparse.ArgumentParser) -> None:
    add, count, positive = parser.add_argument, model_files.count, model_files.positive
    add("--max-batch", type=count, default=64, metavar="N",
        help="images of several requests that are computed together (default: %(default)s)")  # fmt: skip
    add("--max-delay", type=_milliseconds, default=0, metavar="MS",
        help="milliseconds that a request waits for others (default: %(default)s)")  # fmt: skip
    add("--max-rows", type=count, default=4096, metavar="N", help="images of one request (default: %(default)s)")
    add("--max-body", type=count, default=32 << 20, metavar="BYTES", help="bytes of a request (default: %(default)s)")
    add("--max-head", type=count, default=32 << 10, metavar="BYTES", help="bytes of its head (default: %(default)s)")
    add("--max-pixels", type=count, default=25_000_000, metavar="N",
        help="pixels of the encoded images of a request (default: %(default)s)")  # fmt: skip
    add("--max-queue", type=count, default=256, metavar="N",
        help="requests that wait for a model; others are answered 429 (default: %(default)s)")  # fmt: skip
    add("--max-connections", type=count, default=1024, metavar="N", help="open connections (default: %(default)s)")
    add("--timeout", type=positive, default=30, metavar="SECONDS",
        help="until a request is answered 504; as long, a request may take to come (default: %(default)s)")  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """Serves until it is told to end. The exit code."""
    _require_extra()
    if not os.path.isdir(arguments.folder):
        raise NotADirectoryError(
            explain(
                what=f"{arguments.folder!r} is not a folder",
                expected="a folder with .keras, .h5 or .onnx files",
                remedy=f"planish serve {os.path.dirname(arguments.folder) or '.'}"
                if os.path.isfile(arguments.folder)
                else None,
            )
        )
    if arguments.ssl_keyfile is not None and arguments.ssl_certfile is None:
        raise ValueError(
            explain(
                what="a key without a certificate would have the server speak plain HTTP",
                remedy=f"planish serve {arguments.folder} --ssl-certfile FILE --ssl-keyfile {arguments.ssl_keyfile}",
            )
        )
    for path, expected in ((arguments.ssl_certfile, "a certificate"), (arguments.ssl_keyfile, "a key")):
        if path is not None:
            with regular_file.opened(path, expected):
                pass
    from planish.serving.http import guard, server
    from planish.serving.options import Options

    token = None if arguments.token_file is None else guard.read_token(arguments.token_file)
    options = Options(
        folder=os.path.abspath(arguments.folder),
        allow_code=arguments.allow_code,
        versions=arguments.versions,
        poll_seconds=arguments.poll,
        max_batch=arguments.max_batch,
        max_delay=arguments.max_delay,
        max_rows=arguments.max_rows,
        max_queue=arguments.max_queue,
        max_body=arguments.max_body,
        max_pixels=arguments.max_pixels,
        timeout=arguments.timeout,
        scale=arguments.scale,
        cors=tuple(arguments.cors),
        token=token,
    )
    listening = server.Listening(
        host=arguments.host,
        port=arguments.port,
        workers=arguments.workers,
        max_connections=arguments.max_connections,
        max_head=arguments.max_head,
        read_timeout=arguments.timeout,
        certificate=arguments.ssl_certfile,
        key=arguments.ssl_keyfile,
        access_log=arguments.access_log,
    )
    return server.run(options, listening)


def _require_extra() -> None:
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise ImportError(explain(what="a server needs " + ", ".join(missing), remedy="pip install 'planish[serve]'"))


def _port(text: str) -> int:
    """A port; 0 for one that the system chooses."""
    number = model_files.whole(text)
    if number > _PORTS:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port, 0 to {_PORTS}")
    return number


def _host(text: str) -> str:
    """An address or a name: to the system, nothing means all addresses, and a variable that is not set is nothing."""
    if not text:
        raise argparse.ArgumentTypeError("an address is missing; 0.0.0.0 stands for all of this machine's")
    return text


def _origin(text: str) -> str:
    """What browsers say a page comes from: no path, not even a slash, is part of it."""
    if text != "*" and not re.fullmatch(r"[a-z][a-z0-9+.-]*://[^/?#\s]+", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not an origin, such as https://example.org, and not '*'")
    return text


def _milliseconds(text: str) -> float:
    """Milliseconds, 0 or more, as seconds."""
    return 0.0 if text == "0" else model_files.positive(text) / 1000
