"""LLVM, through llvmlite: imported when it is first needed, and usable in a forked child."""

from __future__ import annotations

import functools
import os
from typing import Any


@functools.cache
def binding() -> Any:
    """The module `llvmlite.binding`, which takes a lock of its own for every call.

    A fork waits until no other thread is inside of LLVM, and holds that lock meanwhile: whatever LLVM has in memory is
    whole in the child, and the lock can be had there.
    """
    import llvmlite.binding as llvm

    lock = getattr(llvm.ffi.lib, "_lock", None)
    if lock is not None and hasattr(os, "register_at_fork"):
        release = functools.partial(lock.__exit__, None, None, None)
        os.register_at_fork(before=lock.__enter__, after_in_parent=release, after_in_child=release)
    return llvm
