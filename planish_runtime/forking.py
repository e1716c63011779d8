"""What a forked child needs: locks that are free, and nothing that waits for threads which stayed in the parent.

`os.fork` copies the memory of all threads and goes on with one of them. What the others held stays locked in the child,
and what they were about to do is never done. So an object that has a lock, a thread or memory in use says so here, by
`tell_child(self)`, and is called in the child: `after_fork` makes it usable there.

A fork also waits until no other thread is in the middle of an import: nobody could import that module in the child.
LLVM's lock is looked after in `codegen/llvm/library.py`, and HDF5's by h5py itself.
"""

from __future__ import annotations

import _imp
import importlib
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
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
    """`with held.lock`: a thread can take it again while it has it. A child finds it free, unless the thread that
    forked has it.

    The lock itself is Python's, which no exception out of the blue can leave locked.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        tell_child(self)

    def after_fork(self) -> None:
        if is_lost(self.lock):
            self.lock = threading.RLock()


def is_lost(lock: threading.RLock) -> bool:
    """Whether a lock is held by a thread that this child does not have."""
    if lock.acquire(blocking=False):
        lock.release()
        return False
    return True


def _let_imports_begin() -> None:
    try:
        _imp.release_lock()
    except RuntimeError:  # Ctrl-C came while this was waited for
        return


def _in_child() -> None:
    _let_imports_begin()
    _give_up_imports()
    for forked in list(_TOLD):
        forked.after_fork()


def _wait_for_imports() -> None:
    """Returns holding the lock under which every import begins, so that none begins before the fork."""
    deadline = time.monotonic() + _LONGEST_WAIT_SECONDS
    while True:
        _imp.acquire_lock()
        if not _is_importing() or time.monotonic() > deadline:
            return
        _imp.release_lock()
        with _without_h5pys_lock():
            time.sleep(0.001)


@contextmanager
def _without_h5pys_lock() -> Iterator[None]:
    """h5py takes its lock before a fork, ahead of this module; while h5py is being imported, it needs it itself."""
    lock: Any = getattr(sys.modules.get("h5py._objects"), "phil", None)
    if lock is None or not lock._is_owned():
        yield
        return
    lock.release()
    try:
        yield
    finally:
        lock.acquire()


def _is_importing() -> bool:
    """Whether another thread is in the middle of importing a module that planish imports late.

    By the mark that Python's own import statement goes by.
    """
    return any(
        getattr(getattr(module, "__spec__", None), "_initializing", False)
        for name, module in list(sys.modules.items())
        if name.partition(".")[0] in _IMPORTED_LATE
    )


def _give_up_imports() -> None:
    """For modules that other threads were about to look for: each has a lock, which nobody would release here."""
    locks = getattr(importlib._bootstrap, "_module_locks", {})
    for name, reference in list(locks.items()):
        if getattr(reference(), "owner", None) not in (None, threading.get_ident()):
            locks.pop(name, None)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_wait_for_imports, after_in_parent=_let_imports_begin, after_in_child=_in_child)
