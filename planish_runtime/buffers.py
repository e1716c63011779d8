"""Memory for the values between operations: aligned, zeroed, allocated once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planish_runtime.errors import explain
from planish_runtime.memory import aligned_zeros, machine_nbytes


def aligned_buffer(nbytes: int) -> NDArray[np.uint8]:
    """A zeroed buffer whose first byte is on a cache line. MemoryError with the size if there is none."""
    try:
        if nbytes > machine_nbytes():
            raise MemoryError
        return aligned_zeros((nbytes,), np.uint8)
    except MemoryError:
        raise MemoryError(
            explain(
                what="There is not enough memory for this model at this batch size",
                expected=f"{nbytes / 2**20:,.0f} MiB of working memory",
                remedy="use a smaller batch_size, smaller images, or fewer channels",
            )
        ) from None
