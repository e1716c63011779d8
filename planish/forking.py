"""What a forked child needs: locks that are free, and nothing that waits for threads which stayed in the parent.

`os.fork` copies the memory of all threads and goes on with one of them. What the others held stays locked in the child,
and what they were about to do is never done. So whoever has a lock, a thread or memory that is in use says so here, by
`tell_child(self)`, and is called in the child: `after_fork` makes it usable there.

A fork also waits until no other thread is in the middle of an import: nobody could import that module in the child.
LLVM's lock is looked after in `codegen/llvm.py`, and HDF5's by h5py itself.
"""

from __future__ import annotations

import importlib
import os
import sys
import threading
import time
from types import TracebackType
from typing import Any, Protocol
from weakref import WeakSet


class Forked(Protocol):
    """Something that another thread may be using when a process forks."""

    def after_fork(self) -> None:
        """Called in the child, in its only thread, before anything else."""


_TOLD: WeakSet[Any] = WeakSet()
_LONGEST_WAIT_SECONDS = 10.0
_IMPORTED_LATE = ("planish", "llvmlite", "h5py")


def tell_child(forked: Forked) -> None:
    """Calls `forked.after_fork()` in every child that this process forks while `forked` exists."""
    _TOLD.add(forked)


class Lock:
    """A lock that its own thread can take again, and that a child finds free, unless the thread that forked holds it.

    Not for what has to be quick: entering it takes a call.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        tell_child(self)

    def __enter__(self) -> None:
        while not self._lock.acquire(timeout=1.0):  # a fork, in a signal's handler, may have put another in its place
            pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lock.release()

    def after_fork(self) -> None:
        if is_lost(self._lock):
            self._lock = threading.RLock()


def is_lost(lock: threading.RLock) -> bool:
    """Whether a lock is held by a thread that this child does not have."""
    if lock.acquire(blocking=False):
        lock.release()
        return False
    return True


def _in_child() -> None:
    for forked in list(_TOLD):
        forked.after_fork()


def _wait_for_imports() -> None:
    """h5py's lock, which is taken already as its hook runs first, is given back meanwhile: its import may need it."""
    deadline = time.monotonic() + _LONGEST_WAIT_SECONDS
    if not _is_importing():
        return
    h5py = getattr(sys.modules.get("h5py._objects"), "phil", None)
    held = h5py is not None and h5py._is_owned()
    if held:
        h5py.release()
    while _is_importing() and time.monotonic() < deadline:
        time.sleep(0.001)
    if held:
        h5py.acquire()


def _is_importing() -> bool:
    """Whether another thread is in the middle of importing a module that planish imports late."""
    return any(
        getattr(getattr(module, "__spec__", None), "_initializing", False)
        for name, module in list(sys.modules.items())
        if name.startswith(_IMPORTED_LATE)
    )


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_wait_for_imports, after_in_child=_in_child)
