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

TURN_SECONDS = 0.01
_SECONDS_TO_BE_AT_ONCE = 1e-4
_SECONDS_TO_LOOK, _SECONDS_TO_LOOK_BEHIND = 0.004, 0.1  # for a place that somebody left, by the first and by others
_MOST_SECONDS_IN_LINE = 0.5


class _Waiting:
    """A thread in line. `called`: it may go in."""

    def __init__(self) -> None:
        self.called = False
        self._bell = threading.Lock()
        self._bell.acquire()

    def sleep(self, seconds: float) -> None:
        """At most so long, or until somebody wakes it."""
        self._bell.acquire(timeout=seconds)

    def wake(self) -> None:
        with contextlib.suppress(RuntimeError):  # it is awake
            self._bell.release()


class Places:
    """`inside` are the numbers of the threads that compute, `line` are those that wait; there is `room` for as many
    threads as there are CPUs. Each change is a single operation of Python's, and a thread too many does no harm: so
    there is no lock."""

    def __init__(self) -> None:
        self.inside: set[int] = set()
        self.line: deque[_Waiting] = deque()
        self.room = usable_cpus()
        self._left: dict[int, float] = {}
        self._began: dict[int, float] = {}

    def after_fork(self) -> None:
        """Threads that a child does not have neither compute nor wait."""
        self.inside &= {threading.get_ident()}
        self.line.clear()

    def wait_for_turn(self, thread: int) -> None:
        """Returns at once unless all CPUs have a thread and this one has only just left."""
        if len(self.inside) >= self.room:
            now = time.perf_counter()
            self.room = recent_cpus(now)
            if len(self.inside) >= self.room and now - self._left.get(thread, -math.inf) < _SECONDS_TO_BE_AT_ONCE:
                self._wait(thread, now + _MOST_SECONDS_IN_LINE)

    def leave(self, thread: int) -> None:
        """At the end of its turn, the first in line may go in: the thread itself will wait then, if it comes back."""
        self.inside.discard(thread)
        if self.line or len(self.inside) >= self.room:
            now = self._left[thread] = time.perf_counter()
            if now - self._began.setdefault(thread, now) >= TURN_SECONDS:
                self._began[thread] = now
                self._call_first()

    def _wait(self, thread: int, until: float) -> None:
        own = _Waiting()
        self.line.append(own)
        try:
            while not own.called and len(self.inside) >= self.room and time.perf_counter() < until:
                own.sleep(_SECONDS_TO_LOOK if self._first() is own else _SECONDS_TO_LOOK_BEHIND)
            self._began[thread] = time.perf_counter()
        finally:
            with contextlib.suppress(ValueError):  # it was called
                self.line.remove(own)
            first = self._first()
            if first is not None:
                first.wake()  # it has to look for places from now on

    def _first(self) -> _Waiting | None:
        try:
            return self.line[0]
        except IndexError:
            return None

    def _call_first(self) -> None:
        """Nobody leaves a place for it: processors have something to do until it has come."""
        try:
            first = self.line.popleft()
        except IndexError:  # all have left
            return
        first.called = True
        first.wake()
