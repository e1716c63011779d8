"""Draws the progress of a run: a live bar on a terminal or in a notebook, one line at the end elsewhere.

 938/1875 ━━━━━━━━━━━━━━━━━━━━ ETA 2s 2ms/step - 20,000 images/s - accuracy: 0.8800 - loss: 0.4000
1875/1875 ━━━━━━━━━━━━━━━━━━━━ 3s 2ms/step - 20,000 images/s - accuracy: 0.9100 - loss: 0.3000
"""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from planish.output import is_interactive_logging_enabled, is_terminal, printable, show

_WIDTH, _NARROWEST = 20, 5
_LONGEST_LINE = 1 << 16
_SECONDS_BETWEEN_DRAWINGS = 0.05
_BOLD, _GREEN, _WHITE, _PLAIN = "\x1b[1m", "\x1b[32m", "\x1b[37m", "\x1b[0m"


class ProgressBar:
    """`steps`: how many there will be (None: unknown). `live` draws over the line; otherwise only `finish` writes.

    >>> issubclass(keras.callbacks.ProgbarLogger, keras.callbacks.Callback)
    True
    """

    def __init__(self, steps: int | None, *, live: bool) -> None:
        self.steps = steps
        self.live = live
        self._start = self._start_of_steps = time.perf_counter()
        self._last_drawing = 0.0
        self._width_drawn = 0
        self._step = 0
        self._images = 0
        self._seconds_in_steps = 0.0

    def update(self, step: int, images: int, values: Mapping[str, float]) -> None:
        """The steps and images done so far, and the metrics to show; step 0 says that the first is about to begin."""
        now = time.perf_counter()
        if not step:
            self._start_of_steps = now
        self._step, self._images, self._seconds_in_steps = step, images, now - self._start_of_steps
        if self.live and now - self._last_drawing >= _SECONDS_BETWEEN_DRAWINGS:
            self._last_drawing = now
            self._draw(values, final=False)

    def finish(self, values: Mapping[str, float]) -> None:
        """The last drawing; the time shown includes what came after the last step, such as validation.

        As in Keras, it counts to the end even if there were fewer steps than expected.
        """
        if self.steps is None:
            self.steps = self._step
        if self.live:
            self._draw(values, final=True)
        else:
            show(self._plain_line(values))

    def break_off(self) -> None:
        """Ends the line of a bar that will not be completed."""
        if self.live and self._width_drawn:
            show("")

    def _draw(self, values: Mapping[str, float], *, final: bool) -> None:
        when = self._when(final=final)
        facts = f"{self._rates()}{_shown(values)}"
        done = self.steps if final and self.steps else self._step
        count = self._count(done)
        columns = _LONGEST_LINE if final else _columns()  # a line that is drawn over has to fit into the terminal
        squares = min(_WIDTH, max(_NARROWEST, columns - len(f"{count}{when}{facts}"))) if self.steps else 0
        facts = facts[: max(0, columns - len(f"{count}{when}") - squares)]
        width = len(f"{count}{when}{facts}") + squares
        padding = " " * max(0, self._width_drawn - width)
        line = f"{_BOLD}{count}{_PLAIN}{self._bar(squares, done)}{_BOLD}{when}{_PLAIN}{facts}{padding}"
        show(f"\r{line}", end="\n" if final else "")
        self._width_drawn = width

    def _when(self, *, final: bool) -> str:
        """The time that is left, if that is known, or the time that the run has taken."""
        if final or not self.steps or not self._step:
            return f" {_duration(time.perf_counter() - self._start)}"
        return f" ETA {_duration(self._seconds_in_steps / self._step * (self.steps - self._step))}"

    def _count(self, step: int) -> str:
        if not self.steps:
            return f"{step:7d}/Unknown"
        return f"{step:{len(str(self.steps))}d}/{self.steps} "

    def _bar(self, squares: int, step: int) -> str:
        done = min(squares, squares * step // self.steps) if self.steps else 0
        return f"{_GREEN}{'━' * done}{_PLAIN}{_WHITE}{'━' * (squares - done)}{_PLAIN}"

    def _plain_line(self, values: Mapping[str, float]) -> str:
        seconds = _duration(time.perf_counter() - self._start)
        return f"{self.steps}/{self.steps} - {seconds} -{self._rates()}{_shown(values)}"

    def _rates(self) -> str:
        if not self._step:
            return ""
        seconds = self._seconds_in_steps / self._step
        if seconds >= 1:
            per_step = f" {seconds:.0f}s/step"
        elif seconds >= 1e-3:
            per_step = f" {seconds * 1e3:.0f}ms/step"
        else:
            per_step = f" {seconds * 1e6:.0f}us/step"
        return f"{per_step} - {self._images / max(self._seconds_in_steps, 1e-9):,.0f} images/s"


def live_display() -> bool:
    """Whether written text can be drawn over: a terminal, or a notebook."""
    return is_interactive_logging_enabled() and (is_terminal() or "ipykernel" in sys.modules)


def _columns() -> int:
    """The number of characters that fit into a line; in a notebook, any number."""
    return shutil.get_terminal_size().columns - 1 if is_terminal() else _LONGEST_LINE


def _shown(values: Mapping[str, float]) -> str:
    return "".join(f" - {printable(name)}: {_number(value)}" for name, value in values.items())


def _number(value: Any) -> str:
    """A metric's value; the mean of one that has several."""
    number = float(np.mean(value))
    return f"{number:.4f}" if abs(number) > 1e-3 else f"{number:.4e}"


def _duration(seconds: float) -> str:
    if seconds > 3600:
        return f"{seconds // 3600:.0f}:{seconds % 3600 // 60:02.0f}:{seconds % 60:02.0f}"
    if seconds > 60:
        return f"{seconds // 60:.0f}:{seconds % 60:02.0f}"
    return f"{seconds:.0f}s"
