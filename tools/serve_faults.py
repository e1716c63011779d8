"""`planish serve` under what servers meet: a long load, new versions, its end, and malformed requests.

python tools/serve_faults.py --minutes 20 --malformed 10000

Every answer is compared with `predict`, to the bit. The exit code is 1 if an answer was lost, doubled, mixed up or
wrong, if memory grew, or if a malformed request was answered with a status of 500 or more.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np

import planish as keras
from planish.layers import Conv2D, Dense, Flatten, Input, MaxPooling2D

SHAPE = (28, 28, 1)
IMAGES = 64
VERSIONS = (1, 2, 3)
GROWTH = 1.1  # of memory, from the first quarter of a soak to its end


class Server:
    """A server in a process of its own, with a model `m` in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "served"
        self.made = folder / "made"
        random_images = np.random.default_rng(0).random((IMAGES, *SHAPE), np.float32)
        self.x = random_images.round(4)
        self.expected = {version: self._made(version) for version in VERSIONS}
        self.publish(1)
        with socket.create_server(("127.0.0.1", 0)) as bound:
            self.port = bound.getsockname()[1]
        self.start()

    def _made(self, version: int) -> np.ndarray:
        keras.utils.set_random_seed(version)
        layers = [Conv2D(16, 3, activation="relu"), MaxPooling2D(), Flatten(), Dense(10, activation="softmax")]
        model = keras.Sequential([Input(SHAPE, name="image"), *layers])
        (self.made / str(version)).mkdir(parents=True)
        model.save(self.made / str(version) / "model.keras")
        return model.predict(self.x, verbose=0)

    def publish(self, version: int) -> None:
        """A version appears in the folder, piece by piece."""
        shutil.copytree(self.made / str(version), self.folder / "m" / str(version))

    def withdraw(self, version: int) -> None:
        """It goes."""
        shutil.rmtree(self.folder / "m" / str(version))

    def start(self) -> None:
        """Returns when it is ready."""
        command = [sys.executable, "-m", "planish", "serve", str(self.folder), "--port", str(self.port)]
        self.log = (self.folder.parent / "log").open("w")
        self.process = subprocess.Popen([*command, "--poll", "0.2", "--timeout", "120"], stderr=self.log)
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=60)
                return
            time.sleep(0.1)
        raise SystemExit("the server is not ready")

    def resident(self) -> int:
        """Its memory, in bytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) * 1024

    def stop(self) -> None:
        """As an operator does."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)


def request(server: Server, chance: random.Random) -> tuple[bytes, slice, bool]:
    """A request for some of the images, in either protocol."""
    start, count = chance.randrange(IMAGES - 8), chance.choice((1, 1, 1, 2, 5, 8))
    rows, binary = slice(start, start + count), chance.random() < 0.5
    x = server.x[rows]
    if not binary:
        body = json.dumps({"instances": x.tolist()}).encode()
        return post("/v1/models/m:predict", body), rows, False
    given = {"name": "image", "shape": list(x.shape), "datatype": "FP32", "parameters": {"binary_data_size": x.nbytes}}
    head = json.dumps({"inputs": [given], "parameters": {"binary_data_output": True}}).encode()
    length = f"Inference-Header-Content-Length: {len(head)}\r\n"
    return post("/v2/models/m/infer", head + x.tobytes(), length), rows, True


def post(path: str, body: bytes, headers: str = "") -> bytes:
    """The bytes of a request."""
    return f"POST {path} HTTP/1.1\r\nHost: x\r\n{headers}Content-Length: {len(body)}\r\n\r\n".encode() + body


async def answer(reader: asyncio.StreamReader) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of a response."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    lines = head.split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
    return int(lines[0].split()[1]), headers, await reader.readexactly(int(headers["content-length"]))


def scores(headers: dict[str, str], body: bytes, binary: bool) -> np.ndarray:
    """The numbers of an answer."""
    if not binary:
        return np.float32(json.loads(body)["predictions"])
    return np.frombuffer(body[int(headers["inference-header-content-length"]) :], np.float32).reshape(-1, 10)


@contextlib.asynccontextmanager
async def connection(server: Server) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection to the server."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    try:
        yield reader, writer
    finally:
        writer.close()


async def client(server: Server, number: int, until: float, told: Counter[str]) -> None:
    """Asks one request after another, and compares every answer. The server may close a connection after an answer;
    it may refuse one when it ends."""
    chance = random.Random(number)
    while time.monotonic() < until:
        try:
            async with connection(server) as (reader, writer):
                while time.monotonic() < until:
                    sent, rows, binary = request(server, chance)
                    writer.write(sent)
                    status, headers, body = await answer(reader)
                    told[judged(server, rows, binary, status, headers, body)] += 1
                    if headers.get("connection") == "close":
                        break
        except ConnectionRefusedError:
            told["refused"] += 1
            return
        except (ConnectionError, asyncio.IncompleteReadError):
            told["lost"] += 1


def judged(server: Server, rows: slice, binary: bool, status: int, headers: dict[str, str], body: bytes) -> str:
    """What has become of a request."""
    if status != 200:
        return f"status {status}"
    found = scores(headers, body, binary)
    right = any(np.array_equal(found, expected[rows]) for expected in server.expected.values())
    return "right" if right else "wrong"


async def loaded(server: Server, connections: int, seconds: float, meanwhile: object = None) -> Counter[str]:
    """What became of the requests of so many clients; `meanwhile` is what happens beside them."""
    told: Counter[str] = Counter()
    until = time.monotonic() + seconds
    clients = [client(server, number, until, told) for number in range(connections)]
    await asyncio.gather(*clients, *([meanwhile] if meanwhile is not None else []))
    return told


