"""Work on a thread of its own, whose stack compiling cannot overflow; whoever waits for it can be interrupted.

LLVM walks through code by recursion. On the stack of a user's thread, which may be a few hundred kilobytes, that could
end the process; and in the main thread a signal would wait until LLVM is done. Work goes on when
the waiting for it is interrupted: its result is there for the next thread that asks, and Python waits for it at exit.
"""

from __future__ import annotations

import functools
import threading
from collections import deque
from collections.abc import Callable
from typing import Generic, Self, TypeVar

from planish.errors import explain
from planish_runtime import forking

STACK_NBYTES = 64 * 2**20
SECONDS_UNTIL_LATE = 1.0

_SECONDS_TO_LOOK_AGAIN = (
    0.1  # after a wake-up that an exception has swallowed, or for Ctrl-C where a lock is deaf to it
)
_STARTING = forking.Lock()
_STAYED_BEHIND = explain(
    what="the process was forked while another thread compiled: that does not continue here",
    rule="a forked child has none of its parent's other threads",
    remedy="call the model again in the child",
)

_Result = TypeVar("_Result")


class Aside(Generic[_Result]):
    """A piece of work that any number of threads may wait for; the first one starts it.

    Made of bare locks, as `workers._Crew` is. Ctrl-C may end the first one's call at any place, so whoever comes next
    begins the work if nobody has.
    """

    def __init__(self, work: Callable[[], _Result]) -> None:
        self._work = work
        self._results: list[_Result] = []
        self._error: BaseException | None = None
        self._finished = self._told = False
        self._latch = threading.Lock()
        self._latch.acquire()
        self._claim = threading.Lock()
        forking.tell_child(self)

    def after_fork(self) -> None:
        """In a child nobody does it; whoever waits for it there, such as a signal handler, gets an error."""
        if self._claim.locked() and not self._finished:
            self._error = RuntimeError(_STAYED_BEHIND)
            self._finished = True

    def begin(self) -> None:
        """Runs on a new thread, or on this one if the system cannot start one."""
        thread = threading.Thread(target=self._run, name="planish compiles")
        try:
            with _STARTING.lock:
                before = threading.stack_size(STACK_NBYTES)
                try:
                    thread.start()
                finally:
                    threading.stack_size(before)
        except RuntimeError:
            self._run()

    def _run(self) -> None:
        if not self._claim.acquire(blocking=False):
            return
        try:
            self._results.append(self._work())
        except BaseException as error:  # handed to the waiting threads
            self._error = error
        self._finished = True
        self._latch.release()

    def result(self, late: Callable[[], None] = lambda: None) -> _Result:
        """The result of the work; raises what it raised. `late` is called once, if it takes longer than a second."""
        if not self._claim.locked():
            self.begin()
        if not self._wait(SECONDS_UNTIL_LATE) and not self._told:
            self._told = True
            late()
        while not self._wait(_SECONDS_TO_LOOK_AGAIN):
            pass
        if self._error is not None:
            raise self._error
        return self._results[0]

    def _wait(self, seconds: float) -> bool:
        if not self._finished and self._latch.acquire(timeout=seconds):
            self._latch.release()
        return self._finished


class Beside(Generic[_Result]):
    """Does pieces of work on other threads while they are still being added, at most on so many at the same time, that
    of whoever adds them included: it takes part when it asks for the results."""

    def __init__(self, threads: int) -> None:
        self._idle = threads - 1
        self._count = 0
        self._left: deque[tuple[int, Callable[[], _Result]]] = deque()
        self._results: dict[int, _Result] = {}
        self._others: list[Aside[None]] = []
        self._lock = threading.Lock()

    def add(self, work: Callable[[], _Result]) -> None:
        with self._lock:
            self._left.append((self._count, work))
            self._count += 1
            begin = self._idle > 0
            self._idle -= begin
        if begin:
            self._others.append(Aside(functools.partial(self._work, leaving=1)))
            self._others[-1].begin()

    def results(self) -> list[_Result]:
        """Of all that was added, in order; raises what a piece of work raised."""
        self._work(leaving=0)
        for other in self._others:
            other.result()
        return [self._results[number] for number in range(self._count)]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """What nobody has begun is left, if whoever adds it was interrupted."""
        self._left.clear()

    def _work(self, leaving: int) -> None:
        """Until nothing is left; then so many more threads may begin."""
        while True:
            with self._lock:
                if not self._left:
                    self._idle += leaving
                    return
                number, work = self._left.popleft()
            self._results[number] = work()


def aside(work: Callable[[], _Result]) -> _Result:
    """Does the work on a thread of its own and waits for it."""
    return Aside(work).result()
