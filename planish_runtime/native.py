"""Makes machine code callable that is linked, and needs nothing but memory."""

from __future__ import annotations

import ctypes
import functools
import platform
import sys
from collections.abc import Mapping
from typing import Any, Protocol

from planish_runtime import calling
from planish_runtime.executable_memory import Region, executable


class Loaded(Protocol):
    """Machine code in memory, which lives as long as the object."""

    def address(self, name: str) -> int:
        """Where a function begins, for other native code. KeyError if there is no such function."""

    def entry(self, name: str) -> int:
        """Where it begins for those who call it as the system's functions are called."""

    def resting(self, address: int) -> int:
        """Where the code can call a function of the system at an address that takes nothing."""


class NativeCode:
    """Functions in memory that can be called; they live as long as this object."""

    def __init__(self, loaded: Loaded) -> None:
        self._loaded = loaded

    def address(self, name: str) -> int:
        """Where a function begins, for other native code. KeyError if there is no such function."""
        return self._loaded.address(name)

    def function(self, name: str, argument_types: list[Any]) -> Any:
        """A callable that releases the interpreter lock. KeyError if there is no such function."""
        return ctypes.CFUNCTYPE(None, *argument_types)(self._loaded.entry(name))

    def prepared_function(self, name: str, *, keeps_lock: bool) -> Any:
        """A callable that takes half the time to be called: its arguments have to be objects of ctypes. `keeps_lock`:
        it keeps the interpreter lock. KeyError if there is no such function."""
        kind = ctypes.PYFUNCTYPE(None) if keeps_lock else ctypes.CFUNCTYPE(None)
        return kind(self._loaded.entry(name))

    def yield_address(self) -> int:
        """Where the code can call the operating system's function that lets another thread run."""
        return self._loaded.resting(_system_yield())


class Mapped:
    """Linked code: written to fresh memory, which can then be run and no longer be written. `functions` says where each
    begins."""

    def __init__(self, code: bytes, functions: Mapping[str, int]) -> None:
        self._functions = self._entries = functions
        if _calls_differ():
            code, self._entries = calling.with_entries(code, functions)
        self._region = executable(code)

    def address(self, name: str) -> int:
        return self._region.start + self._functions[name]

    def entry(self, name: str) -> int:
        return self._region.start + self._entries[name]

    def resting(self, address: int) -> int:
        return _for_programs(address).start if _calls_differ() else address


def _calls_differ() -> bool:
    """Whether functions of the system are called in another way than programs."""
    return sys.platform == "win32" and platform.machine() == "AMD64"


@functools.cache
def _for_programs(address: int) -> Region:
    return executable(calling.for_programs(address))


@functools.cache
def _system_yield() -> int:
    library: Any
    if sys.platform == "win32":
        library = ctypes.WinDLL("kernel32")
        return ctypes.cast(library.SwitchToThread, ctypes.c_void_p).value or 0
    library = ctypes.CDLL(None)
    return ctypes.cast(library.sched_yield, ctypes.c_void_p).value or 0
