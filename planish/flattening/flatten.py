"""Axes of arrays joined into one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from planish.errors import explain
from planish.flattening import arrays
from planish.tracebacks import short_in_notebooks


@short_in_notebooks
def flatten(x: Any, start_axis: int = 1, end_axis: int = -1) -> Any:
    """The axes from `start_axis` to `end_axis` (both included) joined into one, in C order.

    By default every image becomes a row: (60000, 28, 28) -> (60000, 784); where there is no axis to join, one is added:
    (5,) -> (5, 1). An array of any library (NumPy, PyTorch, JAX, CuPy, Dask, TensorFlow, or whatever follows the array
    API standard) gives one of its kind on its device, a view of `x` whenever its library can make one; lists become
    NumPy arrays. Raises ValueError for axes that `x` does not have.

    >>> keras.flattening.flatten(np.zeros((2, 4, 4, 3))).shape
    (2, 48)
    """
    array = arrays.as_array(x)
    shape = tuple(array.shape)
    rank = len(shape)
    first = start_axis + rank if start_axis < 0 else start_axis
    last = end_axis + rank if end_axis < 0 else end_axis
    if first == last + 1 == rank and rank:
        known("flatten", shape, 1, rank - 1)
        return arrays.reshaped(array, (*shape, 1))
    if not 0 <= first <= last < rank:
        raise ValueError(
            explain(
                what="flatten: these axes cannot be joined",
                expected="start_axis <= end_axis, both axes of the array",
                received=f"start_axis={start_axis}, end_axis={end_axis} for an array of shape {shape}",
            )
        )
    joined = math.prod(known("flatten", shape, first, last))
    return arrays.reshaped(array, (*shape[:first], joined, *shape[last + 1 :]))


def known(what: str, shape: Sequence[Any], first: int, last: int) -> Sequence[int]:
    """The extents of axes that are joined or split. ValueError if they are not known, or others than the first."""
    unknown = [axis for axis, extent in enumerate(shape) if arrays.is_unknown(extent)]
    if unknown and (unknown != [0] or first == 0):
        raise ValueError(
            explain(
                what=f"{what}: the length of axis {unknown[-1]} is not known",
                expected="a Dask array that knows its shape, or all of it but the number of images",
                received=tuple(shape),
                remedy="x.compute_chunk_sizes(), which computes the array once to count",
            )
        )
    return shape[first : last + 1]
