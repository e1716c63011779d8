"""Requests are joined, computed together, and answered in the order in which they came.

Each model has one thread that computes. It takes all that waits, up to `max_batch` images, whenever it is free: so one
request alone does not wait, and the more there are, the more of them share a call. `max_delay` has it wait for more.

A few images of a small model, of microseconds, are computed where they are when nobody waits: having another thread do
it takes several times as long, and the loop, which would have to wake that thread up and listen to it, is free sooner.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

from planish.serving.loaded import Array, Loaded
from planish.serving.refusals import INTERNAL, TOO_LATE, TOO_MANY, UNAVAILABLE, RefusedError

_LOG = logging.getLogger(__name__)

_Answer = list[Array] | RefusedError


class Watch(Protocol):
    """Is told what is computed, for those who measure it."""

    def computed(self, requests: int, rows: int, seconds: float) -> None: ...
    def waiting(self, requests: int) -> None: ...


class _Job:
    """One request: its arrays, and the answer that its client waits for."""

    __slots__ = ("arrays", "future", "rows")

    def __init__(self, arrays: Sequence[Array], rows: int, future: asyncio.Future[list[Array]]) -> None:
        self.arrays = arrays
        self.rows = rows
        self.future = future


class Batcher:
    """Answers requests for one model. All methods belong to the loop's thread; computing does not."""

    def __init__(
        self,
        name: str,
        model: Loaded,
        *,
        max_batch: int,
        max_delay: float,
        max_queue: int,
        timeout: float,
        brief_rows: int,
        watch: Watch,
    ) -> None:
        self._model = model
        self._max_batch = max_batch if model.joins else 1
        self._max_delay = max_delay
        self._max_queue = max_queue
        self._timeout = timeout
        self._brief_rows = brief_rows if not max_delay else 0
        self._watch = watch
        self._name = name
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._carried: _Job | None = None
        self._loop = asyncio.get_running_loop()
        self._unanswered = 0
        self._thread = threading.Thread(target=self._work, name=f"planish-{name}", daemon=True)
        self._thread.start()

    async def answer(self, arrays: Sequence[Array]) -> list[Array]:
        """The outputs [n, ...] for arrays [n, ...].

        RefusedError: 429 if too many requests wait, 504 if it takes too long, 500 if the model fails.
        """
        rows = len(arrays[0])
        if rows <= self._brief_rows and not self._unanswered:
            return self._at_once(arrays, rows)
        if self._unanswered >= self._max_queue:
            raise RefusedError(
                f"{self._unanswered} requests wait for model '{self._name}' already (--max-queue)", TOO_MANY, 1
            )
        future: asyncio.Future[list[Array]] = self._loop.create_future()
        self._unanswered += 1
        self._watch.waiting(self._unanswered)
        late = self._loop.call_later(self._timeout, self._expire, future)
        self._jobs.put(_Job(arrays, rows, future))
        try:
            return await future
        finally:
            late.cancel()

    def _at_once(self, arrays: Sequence[Array], rows: int) -> list[Array]:
        """The thread that computes is idle, as nobody waits for it."""
        begun = time.perf_counter()
        (answer,) = self._tried([arrays])
        self._watch.computed(1, rows, time.perf_counter() - begun)
        if isinstance(answer, RefusedError):
            raise answer
        return answer

    def _expire(self, future: asyncio.Future[list[Array]]) -> None:
        if not future.done():
            future.set_exception(RefusedError(f"there was no answer within {self._timeout:g} seconds", TOO_LATE))

    def close(self) -> None:
        """What waits is still answered; then the thread ends."""
        self._jobs.put(None)

    async def closed(self) -> None:
        """Returns when the thread has ended."""
        await asyncio.to_thread(self._thread.join)

    # -- on the thread that computes ---------------------------------------------------------------------------------

    def _work(self) -> None:
        while (first := self._next()) is not None:
            self._answer(self._batch(first))

    def _next(self) -> _Job | None:
        carried, self._carried = self._carried, None
        return carried or self._jobs.get()

    def _batch(self, first: _Job) -> list[_Job]:
        """The first job, and those behind it that fit in."""
        batch, rows, deadline = [first], first.rows, time.monotonic() + self._max_delay
        while rows < self._max_batch:
            try:
                job = self._more(deadline)
            except queue.Empty:
                break
            if job is None:
                self._jobs.put(None)  # for `_next`, after this batch
                break
            if rows + job.rows > self._max_batch:
                self._carried = job
                break
            batch.append(job)
            rows += job.rows
        return batch

    def _more(self, deadline: float) -> _Job | None:
        if not self._max_delay:
            return self._jobs.get_nowait()
        return self._jobs.get(timeout=max(deadline - time.monotonic(), 0))

    def _answer(self, batch: list[_Job]) -> None:
        wanted = [job for job in batch if not job.future.done()]
        answers: list[_Answer] = []
        if wanted:
            begun = time.perf_counter()
            answers = self._tried([job.arrays for job in wanted])
            self._watch.computed(len(wanted), sum(job.rows for job in wanted), time.perf_counter() - begun)
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(self._deliver, len(batch), wanted, answers)

    def _tried(self, asked: list[Sequence[Array]]) -> list[_Answer]:
        """An answer for each; what fails together is tried one by one, so that no request spoils another's."""
        try:
            return _split(self._model.predict(_joined(asked)), asked)
        except MemoryError:
            refused = RefusedError("there is not enough memory for these images", UNAVAILABLE, 1)
        except Exception:
            _LOG.exception("model %s failed", self._name)
            refused = RefusedError(f"model '{self._name}' failed to compute this", INTERNAL)
        if len(asked) == 1:
            return [refused]
        return [answer for each in asked for answer in self._tried([each])]

    def _deliver(self, count: int, jobs: list[_Job], answers: list[_Answer]) -> None:
        """On the loop's thread again: `count` requests are done with, of which `jobs` were still wanted."""
        self._unanswered -= count
        self._watch.waiting(self._unanswered)
        for job, answer in zip(jobs, answers, strict=True):
            if job.future.done():
                continue
            if isinstance(answer, RefusedError):
                job.future.set_exception(answer)
            else:
                job.future.set_result(answer)


def _joined(asked: list[Sequence[Array]]) -> Sequence[Array]:
    return asked[0] if len(asked) == 1 else [np.concatenate(parts) for parts in zip(*asked, strict=True)]


def _split(outputs: list[Array], asked: list[Sequence[Array]]) -> list[_Answer]:
    if len(asked) == 1:
        return [outputs]
    found: list[_Answer] = []
    start = 0
    for each in asked:
        stop = start + len(each[0])
        found.append([output[start:stop] for output in outputs])
        start = stop
    return found


Watcher = Callable[[str, int], Watch]
"""Makes the watch of a model's version."""
