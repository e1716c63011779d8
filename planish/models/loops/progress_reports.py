"""When to tell callbacks about progress: often enough to look alive, rarely enough to cost nothing."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from planish.callbacks import CallbackList

_SECONDS_BETWEEN_REPORTS = 0.1


class ProgressReports:
    """Calls `on_<mode>_progress` at the start and from time to time if somebody wants it (`due`), and at the end."""

    def __init__(self, callbacks: CallbackList, mode: str) -> None:
        self.wanted = callbacks.wants_progress(mode)
        self._callbacks = callbacks
        self._mode = mode
        self._last = time.perf_counter()

    def start(self) -> None:
        """The program is ready and the first step comes next: from here on, the time shows how fast it is."""
        if self.wanted:
            self.report(0, 0, dict)

    def due(self) -> bool:
        return self.wanted and time.perf_counter() - self._last >= _SECONDS_BETWEEN_REPORTS

    def report(self, step: int, images: int, logs: Callable[[], dict[str, Any]]) -> None:
        self._callbacks.on_progress(self._mode, step, images, logs())
        self._last = time.perf_counter()
