"""How many threads planish uses: as many as the program asked for, else the environment, else the CPUs it may use.

The number of threads never changes a result, only how long it takes.
"""

from __future__ import annotations

import contextlib
import functools
import math
import operator
import os
import sys
from collections.abc import Iterator
from typing import SupportsIndex

from planish_runtime import settings
from planish_runtime.errors import explain

_requested: int | None = None
_default, _known_cpus, _asked = 1, 1, -math.inf
_SECONDS_TO_ASK_AGAIN = 0.02


def set_num_threads(count: SupportsIndex | None) -> None:
    """Trains and predicts with `count` threads from now on, in this process; None goes back to the default.

    TypeError if `count` is not a whole number, ValueError if it is below 1 or above 1024.
    """
    global _requested
    _requested = None if count is None else _checked(count)


def get_num_threads() -> int:
    """The number of threads that the next call will use.

    The one given to `set_num_threads`; else the environment variable PLANISH_NUM_THREADS; else `usable_cpus()`.
    """
    return _requested or chosen_threads() or usable_cpus()


def chosen_threads() -> int | None:
    """PLANISH_NUM_THREADS, if it is set."""
    found: int | None = settings.present(settings.NUM_THREADS)
    return found


@contextlib.contextmanager
def unless_chosen(count: int | None) -> Iterator[None]:
    """Inside, planish uses `count` threads, unless the program or the environment has chosen a number."""
    global _requested
    if count is None or _requested is not None or chosen_threads() is not None:
        yield
        return
    _requested = _checked(count)
    try:
        yield
    finally:
        if _requested == count:  # and not what was chosen meanwhile
            _requested = None


def recent_num_threads(now: float) -> int:
    """The same, but no more than there are CPUs; what the environment and the system say may be a moment old. `now` is
    by `time.perf_counter`.

    Asking them takes as long as a small net takes for an image.
    """
    cpus = recent_cpus(now)
    return min(_requested or _default, cpus)


def recent_cpus(now: float) -> int:
    """`usable_cpus()`, a moment ago."""
    global _default, _known_cpus, _asked
    if not 0 <= now - _asked < _SECONDS_TO_ASK_AGAIN:
        _default, _known_cpus, _asked = get_num_threads(), usable_cpus(), now
    return _known_cpus


def usable_cpus() -> int:
    """The CPUs that this process may use: those it may run on, and no more than its container's quota of CPU time."""
    allowed = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    quota = _container_quota()
    # A part of a CPU is worth a thread: 1.5 CPUs do more with two threads than with one.
    return allowed if quota is None else max(1, min(allowed, math.ceil(quota)))


def _checked(count: SupportsIndex) -> int:
    what, expected = (
        "not a number of threads",
        f"a whole number from 1 to {settings.MAX_THREADS}, or None for the default",
    )
    if isinstance(count, bool) or not hasattr(count, "__index__"):
        raise TypeError(explain(what=what, expected=expected, received=repr(count)))
    number = operator.index(count)
    if not 1 <= number <= settings.MAX_THREADS:
        raise ValueError(explain(what=what, expected=expected, received=number))
    return number


@functools.cache
def _container_quota() -> float | None:
    """The quota of this process when it was first asked for; it costs several files to read, and rarely changes."""
    return container_quota() if sys.platform == "linux" else None


def container_quota(root: str = "/") -> float | None:
    """CPUs' worth of time that Linux control groups (version 1 or 2) grant this process; None without a limit.

    The limits of all enclosing groups hold, so the smallest counts. `root` is where `proc` and `sys` are.
    """
    quotas = [
        quota
        for folder in _control_groups(root)
        for quota in (_quota_of_version_2(folder), _quota_of_version_1(folder))
        if quota is not None
    ]
    return min(quotas, default=None)


def _control_groups(root: str) -> Iterator[str]:
    """The folders of the groups that this process is in, innermost first, wherever a system may have mounted them.

    In a container the path in /proc may be the one outside of it; the walk up to the mount point covers that too.
    """
    for line in _read(os.path.join(root, "proc/self/cgroup")).splitlines():
        _, controllers, path = [*line.split(":", 2), "", ""][:3]
        if controllers and "cpu" not in controllers.split(","):
            continue
        mounts = ["", "unified"] if not controllers else ["cpu", controllers]
        parts = [part for part in path.split("/") if part and part != ".."]
        for mount in mounts:
            for depth in range(len(parts), -1, -1):
                yield os.path.join(root, "sys/fs/cgroup", mount, *parts[:depth])


def _quota_of_version_2(folder: str) -> float | None:
    """cpu.max holds "quota period" in microseconds, or "max period" without a limit."""
    quota, _, period = _read(os.path.join(folder, "cpu.max")).strip().partition(" ")
    return _cpus(quota, period)


def _quota_of_version_1(folder: str) -> float | None:
    """Two files, in microseconds; the quota is -1 without a limit."""
    return _cpus(*(_read(os.path.join(folder, f"cpu.cfs_{part}_us")).strip() for part in ("quota", "period")))


def _cpus(quota: str, period: str) -> float | None:
    if not quota.isdigit() or not period.isdigit() or int(quota) == 0 or int(period) == 0:
        return None
    return int(quota) / int(period)


def _read(path: str) -> str:
    """The text of a small file of the system; nothing if there is none, or if it may not be read."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""
