"""Memory that native code works in: aligned, zeroed, allocated once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planish.errors import explain

ALIGNMENT_NBYTES = 64


def aligned_buffer(nbytes: int) -> NDArray[np.uint8]:
    """A zeroed buffer whose first byte is on a cache line. MemoryError with the size if there is none."""
    try:
        memory = np.zeros(nbytes + ALIGNMENT_NBYTES, np.uint8)
    except MemoryError:
        raise MemoryError(
            explain(
                what="There is not enough memory for this model at this batch size",
                expected=f"{nbytes / 2**20:,.0f} MiB of working memory",
                remedy="use a smaller batch_size, smaller images, or fewer channels",
            )
        ) from None
    start = -memory.ctypes.data % ALIGNMENT_NBYTES
    return memory[start : start + nbytes]
