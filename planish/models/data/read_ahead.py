"""Reads a supply of batches on a thread of its own, a little ahead of whoever consumes it."""

from __future__ import annotations

import contextvars
import threading
from collections import deque
from collections.abc import Iterator
from typing import Generic, Protocol, TypeVar

from planish.errors import explain
from planish_runtime import forking


class HasNbytes(Protocol):
    """Anything that knows how much memory it takes."""

    @property
    def nbytes(self) -> int: ...


Item = TypeVar("Item", bound=HasNbytes)

MOST_AHEAD, LEAST_AHEAD, NBYTES_AHEAD = 8, 2, 32 << 20
"""At most how many items are taken from the source beyond those that were handed out: two, or up to eight while
together they take less than this many bytes."""

_STAYED_BEHIND = explain(
    what="the process was forked while another thread read batches ahead: the child has no such thread",
    rule="a forked child has none of its parent's other threads",
    remedy="call fit, evaluate or predict again in the child",
)
_SECONDS_TO_END = 1.0
_SECONDS_BETWEEN_SIGNALS = 0.1
READERS: dict[int, ReadAhead[HasNbytes]] = {}
"""Who reads ahead at the moment, by the number of the thread: usually nobody does."""


class _ClosedError(BaseException):
    """Unwinds a supply that waits for steps that will not come. No `Exception`: the supply should not catch it."""


class ReadAhead(Generic[Item]):
    """Iterates over `source` in order, at most `limit` items (None: all), and never asks for one more.

    What the source raises is raised to the consumer in place of the item, with its traceback. A context: leaving it
    ends the thread. A source that is busy for longer than a second is not waited for; its thread ends when the source
    returns, and does not keep the process alive.
    """

    def __init__(self, source: Iterator[Item], limit: int | None = None, *, most: int = MOST_AHEAD) -> None:
        self.exhausted = False  # whether the source has ended
        self._source = source
        self._limit = limit
        self._taken = 0
        self._most = most
        self._buffer: deque[Item] = deque()
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._waiting = False
        self._ended = False
        self._closed = False
        self._error: BaseException | None = None
        forking.tell_child(self)
        context = contextvars.copy_context()  # NumPy's error state, for one
        self._thread = threading.Thread(target=context.run, args=(self._read,), daemon=True, name="planish-data")
        self._alone = False
        try:
            self._thread.start()
        except RuntimeError:  # the system has no thread left: batches are made when they are asked for
            self._alone = True

    def after_fork(self) -> None:
        """In a child nobody reads on; items that were already read are available."""
        if forking.is_lost(self._lock):
            self._lock = threading.RLock()
            self._changed = threading.Condition(self._lock)
        if not self._ended:
            self._ended, self._error = True, RuntimeError(_STAYED_BEHIND)
        self._closed = True
        READERS.clear()

    def __iter__(self) -> Iterator[Item]:
        return self

    def __next__(self) -> Item:
        if self._alone:
            return self._take()
        with self._changed:
            while not self._buffer and not self._ended:
                self._waiting = True
                self._changed.notify_all()
                self._changed.wait(_SECONDS_BETWEEN_SIGNALS)  # on Windows, Ctrl-C gets through only between two waits
            self._waiting = False
            if self._buffer:
                self._changed.notify_all()
                return self._buffer.popleft()
        if self._error is not None:
            raise self._error
        raise StopIteration

    def __enter__(self) -> ReadAhead[Item]:
        return self

    def __exit__(self, *ended_by: object) -> None:
        self.close()

    @property
    def ready(self) -> bool:
        """Whether the next item is there already."""
        return bool(self._buffer)

    def close(self) -> None:
        """Ends the thread; items that were read ahead are dropped."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if not self._alone:
            self._thread.join(_SECONDS_TO_END)

    def wait_for_consumer(self) -> None:
        """Called by the source: waits until everything that it gave is consumed, and stops reading ahead."""
        with self._changed:
            self._most = 0
            self._changed.wait_for(lambda: self._closed or (self._waiting and not self._buffer))
            if self._closed:
                raise _ClosedError

    def _read(self) -> None:
        READERS[threading.get_ident()] = self  # type: ignore[assignment]
        try:
            self._fill()
        except BaseException as error:  # raised again to the consumer
            self._error = error
        finally:
            del READERS[threading.get_ident()]
            with self._changed:
                self._ended = True
                self._changed.notify_all()

    def _take(self) -> Item:
        """The next item of the source. StopIteration if there is none, or none is wanted."""
        if self._taken == self._limit:
            raise StopIteration
        try:
            item = next(self._source)
        except StopIteration:
            self.exhausted = True
            raise
        self._taken += 1
        return item

    def _fill(self) -> None:
        while self._taken != self._limit and self._has_room():
            try:
                item = self._take()
            except StopIteration:
                return
            with self._changed:
                self._buffer.append(item)
                self._waiting = False
                self._changed.notify_all()

    def _has_room(self) -> bool:
        """Waits for room in the buffer; False if the reader was closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._waiting or self._is_short())
            return not self._closed

    def _is_short(self) -> bool:
        count = len(self._buffer)
        small = count < LEAST_AHEAD or sum(item.nbytes for item in self._buffer) < NBYTES_AHEAD
        return small and count < self._most


def let_steps_catch_up() -> None:
    """To be called before a model is used: a generator that predicts with the model that it feeds sees the same
    weights as if nothing were read ahead."""
    reader = READERS.get(threading.get_ident())
    if reader is not None:
        reader.wait_for_consumer()
