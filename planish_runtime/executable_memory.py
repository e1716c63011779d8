"""Memory for machine code: it is written first and run afterwards, and never both at once. Each system has its way.

macOS on its own processors gives pages for this that each thread sees either as ones to write or as ones to run, and
keeps instructions that it has read until it is told that there are others. Windows has functions of its own for pages.
"""

from __future__ import annotations

import ctypes
import functools
import mmap
import platform
import sys
import weakref
from typing import Any, Protocol

from planish_runtime.errors import explain

_NOT_EXECUTABLE = explain(
    what="the system does not let this process run code that it has made, as planish's compiled programs are",
    rule="memory that was written has to become memory that is run",
    remedy="allow it to this process (systemd: MemoryDenyWriteExecute=no; SELinux: setsebool -P allow_execmem 1)",
)

_MAP_JIT = 0x0800
_COMMIT_AND_RESERVE, _RELEASE = 0x3000, 0x8000
_PAGE_READWRITE, _PAGE_EXECUTE_READ = 0x04, 0x20


class Region(Protocol):
    """Code in memory, from the address `start` on, as long as the object lives."""

    start: int


def executable(code: bytes) -> Region:
    """PermissionError where the system lets no process run code that it has written."""
    if sys.platform == "win32":
        return _OfWindows(code, ctypes.WinDLL("kernel32", use_last_error=True))
    if sys.platform == "darwin" and platform.machine() == "arm64":
        return _OfApple(code, ctypes.CDLL(None))
    return _Protected(code)


class _Protected:
    """Wherever pages can be protected from writing when they are written."""

    def __init__(self, code: bytes) -> None:
        self._memory = mmap.mmap(-1, len(code), mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        self._memory[:] = code
        self.start = _address(self._memory)
        protect = ctypes.CDLL(None).mprotect
        protect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
        if protect(self.start, len(code), mmap.PROT_READ | mmap.PROT_EXEC):
            raise PermissionError(_NOT_EXECUTABLE)


class _OfApple:
    def __init__(self, code: bytes, system: Any, jit: int = _MAP_JIT) -> None:
        kind = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | jit
        try:
            self._memory = mmap.mmap(-1, len(code), kind, mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
        except OSError:
            raise PermissionError(_NOT_EXECUTABLE) from None
        self.start = _address(self._memory)
        system.pthread_jit_write_protect_np(0)
        try:
            ctypes.memmove(self.start, code, len(code))
        finally:
            system.pthread_jit_write_protect_np(1)
        system.sys_icache_invalidate(ctypes.c_void_p(self.start), ctypes.c_size_t(len(code)))


class _OfWindows:
    def __init__(self, code: bytes, kernel: Any) -> None:
        kernel.VirtualAlloc.restype = ctypes.c_void_p
        size, before = ctypes.c_size_t(len(code)), ctypes.c_uint32()
        self.start = kernel.VirtualAlloc(None, size, _COMMIT_AND_RESERVE, _PAGE_READWRITE) or 0
        if not self.start:
            raise MemoryError(explain(what="the system gives no memory for a program", received=f"{len(code):,} bytes"))
        start = ctypes.c_void_p(self.start)
        weakref.finalize(self, functools.partial(kernel.VirtualFree, start, ctypes.c_size_t(0), _RELEASE))
        ctypes.memmove(self.start, code, len(code))
        if not kernel.VirtualProtect(start, size, _PAGE_EXECUTE_READ, ctypes.byref(before)):
            raise PermissionError(_NOT_EXECUTABLE)
        kernel.FlushInstructionCache(ctypes.c_void_p(-1), start, size)  # -1 is this process


def _address(memory: mmap.mmap) -> int:
    """The memory cannot be closed from here on, and is given back when nothing refers to it."""
    return ctypes.addressof(ctypes.c_char.from_buffer(memory))
