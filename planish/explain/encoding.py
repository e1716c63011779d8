"""Arrays as text that a page can carry: base64 of little-endian numbers, read back as typed arrays."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

_LEVELS = 255


def numbers(array: Array, dtype: str) -> str:
    """The elements in C order, as `dtype` ('<f4', '<i2', '|u1')."""
    return base64.b64encode(np.ascontiguousarray(array, dtype).tobytes()).decode("ascii")


def levels(array: Array) -> dict[str, Any]:
    """The elements as bytes, 0 for the smallest number and 255 for the largest: enough for a picture.

    'low' and 'high' are the ends, so that a byte b stands for low + b / 255 * (high - low). Numbers that are not
    finite count as the nearest end, NaN as 'low'.
    """
    finite = array[np.isfinite(array)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    span = high - low
    scaled = np.zeros(array.shape)
    if span > 0:
        cut = np.nan_to_num(array.astype(np.float64), nan=low, posinf=high, neginf=low)
        scaled = np.rint((cut - low) / span * _LEVELS)
    return {"low": low, "high": high, "bytes": numbers(scaled, "|u1")}


def shrunk(planes: Array, most: int) -> Array:
    """`planes` [n, rows, columns] with means over blocks, so that neither rows nor columns are more than `most`."""
    _, rows, columns = planes.shape
    block = max(-(-rows // most), -(-columns // most), 1)
    if block == 1:
        return planes
    row_starts, column_starts = np.arange(0, rows, block), np.arange(0, columns, block)
    sums = np.add.reduceat(np.add.reduceat(planes, row_starts, axis=1), column_starts, axis=2)
    heights, widths = np.diff(np.append(row_starts, rows)), np.diff(np.append(column_starts, columns))
    shrunken: Array = sums / (heights[:, None] * widths)
    return shrunken
