"""Ranks that are forked processes of the test, joined by sockets: the same interface as MPI's."""

from __future__ import annotations

import os
import pickle
import signal
import socket
import struct
import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from planish import distribution
from planish.distribution.data_parallel import DataParallel

SECONDS = 60.0


class Sockets:
    """A `Communicator`: `sockets[other]` leads to another rank."""

    def __init__(self, rank: int, sockets: dict[int, socket.socket], seconds: float = SECONDS) -> None:
        self.rank, self.size = rank, len(sockets) + 1
        self._sockets = sockets
        for each in sockets.values():
            each.settimeout(seconds)
        self.exchanges = 0
        self.runs, self.left = 0, []

    def send(self, partner, values):
        self._sockets[partner].sendall(memoryview(np.ascontiguousarray(values)).cast("B"))

    def receive(self, partner, values):
        view = memoryview(values).cast("B")
        while len(view):
            count = self._sockets[partner].recv_into(view)
            if not count:
                raise TimeoutError(f"rank {partner} has ended")
            view = view[count:]

    def swap(self, partner, sent, received):
        self.exchanges += 1
        sender = threading.Thread(target=self.send, args=(partner, sent))
        sender.start()
        self.receive(partner, received)
        sender.join()

    def reduce(self, values, *, largest):
        parts = [np.frombuffer(part, values.dtype) for part in self.gather(values.tobytes())]
        values[:] = np.max(parts, axis=0) if largest else np.sum(parts, axis=0)

    def gather(self, message):
        self.exchanges += 1
        found = {self.rank: message}

        def send_all():
            for other in self._sockets:
                self._sockets[other].sendall(struct.pack("<q", len(message)) + message)

        sender = threading.Thread(target=send_all)
        sender.start()
        for other in self._sockets:
            length = np.zeros(1, np.int64)
            self.receive(other, length)
            received = np.zeros(int(length[0]), np.uint8)
            if len(received):
                self.receive(other, received)
            found[other] = received.tobytes()
        sender.join()
        return [found[rank] for rank in range(self.size)]

    def begin_run(self):
        self.runs += 1

    def leave_run(self, why):
        self.left.append(why)

    def broadcast(self, message):
        return self.gather(message if self.rank == 0 else b"")[0]


def on_ranks(size: int, work: Callable[[Sockets], Any], *, exact: bool = True, timeout: float = SECONDS) -> list[Any]:
    """What `work` gives on each of so many ranks, in whose processes the distribution is set. What one raises is given
    as an exception."""
    pairs = {(a, b): socket.socketpair() for a in range(size) for b in range(a + 1, size)}
    pipes, children = [], []
    for rank in range(size):
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            _be(rank, size, pairs, work, writing, exact, timeout)
        os.close(writing)
        pipes.append(reading)
        children.append(child)
    for pair in pairs.values():
        for each in pair:
            each.close()
    results = []
    for reading, child in zip(pipes, children, strict=True):
        with os.fdopen(reading, "rb") as file:
            contents = file.read()
        _, status = os.waitpid(child, 0)
        results.append(pickle.loads(contents) if contents else RuntimeError(f"the rank ended with status {status}"))
    return results


def _be(rank, size, pairs, work, writing, exact, timeout):
    signal.alarm(120)
    try:
        sockets = {}
        for (a, b), (first, second) in pairs.items():
            if rank == a:
                sockets[b] = first
            elif rank == b:
                sockets[a] = second
            if rank != a:
                first.close()
            if rank != b:
                second.close()
        communicator = Sockets(rank, sockets, timeout)
        distribution.set_distribution(DataParallel(exact=exact).over(communicator))
        try:
            result = work(communicator)
        except BaseException as error:
            error.__traceback__ = None
            result = error
        with os.fdopen(writing, "wb") as file:
            try:
                file.write(pickle.dumps(result))
            except Exception as error:
                file.write(pickle.dumps(RuntimeError(f"{result!r}: {error!r}")))
    finally:
        os._exit(0)


def same_bits(a: list[np.ndarray], b: list[np.ndarray]) -> bool:
    return all(x.tobytes() == y.tobytes() for x, y in zip(a, b, strict=True))
