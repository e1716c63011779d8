"""Flattening of arrays."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from planish.errors import explain


def flatten(x: ArrayLike, start_axis: int = 1, end_axis: int = -1) -> NDArray[Any]:
    """The axes from `start_axis` to `end_axis` (both included) joined into one, in C order.

    By default every image becomes a row: (60000, 28, 28) -> (60000, 784); where there is no axis to join, one is added:
    (5,) -> (5, 1). The result is a view of `x` whenever NumPy can make one. Raises ValueError for axes that `x` does
    not have.
    """
    array = np.asarray(x)
    rank = array.ndim
    first = start_axis + rank if start_axis < 0 else start_axis
    last = end_axis + rank if end_axis < 0 else end_axis
    if first == last + 1 == rank and rank:
        return array[..., np.newaxis]
    if not 0 <= first <= last < rank:
        raise ValueError(
            explain(
                what="flatten: these axes cannot be joined",
                expected="start_axis <= end_axis, both axes of the array",
                received=f"start_axis={start_axis}, end_axis={end_axis} for an array of shape {array.shape}",
            )
        )
    joined = math.prod(array.shape[first : last + 1])
    return array.reshape(*array.shape[:first], joined, *array.shape[last + 1 :])
