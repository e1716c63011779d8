"""LLVM, through llvmlite: imported when it is first needed, and usable in a forked child."""

from __future__ import annotations

import functools
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_GATE = threading.RLock()
"""Held by a fork that waits for LLVM, so that one compilation after another does not keep it waiting."""

_INSIDE: set[threading.Lock] = set()
"""Of each thread that is inside LLVM without llvmlite's lock the lock that it holds meanwhile."""


def binding() -> Any:
    """The module `llvmlite.binding`, which takes a lock of its own for every call.

    A fork waits until no other thread is inside LLVM, and holds that lock meanwhile: so LLVM's memory is consistent in
    the child, and the lock can be taken there.
    """
    llvm = _loaded()
    with _GATE:
        return llvm


@contextmanager
def inside() -> Iterator[None]:
    """For calls of `unlocked` functions: a fork waits until they are over."""
    own = threading.Lock()
    with own:
        with _GATE:
            _INSIDE.add(own)
        try:
            yield
        finally:
            _INSIDE.discard(own)


def unlocked(name: str) -> Any:
    """A function of LLVM's that threads can be in at the same time, as long as each has a context of its own.

    With llvmlite's lock, if that cannot be left out.
    """
    function = getattr(binding().ffi.lib, name)
    return getattr(function, "_cfn", function)


@functools.cache
def initialize(*, native: bool = True) -> None:
    """Makes LLVM ready to write code for this processor, or for all that it knows."""
    llvm = binding()
    if native:
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
    else:
        llvm.initialize_all_targets()
        llvm.initialize_all_asmprinters()


@functools.cache
def _loaded() -> Any:
    import llvmlite.binding as llvm

    lock = getattr(llvm.ffi.lib, "_lock", None)
    if lock is not None and hasattr(os, "register_at_fork"):
        leave = functools.partial(_leave, lock)
        os.register_at_fork(before=functools.partial(_enter, lock), after_in_parent=leave, after_in_child=leave)
    return llvm


def _enter(lock: Any) -> None:
    _GATE.acquire()
    for held in list(_INSIDE):
        with held:
            pass  # its thread has left
    lock.__enter__()


def _leave(lock: Any) -> None:
    lock.__exit__(None, None, None)
    _GATE.release()
