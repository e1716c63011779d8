"""Memory that native code works in: aligned to cache lines, and shared with nobody."""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from planish_runtime.errors import explain

ALIGNMENT_NBYTES = 64
FLOAT_NBYTES = 4
"""What a number of a model takes: weights and values are float32."""

LARGEST_NBYTES = 2**62
"""What offsets can count, on any machine."""


class TooLargeError(MemoryError):
    """An array larger than the machine's memory, for which none was requested; the text says everything."""


def machine_nbytes() -> int:
    """The machine's memory in bytes; more than any machine has where the system does not say."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return LARGEST_NBYTES


def spare_nbytes() -> int:
    """What may be kept in memory only to save time: a quarter of the machine's, or of the container's, memory, but at
    most half of what is free there."""
    total, free = machine_nbytes(), _meminfo("MemAvailable")
    limit, used = (_cgroup(name) for name in ("memory.max", "memory.current"))
    if limit is not None:
        total, free = min(total, limit), min(free, limit - (used or 0))
    return max(0, min(total // 4, free // 2))


def _meminfo(name: str) -> int:
    """A line of Linux's table in bytes; more than any machine has where there is none."""
    with contextlib.suppress(OSError, ValueError, IndexError), open("/proc/meminfo", encoding="ascii") as file:
        for line in file:
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) << 10
    return LARGEST_NBYTES


def _cgroup(name: str) -> int | None:
    """A number of bytes that Linux has for the container; None if there is none."""
    with contextlib.suppress(OSError, ValueError), open(f"/sys/fs/cgroup/{name}", encoding="ascii") as file:
        return int(file.read())
    return None


def limit_nbytes() -> int:
    """The largest array that there may be."""
    return min(machine_nbytes(), LARGEST_NBYTES)


def check_fits(nbytes: int, what: str, shape: Sequence[int], layer: str | None = None) -> None:
    """TooLargeError for an array larger than all of the machine's memory.

    Allocating it would fail, or filling it would kill the process.
    """
    limit = limit_nbytes()
    if nbytes > limit:
        raise TooLargeError(
            explain(
                layer=layer,
                what=f"{what} is larger than the memory of this machine",
                expected=f"at most {limit / 1e9:,.1f} GB",
                received=f"{nbytes / 1e9:,.1f} GB: {' x '.join(f'{extent:,}' for extent in shape)} numbers",
                remedy="fewer units or filters, or smaller images in front of the layer (a pool, or strides)",
            )
        )


def aligned_zeros(shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
    """A C-contiguous, writable array of zeros that begins on a cache line. Its pages are not touched.

    It is a view of a buffer that nothing else refers to, so `ndarray.resize` cannot move it. MemoryError if there is
    no memory for it.
    """
    nbytes = math.prod(shape) * np.dtype(dtype).itemsize
    buffer = np.zeros(nbytes + ALIGNMENT_NBYTES, np.uint8)
    start = -buffer.ctypes.data % ALIGNMENT_NBYTES
    return buffer[start : start + nbytes].view(dtype).reshape(shape)
