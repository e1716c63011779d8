"""Who computes with a program at the moment. Threads that come back at once take turns if there are too few CPUs.

Sixteen threads on two processors that predict in a loop interrupt each other in the middle of their computations: with
cold caches each time, and now and then with the interpreter lock in hand, so that nobody else can go on. To wake a
thread for each call costs more than a short call. So who comes back at once waits in line while all processors have a
thread, and who has a place keeps it for some milliseconds. Threads that have other things to do between two calls, such
as those of a server, never wait.
"""

from __future__ import annotations

import contextlib
import math
import threading
import time
from collections import deque

from planish_runtime.threads import recent_cpus, usable_cpus

TURN_SECONDS = 0.02
_SECONDS_TO_BE_AT_ONCE = 1e-4
_LOOKS_TO_BE_SURE, _SECONDS_BETWEEN_LOOKS = 3, 1e-4  # meanwhile, who was between two calls has come back
_SECONDS_TO_LOOK, _SECONDS_TO_LOOK_BEHIND = 0.004, 0.1  # for a place that somebody left, by the first and by others
_MOST_SECONDS_IN_LINE = 0.5


class _Waiting:
    """A thread in line. `called`: it may go in. `gone`: it does not wait any more."""

    def __init__(self) -> None:
        self.called = self.gone = False
        self._bell = threading.Lock()
        self._bell.acquire()

    def sleep(self, seconds: float) -> None:
        """At most so long, or until somebody wakes it."""
        self._bell.acquire(timeout=seconds)

    def wake(self) -> None:
        with contextlib.suppress(RuntimeError):  # it is awake
            self._bell.release()


class Places:
    """`inside` are the numbers of the threads that compute, `line` are those that wait, and `coming` those that have a
    place but have not woken up yet; there is `room` for as many threads as there are CPUs. Each change is a single
    operation of Python's, and a thread too many does no harm: so there is no lock."""

    def __init__(self) -> None:
        self.inside: set[int] = set()
        self.line: deque[_Waiting] = deque()
        self.coming: set[_Waiting] = set()
        self.room = usable_cpus()
        self._left: dict[int, float] = {}
        self._began: dict[int, float] = {}

    def after_fork(self) -> None:
        """Threads that a child does not have neither compute nor wait."""
        self.inside &= {threading.get_ident()}
        self.line.clear()
        self.coming.clear()

    def wait_for_turn(self, thread: int) -> None:
        """Returns at once unless all CPUs have a thread and this one has only just left."""
        if self._is_full():
            now = time.perf_counter()
            self.room = recent_cpus(now)
            if self._is_full() and now - self._left.get(thread, -math.inf) < _SECONDS_TO_BE_AT_ONCE:
                self._wait(thread, now + _MOST_SECONDS_IN_LINE)

    def leave(self, thread: int) -> None:
        """At the end of its turn, the first in line may go in: the thread itself will wait then, if it comes back."""
        self.inside.discard(thread)
        if self.line or len(self.inside) >= self.room:
            now = self._left[thread] = time.perf_counter()
            if now - self._began.setdefault(thread, now) >= TURN_SECONDS:
                self._began[thread] = now
                self._call_first()

    def _is_full(self) -> bool:
        return len(self.inside) + len(self.coming) >= self.room

    def _wait(self, thread: int, until: float) -> None:
        own = _Waiting()
        self.line.append(own)
        self.coming.difference_update([each for each in [*self.coming] if each.gone])  # called when it was leaving
        try:
            while not (own.called or self._stays_free(own)) and time.perf_counter() < until:
                own.sleep(_SECONDS_TO_LOOK if self._first() is own else _SECONDS_TO_LOOK_BEHIND)
            self._began[thread] = time.perf_counter()
        finally:
            own.gone = True
            self.coming.discard(own)
            with contextlib.suppress(ValueError):  # it was called
                self.line.remove(own)
            first = self._first()
            if first is not None:
                first.wake()  # it has to look for places from now on

    def _stays_free(self, own: _Waiting) -> bool:
        """Whether somebody has left a place for good, unless `own` is called meanwhile. Who takes the place of a thread
        that is about to come back makes it wait, and processors are idle until everybody has a place again."""
        for _ in range(_LOOKS_TO_BE_SURE):
            if own.called or self._is_full():
                return False
            own.sleep(_SECONDS_BETWEEN_LOOKS)
        return not self._is_full()

    def _first(self) -> _Waiting | None:
        try:
            return self.line[0]
        except IndexError:
            return None

    def _call_first(self) -> None:
        """Its place is kept for it. If the caller went on until it has come, three threads would be awake on two
        processors, and one of them put aside for milliseconds, perhaps with the interpreter lock in hand."""
        try:
            first = self.line.popleft()
        except IndexError:  # all have left
            return
        self.coming.add(first)
        first.called = True
        first.wake()
