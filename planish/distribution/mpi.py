"""Messages between ranks through MPI (mpi4py), none of which waits for ever; and the end of a job when a rank fails."""

from __future__ import annotations

import atexit
import json
import os
import sys
import time
from types import TracebackType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from planish.errors import explain

Array = NDArray[Any]

_LOOKS_BEFORE_YIELDING, _SECONDS_BEFORE_SLEEPING, _NAP_SECONDS = 200, 0.5, 0.001
_SECONDS_AFTER_NOTICE = 2.0
"""What a rank has sent before it left arrives sooner."""

_EVERY_RUN = 1 << 62


class MPIRanks:
    """All processes of the job: a `Communicator`. It has a context of its own, so that the program's own messages are
    not mixed up with it."""

    def __init__(self, timeout: float = 600.0) -> None:
        from mpi4py import MPI

        if MPI.Query_thread() < MPI.THREAD_SERIALIZED:
            raise RuntimeError(
                "this MPI may be used by one thread only, and steps are computed on several: it needs"
                " MPI_THREAD_SERIALIZED"
            )
        self.timeout = timeout
        self._mpi = MPI
        self._comm = MPI.COMM_WORLD.Dup()
        self.rank, self.size = self._comm.Get_rank(), self._comm.Get_size()
        self._run = self._settled = 0
        self._notices = _Notices(MPI)
        if self.size > 1:
            sys.excepthook = _EndOfJob(sys.excepthook, MPI.COMM_WORLD)
            atexit.register(self._notices.send, _EVERY_RUN, "it has come to the end of its program (or to sys.exit)")

    def swap(self, partner: int, sent: Array, received: Array) -> None:
        requests = [self._comm.Irecv(received, partner), self._comm.Isend(sent, partner)]
        self._wait(requests, f"rank {partner}")

    def send(self, partner: int, values: Array) -> None:
        self._wait([self._comm.Isend(values, partner)], f"rank {partner}")

    def receive(self, partner: int, values: Array) -> None:
        self._wait([self._comm.Irecv(values, partner)], f"rank {partner}")

    def reduce(self, values: Array, *, largest: bool) -> None:
        how = self._mpi.MAX if largest else self._mpi.SUM
        self._wait([self._comm.Iallreduce(self._mpi.IN_PLACE, values, how)], "another rank")

    def gather(self, message: bytes) -> list[bytes]:
        lengths = np.zeros(self.size, np.int64)
        own = np.array([len(message)], np.int64)
        self._wait([self._comm.Iallgather(own, lengths)], "another rank")
        gathered = np.empty(int(lengths.sum()), np.uint8)
        starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
        sent = np.frombuffer(message, np.uint8)
        target = [gathered, (lengths.tolist(), starts.tolist()), self._mpi.BYTE]
        self._wait([self._comm.Iallgatherv([sent, self._mpi.BYTE], target)], "another rank")
        whole = gathered.tobytes()
        return [whole[start : start + length] for start, length in zip(starts, lengths, strict=True)]

    def broadcast(self, message: bytes) -> bytes:
        length = np.array([len(message)], np.int64)
        self._wait([self._comm.Ibcast(length, 0)], "rank 0")
        buffer = np.frombuffer(message, np.uint8).copy() if self.rank == 0 else np.empty(int(length[0]), np.uint8)
        self._wait([self._comm.Ibcast(buffer, 0)], "rank 0")
        return buffer.tobytes()

    def begin_run(self) -> None:
        """After a run that a rank has left, messages go through another context: some may be left in the old one."""
        broken = self._notices.come_since(self._settled)
        self._run += 1
        if broken:
            self._settled = self._run - 1
            self._comm, request = self._mpi.COMM_WORLD.Idup()
            self._wait([request], "another rank")

    def leave_run(self, why: str) -> None:
        self._notices.send(self._run, why)

    def end_job(self) -> None:
        """Ends all ranks at once, this one included."""
        sys.stdout.flush()
        sys.stderr.flush()
        self._mpi.COMM_WORLD.Abort(1)

    def _wait(self, requests: list[Any], who: str) -> None:
        """Looks until all are done: gives its processor away after some looks, and sleeps after a while."""
        testall = self._mpi.Request.Testall
        looks, started = 0, 0.0
        while not testall(requests):
            looks += 1
            if looks < _LOOKS_BEFORE_YIELDING:
                continue
            now = time.monotonic()
            started = started or now
            if now - started > self.timeout:
                raise TimeoutError(_not_there(self.rank, who, self.timeout))
            if now - started > _SECONDS_BEFORE_SLEEPING:
                self._notices.check(self._settled, self.rank)
                time.sleep(_NAP_SECONDS)
            else:
                os.sched_yield()


