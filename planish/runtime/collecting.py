"""Rest for Python's collector of cycles while a great many objects are made that stay.

It looks through all objects again and again as their number grows. A compiler makes some hundred thousand nodes and
lines, hardly any of them in a cycle.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from planish_runtime import forking


class _Rest:
    """How many ask for it at this moment, and whether the collector worked before the first one did."""

    def __init__(self) -> None:
        self.lock = forking.Lock()
        self.asking = 0
        self.worked = False
        forking.tell_child(self)

    def after_fork(self) -> None:
        """A child has none of the threads that asked."""
        if self.asking and self.worked:
            gc.enable()
        self.asking = 0

    def begin(self) -> None:
        with self.lock.lock:
            if not self.asking:
                self.worked = gc.isenabled()
                gc.disable()
            self.asking += 1

    def end(self) -> None:
        with self.lock.lock:
            self.asking = max(0, self.asking - 1)
            if not self.asking and self.worked:
                gc.enable()


_REST = _Rest()


@contextmanager
def collector_rests() -> Iterator[None]:
    """Inside, nothing is collected, in no thread; a user's own choice stays."""
    _REST.begin()
    try:
        yield
    finally:
        _REST.end()