async def soaked(server: Server, connections: int, minutes: float) -> tuple[Counter[str], bool]:
    """A load for so long. Whether memory stayed as it was after the first quarter."""
    told, sizes = Counter[str](), []
    for quarter in range(4):
        told += await loaded(server, connections, minutes * 15)
        sizes.append(server.resident())
        print(f"  {quarter + 1} of 4: {told.total():,} requests, {sizes[-1] / 1e6:.0f} MB", flush=True)
    return told, sizes[-1] <= GROWTH * sizes[0]


async def reloads(server: Server, seconds: float) -> None:
    """Versions come and go, and files are replaced."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for version in VERSIONS[1:]:
            server.publish(version)
            await asyncio.sleep(1)
        (server.folder / "m" / "1" / "model.keras").unlink()
        shutil.copy(server.made / "2" / "model.keras", server.folder / "m" / "1" / "model.keras")
        await asyncio.sleep(1)
        for version in VERSIONS[1:]:
            server.withdraw(version)
            await asyncio.sleep(0.5)


async def ended(server: Server, seconds: float) -> None:
    """The server is told to end in the middle of a load."""
    await asyncio.sleep(seconds)
    server.process.send_signal(signal.SIGTERM)


async def malformed(server: Server, count: int) -> Counter[str]:
    """What becomes of requests that are not right, 32 at a time; every hundredth is followed by a good one."""
    told, chance = Counter[str](), random.Random(1)
    gate = asyncio.Semaphore(32)

    async def one(number: int) -> None:
        async with gate:
            sent = broken(server, chance)
            told[await dropped_or_refused(server, sent)] += 1
            if number % 100 == 0:
                good, rows, binary = request(server, chance)
                async with connection(server) as (reader, writer):
                    writer.write(good)
                    told["good: " + judged(server, rows, binary, *await answer(reader))] += 1

    await asyncio.gather(*map(one, range(count)))
    return told


def broken(server: Server, chance: random.Random) -> bytes:
    """A request with something wrong: bytes changed, cut off, doubled; lengths and types that lie."""
    sent = bytearray(request(server, chance)[0])
    border = sent.index(b"\r\n\r\n")
    kind = chance.randrange(8)
    if kind == 0:  # in the body
        for _ in range(chance.randrange(1, 20)):
            sent[chance.randrange(border + 4, len(sent))] = chance.choice(b'[]{}",:x\\\x00\xff')
    elif kind == 1:  # in the head
        for _ in range(chance.randrange(1, 4)):
            sent[chance.randrange(border)] = chance.randrange(256)
    elif kind == 2:
        del sent[chance.randrange(len(sent)) :]
    elif kind == 3:
        lie = str(chance.choice((-1, 0, 1, 99, 10**12, 10**30))).encode()
        sent = bytearray(re.sub(rb"(?<=Length: )\d+", lie, bytes(sent), count=chance.choice((1, 2))))
    elif kind == 4:
        sent = sent.replace(b"binary_data_size", b"binary_data_sizes").replace(b"instances", b"instancez")
    elif kind == 5:
        sent = sent.replace(b"[", b"[" * chance.choice((2, 50, 20_000)), 1)
    elif kind == 6:
        sent = bytearray(chance.randbytes(chance.randrange(1, 3000)))
    else:
        kind_of_numbers = chance.choice((b"INT8", b"BYTES", b"FP64", b"NONE"))
        sent = sent.replace(b"FP32", kind_of_numbers).replace(b"0.", b"1e999,0.", 1)
    return bytes(sent)


async def dropped_or_refused(server: Server, sent: bytes) -> str:
    """The status, or that there was none: the client closes when it has waited for a moment."""
    try:
        async with connection(server) as (reader, writer):
            writer.write(sent)
            status, _, _ = await asyncio.wait_for(answer(reader), 0.5)
            return f"status {status}"
    except (TimeoutError, ConnectionError, asyncio.IncompleteReadError):
        return "dropped"


def faults(told: Counter[str]) -> list[str]:
    """Those of a load."""
    return [f"{count} {what}" for what, count in told.items() if what not in ("right", "refused")]


def main() -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=20, help="of the soak (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=20, help="of reloading (default: %(default)s)")
    parser.add_argument("--connections", type=int, default=16, help="clients at once (default: %(default)s)")
    parser.add_argument("--malformed", type=int, default=10_000, help="requests (default: %(default)s)")
    given = parser.parse_args()
    found: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder))
        try:
            told, flat = asyncio.run(soaked(server, given.connections, given.minutes))
            print("soak:", dict(told), "memory is flat" if flat else "memory grew", flush=True)
            found += [*faults(told), *([] if flat else ["memory grew"])]
            told = asyncio.run(loaded(server, given.connections, given.seconds, reloads(server, given.seconds)))
            print("new versions:", dict(told), flush=True)
            found += faults(told)
            told = asyncio.run(malformed(server, given.malformed))
            print("malformed:", dict(sorted(told.items())), flush=True)
            found += [what for what in told if re.search(r"status 5|good: (?!right)", what)]
            told = asyncio.run(loaded(server, given.connections, 20, ended(server, 3)))
            print("SIGTERM:", dict(told), "exit code", server.process.wait(60), flush=True)
            found += faults(told)
        finally:
            if server.process.poll() is None:
                server.stop()
        found += ["a traceback in the log"] if "Traceback" in (Path(folder) / "log").read_text() else []
    print("faults:", ", ".join(found) if found else "none")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
