"""Threads that wait for each other in native code: helpers, and those that compute beside many others.

Helpers wait for a share of a short computation, and sleep when nobody needs them for a while.

Waking a thread by means of Python takes tens of microseconds, as much as a small net takes for an image. A helper that
has just helped looks at a word of memory instead (`codegen/handoff.py`), for PLANISH_SPIN microseconds; then it waits
for a lock, and takes no processor. Who finds it asleep wakes it, and does not wait for it.
"""

from __future__ import annotations

import ctypes
import functools
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from planish_runtime import context_layout as layout
from planish_runtime import forking, settings
from planish_runtime.buffers import aligned_buffer
from planish_runtime.native import NativeCode

MOST_HELPERS = 63
_POINTER, _SIZE = ctypes.c_void_p, ctypes.c_int64
_PAUSES_TO_MEASURE = 20_000
_FEWEST_PAUSES = 500  # so that who was just woken finds the work for which it was
_CROWD_SECONDS = (
    1e-5  # twice what Python needs between two calls: then the interpreter lock is free, or busy for longer
)


class Crew:
    """Helpers, by the functions of some `code` (see `codegen/handoff.py`). They help one thread at a time; others do
    without."""

    def __init__(self, code: Callable[[], NativeCode]) -> None:
        self._source = code
        self._crowd = aligned_buffer(layout.CROWD_NBYTES)
        self.after_fork()
        forking.tell_child(self)

    def after_fork(self) -> None:
        self._busy = threading.Lock()
        self._memory = aligned_buffer(layout.HELPER_NBYTES * MOST_HELPERS)
        self._address = int(self._memory.ctypes.data)
        words = self._memory.view(np.int64)
        self._asleep = words[layout.HELPER_ASLEEP // 8 :: layout.HELPER_NBYTES // 8].data
        self._wakers: list[threading.Lock] = []
        self._code: NativeCode | None = None

    def share(self, work: int, context: int, scratches: int, threads: int) -> bool:
        """Has `threads` threads call the function at the address `work` with the context and the memory that each has
        in an array of addresses, and a number of its own. False if the helpers are busy, and nothing was done."""
        if not self._busy.acquire(blocking=False):
            return False
        try:
            helpers = min(threads - 1, MOST_HELPERS)
            if len(self._wakers) < helpers:
                self._engage(helpers)
            for number in range(helpers):
                if self._asleep[number]:
                    self._wake(number)
            self._share(self._address, helpers, work, context, scratches)
            return True
        finally:
            self._busy.release()

    def _wake(self, number: int) -> None:
        try:
            self._wakers[number].release()
        except RuntimeError:  # it is about to come
            return

    def _engage(self, count: int) -> None:
        """Starts helpers, as many as the system gives."""
        code = self._load()
        while len(self._wakers) < count:
            number, waker = len(self._wakers), threading.Lock()
            waker.acquire()
            self._wakers.append(waker)
            thread = threading.Thread(
                target=_help,
                args=(
                    self._serve,
                    self._address + number * layout.HELPER_NBYTES,
                    self._patience,
                    waker,
                    (code, self._memory),
                ),
                daemon=True,
                name=f"planish_helper_{number + 1}",
            )
            try:
                thread.start()
            except RuntimeError:  # the system gives no more: the work will be withdrawn
                return

    def _load(self) -> NativeCode:
        if self._code is None:
            code = self._source()
            pause = _pause_seconds(code)
            self._patience = max(_FEWEST_PAUSES, int(settings.present(settings.SPIN) * 1e-6 / pause))
            self._crowd.view(np.int64)[layout.CROWD_PATIENCE // 8] = int(_CROWD_SECONDS / pause)
            self._share: Any = code.function("share", [_POINTER, _SIZE, _POINTER, _POINTER, _POINTER])
            self._serve: Any = code.function("serve", [_POINTER, _SIZE])
            self._code = code  # last: a PLANISH_SPIN that makes no sense is refused at every call
        return self._code

    def beside(self, infer: int) -> tuple[Any, object] | None:
        """What takes the place of the function at the address `infer` for one of many threads, called with the same
        four arguments, as objects of ctypes; and what has to be there as long as it is. None if the crew is busy."""
        if not self._busy.acquire(blocking=False):
            return None
        try:
            code = self._load()
        finally:
            self._busy.release()
        guest = np.array([self._crowd.ctypes.data, infer], np.uintp)
        function = code.prepared_function("beside", keeps_lock=False)
        return functools.partial(function, _POINTER(guest.ctypes.data)), (code, guest, self._crowd)


def _help(serve: Any, helper: int, patience: int, waker: threading.Lock, kept: object) -> None:
    """`kept` has to be there as long as the thread is: the code, and the helper's memory."""
    while True:
        serve(helper, patience)
        waker.acquire()


def _pause_seconds(code: NativeCode) -> float:
    """How long a pause is here."""
    pauses = code.function("pauses", [_SIZE])
    pauses(1)
    started = time.perf_counter()
    pauses(_PAUSES_TO_MEASURE)
    return max((time.perf_counter() - started) / _PAUSES_TO_MEASURE, 1e-9)
