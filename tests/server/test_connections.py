"""A real server: connections, bounds on how requests come, and its end."""

import asyncio
import contextlib
import json
import shutil
import socket
import ssl
import subprocess
import threading
import time
import urllib.request

import pytest
import uvicorn

from planish.serving.http.server import Listening, config
from planish.serving.options import Options

BODY = json.dumps({"instances": [[1, 2]]}).encode()


class Running:
    """A server on a thread."""

    def __init__(self, models, trusting=None, **listening):
        self.trusting = trusting
        self.bound = socket.create_server(("127.0.0.1", 0))
        self.port = self.bound.getsockname()[1]
        chosen = config(Options(str(models), versions=1), Listening(**listening))
        chosen.log_config = None
        self.server = uvicorn.Server(chosen)
        self.thread = threading.Thread(target=lambda: asyncio.run(self.server.serve([self.bound])), daemon=True)
        self.thread.start()
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and b'"ready"' not in self.ask(b"GET /health HTTP/1.0\r\n\r\n"):
            time.sleep(0.02)

    def open(self):
        """A connection."""
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        return plain if self.trusting is None else self.trusting.wrap_socket(plain, server_hostname="localhost")

    def ask(self, *parts):
        """All that comes back on a connection of its own."""
        with self.open() as connection:
            for part in parts:
                connection.sendall(part)
            return everything(connection)

    def end(self):
        """As SIGTERM does."""
        self.server.should_exit = True
        self.thread.join(30)


def everything(connection):
    """What comes until the other side closes."""
    found = b""
    with contextlib.suppress(ConnectionResetError):
        while part := connection.recv(1 << 16):
            found += part
    return found


def post(body=BODY, *headers, close=True):
    lines = [b"POST /v1/models/line:predict HTTP/1.1", b"Host: x", b"Content-Length: %d" % len(body), *headers]
    return b"\r\n".join([*lines, *([b"Connection: close"] if close else []), b"", body])


@pytest.fixture(scope="module")
def running(models):
    found = Running(models, max_head=4096, read_timeout=0.5, max_connections=8, drain_seconds=0.5)
    yield found
    found.end()


def test_a_client_is_answered_and_may_stay(running):
    assert b"200 OK" in running.ask(post())
    with running.open() as connection:
        for _ in range(3):
            connection.sendall(post(close=False))
            found = b""
            while not found.endswith(b"}"):
                found += connection.recv(1 << 16)
            assert b"predictions" in found


def test_requests_that_come_one_after_another_unasked_are_answered_in_order(running):
    found = running.ask(post(close=False) + post(b"{}", close=False) + post())
    assert [int(part[:3]) for part in found.split(b"HTTP/1.1 ")[1:]] == [200, 400, 200]


def test_chunks_are_joined(running):
    head = b"POST /v1/models/line:predict HTTP/1.1\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    chunks = [b"%x\r\n%s\r\n" % (1, BODY[place : place + 1]) for place in range(len(BODY))]
    assert b"200 OK" in running.ask(head, *chunks, b"0\r\n\r\n")


MALFORMED = [
    (b"hello\r\n\r\n", 400),
    (b"GET / HTTP/9.9\r\n\r\n", 400),
    (b"POST / HTTP/1.1\r\nContent-Length: -5\r\n\r\n", 400),
    (b"POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", 400),
    (b"POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
    (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
    (b"GET /health HTTP/1.1\r\nX: " + b"a" * 5000 + b"\r\n\r\n", 431),
    (b"GET /" + b"a" * 5000, 431),
    (b"GET /health HTTP/1.1\r\n" + b"X: y\r\n" * 2000, 431),
    (b"\x16\x03\x01\x02\x00\x01\x00\x01", 400),
]


def test_what_is_not_http_is_refused_with_a_reason(running):
    for sent, status in MALFORMED:
        found = running.ask(sent)
        assert b"HTTP/1.1 %d" % status in found, (sent[:60], found)
        assert b'{"error":' in found
    assert b"200 OK" in running.ask(post())


def test_a_header_without_an_end_is_refused(running):
    with running.open() as connection:
        connection.sendall(b"GET /health HTTP/1.1\r\nX: ")
        time.sleep(0.1)
        connection.sendall(b"a" * 5000)
        assert b"HTTP/1.1 431" in everything(connection)


def test_who_sends_too_slowly_is_not_waited_for(running):
    for begun in (b"", b"POST /v1/models/line:predict HTTP/1.1\r\n", post()[:-3]):
        assert b"HTTP/1.1 408" in running.ask(begun)


def test_who_leaves_is_forgotten(running):
    for sent in (b"", post()[:20], post()[:-3], post()):
        with running.open() as connection:
            connection.sendall(sent)
    assert b"200 OK" in running.ask(post())


def test_connections_are_bounded(running):
    with contextlib.ExitStack() as opened:
        connections = [opened.enter_context(running.open()) for _ in range(12)]
        time.sleep(0.1)
        found = [each.recv(1000) for each in connections[-4:]]
        for each in connections[:8]:  # who was there first is answered, and stays
            each.sendall(post(close=False))
        answered = [each.recv(1000) for each in connections[:8]]
    assert all(b"HTTP/1.1 503" in each for each in found)
    assert all(b"HTTP/1.1 200" in each for each in answered)
    time.sleep(0.1)
    assert b"200 OK" in running.ask(post())


def test_the_end_answers_what_has_come_and_refuses_what_comes_later(models):
    running = Running(models, drain_seconds=0.5)
    with running.open() as idle, running.open() as half:
        idle.sendall(post(close=False))
        idle.recv(1 << 16)
        half.sendall(post(close=False)[:-5])
        time.sleep(0.1)
        running.server.should_exit = True
        time.sleep(0.3)
        half.sendall(post()[-5:])
        assert b"200 OK" in everything(half)
        idle.sendall(post(close=False))
        found = everything(idle)
        assert b"200 OK" in found
        assert b"connection: close" in found
    running.thread.join(30)
    assert not running.thread.is_alive()
    with pytest.raises(ConnectionError):
        running.open()


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificate")
def test_with_a_certificate_it_speaks_tls(models, tmp_path):
    key, certificate = str(tmp_path / "key"), str(tmp_path / "certificate")
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "1"]
    subprocess.run([*made, *names, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    trusting = ssl.create_default_context(cafile=certificate)
    running = Running(models, trusting, certificate=certificate, key=key)
    assert b"200 OK" in running.ask(post())
    running.end()


def test_answers_have_headers_that_browsers_heed(running):
    with urllib.request.urlopen(f"http://127.0.0.1:{running.port}/health") as answer:
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Server"] is None
