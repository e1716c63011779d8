"""LLVM, through llvmlite: imported when it is first needed, and usable in a forked child."""

from __future__ import annotations

import functools
import os
import threading
from typing import Any

_GATE = threading.RLock()
"""Held by a fork that waits for LLVM, so that one compilation after another does not keep it waiting."""


def binding() -> Any:
    """The module `llvmlite.binding`, which takes a lock of its own for every call.

    A fork waits until no other thread is inside LLVM, and holds that lock meanwhile: so LLVM's memory is consistent in
    the child, and the lock can be taken there.
    """
    llvm = _loaded()
    with _GATE:
        return llvm


@functools.cache
def initialize() -> None:
    """Makes LLVM ready to write code for this processor."""
    llvm = binding()
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()


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
    lock.__enter__()


def _leave(lock: Any) -> None:
    lock.__exit__(None, None, None)
    _GATE.release()
