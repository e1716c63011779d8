"""How a compiled program is called: its context and its memory."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planish_runtime import context_layout as layout
from planish_runtime import forking
from planish_runtime.buffers import aligned_buffer
from planish_runtime.compiled import Compiled
from planish_runtime.errors import explain
from planish_runtime.threads import get_num_threads

Array = NDArray[Any]
Arrays = Mapping[str, Array]

INSIDE_OF_ITSELF = explain(
    what="a model was called while it computes, in the same thread: from a signal handler, or from a hook",
    rule="a program does one computation at a time, so this one would wait for itself for ever",
    remedy="let the handler set a flag, and call the model when the first call has returned\n"
    "or call a copy of the model: copy.deepcopy(model)",
)
POINTER, SIZE = ctypes.c_void_p, ctypes.c_int64


def fewest_images(program: Compiled, work: int, bounds: tuple[int, int]) -> int:
    """How many images are so much work, within bounds."""
    least, most = bounds
    return max(least, min(most, -(-work // max(program.multiply_adds, 1))))


class Executable:
    """What both kinds share: a program, its arena, and scratch memory for each thread.

    Who runs it has its lock. A run inside another, such as one from a signal handler, would wait for ever, and is
    refused.
    """

    def __init__(self, program: Compiled) -> None:
        get_num_threads()  # where one thread will do, too, a PLANISH_NUM_THREADS that makes no sense is refused
        self._program = program
        self._argument_names = [name.split(" ", 1) for name in program.arguments]
        self._lock = threading.RLock()
        self._running = 0  # the number of the thread that runs it
        self._left_behind = False
        self._start_anew()
        forking.tell_child(self)

    def _start_anew(self) -> None:
        """With fresh memory."""
        self._arena = aligned_buffer(max(self._program.arena_nbytes, 64))
        self._scratch: list[Array] = []
        self._left_behind = False

    def after_fork(self) -> None:
        """A run of another thread does not continue here, and has left its memory half-written."""
        self._left_behind = self._left_behind or self._running != 0
        if forking.is_lost(self._lock):
            self._lock = threading.RLock()
            self._running = 0

    def _refuse_or_start_anew(self) -> None:
        """RuntimeError inside another run; fresh memory after a run that was left behind in another process."""
        if self._running:
            raise RuntimeError(INSIDE_OF_ITSELF)
        self._start_anew()

    def _scratch_address(self, number: int) -> int:
        while len(self._scratch) <= number:
            self._scratch.append(aligned_buffer(max(self._program.scratch_nbytes, 64)))
        return int(self._scratch[number].ctypes.data)

    def _context(self) -> Array:
        slots = np.zeros(layout.HEADER_SLOTS + len(self._argument_names), np.uintp)
        slots[layout.ARENA_SLOT] = self._arena.ctypes.data
        return slots

    def _bind(self, slots: Array, kinds: Mapping[str, Arrays]) -> None:
        """Writes the addresses of the arrays into the context."""
        for position, (kind, name) in enumerate(self._argument_names):
            if kind in kinds:
                slots[layout.HEADER_SLOTS + position] = kinds[kind][name].ctypes.data
