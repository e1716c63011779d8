"""Makes machine code callable that is linked, and needs nothing but memory."""

from __future__ import annotations

import ctypes
import mmap
from collections.abc import Mapping
from typing import Any, Protocol

from planish_runtime.errors import explain

_NOT_EXECUTABLE = explain(
    what="the system does not let this process run code that it has made, as planish's compiled programs are",
    rule="memory that was written has to become memory that is run",
    remedy="allow it to this process (systemd: MemoryDenyWriteExecute=no; SELinux: setsebool -P allow_execmem 1)",
)


class Loaded(Protocol):
    """Machine code in memory, which lives as long as the object."""

    def address(self, name: str) -> int: ...


class NativeCode:
    """Functions in memory that can be called; they live as long as this object."""

    def __init__(self, loaded: Loaded) -> None:
        self._loaded = loaded

    def address(self, name: str) -> int:
        """Where a function begins. KeyError if there is no such function."""
        return self._loaded.address(name)

    def function(self, name: str, argument_types: list[Any]) -> Any:
        """A callable that releases the interpreter lock. KeyError if there is no such function."""
        return ctypes.CFUNCTYPE(None, *argument_types)(self.address(name))

    def brief_function(self, name: str) -> Any:
        """A callable that keeps the interpreter lock, and takes half the time to be called, if it is given objects of
        ctypes for its arguments. KeyError if there is no such function."""
        return ctypes.PYFUNCTYPE(None)(self.address(name))


class Mapped:
    """Linked code: written to fresh memory, which can then be run and no longer be written. `functions` says where each
    begins."""

    def __init__(self, code: bytes, functions: Mapping[str, int]) -> None:
        self._functions = functions
        self._memory = mmap.mmap(-1, len(code), mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        self._memory[:] = code
        self._start = ctypes.addressof(ctypes.c_char.from_buffer(self._memory))
        _let_run(self._start, len(code))

    def address(self, name: str) -> int:
        return self._start + self._functions[name]


def _let_run(address: int, nbytes: int) -> None:
    """PermissionError where the system lets no process run code that it has written."""
    protect = ctypes.CDLL(None).mprotect
    protect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    if protect(address, nbytes, mmap.PROT_READ | mmap.PROT_EXEC):
        raise PermissionError(_NOT_EXECUTABLE)
