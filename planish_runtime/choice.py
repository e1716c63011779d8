"""Whether threads should share a short computation: found out by doing it both ways now and then.

What sharing gains depends on the net, and on what else the machine does at the moment: beside another process, or in a
container with less than a processor for each thread, a thread that holds a part of the work may be put aside for
milliseconds. This happens in few calls and costs more than all others gain, so a few calls that went well say little:
each way has a mean, which its last calls change the more, the more of them there were. The results are the same either
way.
"""

from __future__ import annotations

_FIRST_INTERVAL, _LONGEST_INTERVAL = 16, 512  # calls between two trials of the other way
_TRIAL = 9  # calls; the first of them wakes who has slept, and does not count
_MEMORY = 48  # calls; so many change a mean by half
_MOST_TIMES = 2.0  # what the other way takes, as far as it is remembered: else it would never be taken again
_MOST_LOST = 0.03  # of the time between two trials, by the last one


class Choice:
    """For computations of one kind."""

    def __init__(self) -> None:
        self._preferred = True
        self._trying = False
        self._calls, self._seconds = 0, 0.0
        self._until, self._interval = _TRIAL, _FIRST_INTERVAL
        self._usual: dict[bool, float] = {}  # seconds of a call, by whether threads share it

    def shares(self) -> bool:
        """For the next call."""
        return self._preferred != self._trying

    def took(self, seconds: float) -> None:
        """How long the call took that `shares` was last asked for."""
        calls = self._calls = self._calls + 1
        if calls == 1:
            return
        self._seconds += seconds
        if calls >= self._until or (self._trying and self._seconds > self._most_for_a_trial()):
            self._learn(self.shares(), calls - 1)
            self._go_on(calls - 1)
            self._calls, self._seconds = 0, 0.0

    def _most_for_a_trial(self) -> float:
        return _MOST_TIMES * _TRIAL * self._usual[self._preferred]

    def _learn(self, way: bool, calls: int) -> None:
        mean = self._seconds / calls
        before = self._usual.get(way, mean)
        usual = before + calls / (calls + _MEMORY) * (mean - before)
        self._usual[way] = min(usual, _MOST_TIMES * self._usual[not way]) if self._trying else usual

    def _go_on(self, calls: int) -> None:
        """With the way whose calls take less; and when to try the other one."""
        usual = self._usual[self._preferred]
        if self._usual.get(not self._preferred, usual) < usual:
            self._preferred = not self._preferred
            self._trying, self._until, self._interval = False, _FIRST_INTERVAL, 2 * _FIRST_INTERVAL
        elif self._trying and self._seconds < calls * usual:
            self._until = _TRIAL  # it goes well, so it goes on
        elif self._trying:
            lost = self._seconds - calls * usual
            self._trying, self._until = False, max(self._interval, int(lost / (_MOST_LOST * usual)))
            self._interval = min(_LONGEST_INTERVAL, 2 * self._interval)
        else:
            self._trying, self._until = True, _TRIAL
