"""Threads that call native code. Native calls release the interpreter lock, so Python threads are all it takes.

Native code writes to memory that its caller owns, so no call returns before all of its threads have left, whatever
is raised meanwhile: Ctrl-C, a signal handler, a thread that cannot be started. Nothing here holds a lock while a
signal handler may run that wants the same one.
"""

from __future__ import annotations

import functools
import threading
from collections import deque
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import NamedTuple

from planish_runtime import forking
from planish_runtime.errors import explain

_SECONDS_TO_LOOK_AGAIN = 0.05  # after a wake-up that an exception has swallowed

_STAYED_BEHIND = explain(
    what="the process was forked while other threads computed: their part of the result is missing here",
    rule="a forked child has none of its parent's other threads",
    remedy="start the computation again in the child, or let the child end with os._exit()",
)


class NoThreadError(RuntimeError):
    """The system gives this process no other thread; nothing was done."""


class _Crew:
    """The threads that do a piece of work. Once it is closed, no other gets in.

    Made of bare locks: an asynchronous exception can leave a condition variable without the lock that it believes it
    holds. A child forked meanwhile has none of the others: there, what they had not finished is a failure.
    """

    def __init__(self) -> None:
        self.failures: list[BaseException] = []
        self._lock = threading.Lock()
        self._none_left = threading.Lock()
        self._none_left.acquire()
        self._inside = 0
        self._came = False
        self._closed = False
        self._invitations: list[_Invitation] = []
        forking.tell_child(self)

    def after_fork(self) -> None:
        self._lock = threading.Lock()
        if self._inside:
            self.failures.append(RuntimeError(_STAYED_BEHIND))
            self._inside, self._came = 0, True

    def invite(self, work: Callable[[], None]) -> None:
        """Has a kept thread do the work, if one comes before the crew is closed."""
        invitation = _Invitation(self, work)
        self._invitations.append(invitation)
        _HELPERS.invite(invitation)

    def run(self, work: Callable[[], None]) -> None:
        """Does the work, unless closed; what it raises is kept in `failures`."""
        with self._lock:
            if self._closed:
                return
            self._inside += 1
            self._came = True
        try:
            work()
        except BaseException as error:  # handed to the waiting thread
            self.failures.append(error)
        finally:
            with self._lock:
                self._inside -= 1
                if not self._inside and self._none_left.locked():
                    self._none_left.release()

    def wait(self, seconds: float) -> bool:
        """Whether a thread came and all have left, after waiting at most so long for that."""
        self._none_left.acquire(timeout=seconds)
        return self._came and not self._inside

    def close(self) -> None:
        """Waits until all have left. What is raised meanwhile, for example by a second Ctrl-C, is raised afterwards."""
        raised: BaseException | None = None
        while True:
            try:
                with self._lock:
                    self._closed = True
                while self._inside:
                    self._none_left.acquire(timeout=_SECONDS_TO_LOOK_AGAIN)
                while self._invitations:
                    _HELPERS.withdraw(self._invitations[-1])
                    self._invitations.pop()
                break
            except BaseException as error:  # raised below
                raised = error
        if raised is not None:
            raise raised


class _Invitation(NamedTuple):
    crew: _Crew
    work: Callable[[], None]


class _Helpers:
    """Kept threads that join the work that they are invited to, one piece after the other.

    While all of them are busy elsewhere, invitations wait; they are withdrawn when the work is done without them.
    """

    def __init__(self) -> None:
        self.after_fork()
        forking.tell_child(self)

    def after_fork(self) -> None:
        self._threads: list[threading.Thread] = []
        self._invitations: deque[_Invitation] = deque()
        self._calls: SimpleQueue[None] = SimpleQueue()  # a signal handler may use it while this thread does

    def keep(self, count: int) -> None:
        """Has at least so many threads, if the system gives them: those that are there do all."""
        while len(self._threads) < count:
            thread = threading.Thread(target=self._wait, daemon=True, name=f"planish_{len(self._threads) + 1}")
            try:
                thread.start()
            except RuntimeError:
                return
            self._threads.append(thread)

    def invite(self, invitation: _Invitation) -> None:
        self._invitations.append(invitation)
        self._calls.put(None)

    def withdraw(self, invitation: _Invitation) -> None:
        try:
            self._invitations.remove(invitation)
            self._calls.get_nowait()
        except (ValueError, Empty):  # somebody has come, or is about to look
            return

    def _wait(self) -> None:
        while True:
            self._calls.get()
            self._come()

    def _come(self) -> None:
        """Nothing of the work is left when this returns: waiting threads must not keep arrays alive."""
        try:
            crew, work = self._invitations.popleft()
        except IndexError:  # it was withdrawn
            return
        crew.run(work)


_HELPERS = _Helpers()


def run_together(work: Callable[[int], None], threads: int, stop: Callable[[], None]) -> None:
    """Calls work(0) here, and work(1) .. work(threads - 1) on those that come before work(0) is done.

    Each of them has to continue until nothing is left to do. Returns when all have returned, raising what one raised.
    `stop` is called if something is raised here, and lets the others return early.
    """
    if threads == 1:
        work(0)
        return
    crew = _Crew()
    try:
        try:
            _invite(crew, work, threads)
            work(0)
        except BaseException:
            stop()
            raise
        finally:
            crew.close()
    except BaseException:
        crew.close()  # raised on the way into the line above
        raise
    if crew.failures:
        raise crew.failures.pop(0)


def _invite(crew: _Crew, work: Callable[[int], None], threads: int) -> None:
    _HELPERS.keep(threads - 1)
    for number in range(1, threads):
        crew.invite(functools.partial(work, number))


def run_watched(
    work: Callable[[int], None], threads: int, watch: Callable[[], None], stop: Callable[[], None], seconds: float
) -> None:
    """Calls work(0) on another thread and work(1) .. work(threads - 1) on those that come before all is done, and
    `watch` here every so many seconds.

    Each of them has to continue until nothing is left to do. If `watch`, or a signal such as Ctrl-C, raises, `stop` is
    called, the threads are waited for, and the exception goes on. NoThreadError if there is no other thread.
    """
    crew = _Crew()
    leader = threading.Thread(
        target=crew.run, args=(lambda: _lead(crew, work, threads, stop),), daemon=True, name="planish-0"
    )
    try:
        try:
            _start(leader)
            while not crew.wait(seconds):
                watch()
        except BaseException:
            stop()
            raise
        finally:
            crew.close()
            if leader.is_alive():
                leader.join()
    except BaseException:
        crew.close()  # raised on the way into the lines above
        raise
    if crew.failures:
        raise crew.failures.pop(0)


def _start(thread: threading.Thread) -> None:
    try:
        thread.start()
    except RuntimeError as error:
        raise NoThreadError(str(error)) from None


def _lead(crew: _Crew, work: Callable[[int], None], threads: int, stop: Callable[[], None]) -> None:
    """Invites the other threads and is one of them: signals raise in the main thread only, so nothing does here.

    The others are kept threads, this one is new: the system then finds a processor for each. Two new ones, or two kept
    ones, it often puts on the same, where one waits for milliseconds.
    """

    def guarded(number: int) -> None:
        try:
            work(number)
        except BaseException:
            stop()
            raise

    if threads > 1:
        _invite(crew, guarded, threads)
    guarded(0)