def _not_there(rank: int, who: str, seconds: float) -> str:
    return explain(
        what=f"rank {rank} has waited {seconds:g} seconds for {who}, which did not come",
        rule="all ranks call fit, evaluate and train_on_batch in the same order, with as many steps",
        remedy="look at the output of the other ranks: one has ended, hangs, or does something else meanwhile\n"
        f"or, if it only takes long: keras.distribution.DataParallel(timeout={2 * seconds:g})",
    )


class _Notices:
    """What ranks tell each other that leave a run early: in a context of its own, looked at by whoever waits.

    Runs are numbered. All up to the one that is `settled` are over for this rank, whatever others say.
    """

    def __init__(self, mpi: Any) -> None:
        self._mpi = mpi
        self._comm = mpi.COMM_WORLD.Dup()
        self._sent: list[Any] = []
        self._left: dict[int, _Left] = {}

    def send(self, run: int, why: str) -> None:
        message = np.frombuffer(json.dumps([run, why]).encode(), np.uint8)
        others = set(range(self._comm.Get_size())) - {self._comm.Get_rank()}
        self._sent += [(self._comm.Isend([message, self._mpi.BYTE], other), message) for other in others]
        self._left[self._comm.Get_rank()] = _Left(run, why, time.monotonic())

    def come_since(self, settled: int) -> bool:
        """Whether anyone has left a later run, this rank included."""
        self._take_in()
        return any(left.run > settled for left in self._left.values())

    def check(self, settled: int, own: int) -> None:
        """ConnectionAbortedError if another rank has left a later run, some time ago."""
        self._take_in()
        for rank, left in self._left.items():
            is_old = time.monotonic() - left.noticed > _SECONDS_AFTER_NOTICE
            if rank != own and left.run > settled and is_old:
                raise ConnectionAbortedError(_has_left(own, rank, left.why))

    def _take_in(self) -> None:
        status = self._mpi.Status()
        while self._comm.Iprobe(self._mpi.ANY_SOURCE, self._mpi.ANY_TAG, status):
            message = np.empty(status.Get_count(self._mpi.BYTE), np.uint8)
            self._comm.Recv([message, self._mpi.BYTE], status.Get_source())
            run, why = json.loads(message.tobytes())
            self._left[status.Get_source()] = _Left(run, why, time.monotonic())


class _Left(NamedTuple):
    """The last run that a rank took part in, why it has left, and when that was noticed."""

    run: int
    why: str
    noticed: float


def _has_left(own: int, rank: int, why: str) -> str:
    return explain(
        what=f"rank {own} waits for rank {rank}, which has left: {why}",
        rule="all ranks call fit, evaluate and train_on_batch in the same order, and stay until these are done",
        remedy=f"look at the output of rank {rank}\n"
        "to end training early on one rank and go on with all: self.model.stop_training = True in a callback",
    )


class _EndOfJob:
    """Shows an error that nobody has handled, as before, and ends all ranks: the others would wait for this one."""

    def __init__(self, before: Any, world: Any) -> None:
        self._before, self._world = before, world

    def __call__(self, kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
        try:
            sys.stderr.write(f"planish: rank {self._world.Get_rank()} ends the job, because of this error:\n")
            self._before(kind, error, traceback)
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            self._world.Abort(1)
