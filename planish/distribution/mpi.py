"""Messages between ranks through MPI (mpi4py), none of which waits for ever; and the end of a job when a rank fails."""

from __future__ import annotations

import os
import sys
import time
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planish.errors import explain

Array = NDArray[Any]

_LOOKS_BEFORE_YIELDING, _SECONDS_BEFORE_SLEEPING, _NAP_SECONDS = 200, 0.5, 0.001


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
        if self.size > 1:
            sys.excepthook = _EndOfJob(sys.excepthook, MPI.COMM_WORLD)

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
