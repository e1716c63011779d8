"""How far the numbers of a converted model are from those of the network that it was made of."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

APART = 1e-4
"""How far two numbers may be apart, as a share of the largest one."""


def apart(ours: NDArray[Any], theirs: NDArray[Any]) -> float:
    """The largest difference, as a share of the largest number; infinite for other shapes, and where only one side is
    not a number."""
    if ours.shape != theirs.shape or not np.array_equal(np.isfinite(ours), np.isfinite(theirs)):
        return float("inf")
    finite = np.isfinite(theirs)
    scale = float(np.abs(theirs[finite]).max(initial=0.0)) or 1.0
    return float(np.abs(ours[finite] - theirs[finite]).max(initial=0.0)) / scale
