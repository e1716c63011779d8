"""Whether threads should share a short computation: found out by doing it both ways now and then.

What sharing gains depends on the net, and on what else the machine does at the moment: beside another process, or in a
container with less than a processor for each thread, a thread that holds a part of the work may be put aside for
milliseconds. The results are the same either way, so the times of the last calls decide.
"""

from __future__ import annotations

_FIRST_INTERVAL, _LONGEST_INTERVAL = 16, 512  # calls between two trials of the other way
_TRIAL = 5  # calls; the first of them wakes who has slept, and does not count
_CHANGED = 1.5  # times as long, or as short, as before: then what was found out before says little


class Choice:
    """For computations of one kind."""

    def __init__(self) -> None:
        self._preferred = True
        self._trying = False
        self._calls, self._seconds = 0, 0.0
        self._until, self._interval = _TRIAL, _FIRST_INTERVAL
        self._usual = 0.0  # seconds of a call of the preferred way

    def shares(self) -> bool:
        """For the next call."""
        return self._preferred != self._trying

    def took(self, seconds: float) -> None:
        """How long the call took that `shares` was last asked for."""
        self._calls += 1
        if self._calls > 1:
            self._seconds += seconds
        if self._calls < self._until:
            return
        mean = self._seconds / (self._calls - 1)
        self._calls, self._seconds = 0, 0.0
        if self._trying:
            self._judge(mean)
        else:
            self._until = _TRIAL
            if not self._usual / _CHANGED <= mean <= self._usual * _CHANGED:
                self._interval = _FIRST_INTERVAL
            self._usual = mean
        self._trying = not self._trying

    def _judge(self, mean: float) -> None:
        if mean < self._usual:
            self._preferred, self._usual = not self._preferred, mean
        self._until = self._interval
        self._interval = min(_LONGEST_INTERVAL, 2 * self._interval)
