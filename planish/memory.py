"""Memory that native code works in: on the boundaries of cache lines, and nobody else's."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

ALIGNMENT_NBYTES = 64


def aligned_zeros(shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
    """A C-contiguous, writable array of zeros whose first byte is on a cache line. Its pages are not touched.

    It is a view of a buffer that nothing else refers to, so `ndarray.resize` cannot move it. MemoryError if there is
    no memory for it.
    """
    nbytes = math.prod(shape) * np.dtype(dtype).itemsize
    buffer = np.zeros(nbytes + ALIGNMENT_NBYTES, np.uint8)
    start = -buffer.ctypes.data % ALIGNMENT_NBYTES
    return buffer[start : start + nbytes].view(dtype).reshape(shape)
