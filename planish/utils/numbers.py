"""Vectors brought to length 1."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def normalize(x: ArrayLike, axis: int = -1, order: int | float = 2) -> NDArray[Any]:
    """`x` divided by its norm of the `order` along `axis`, so that each vector there has norm 1. Zeros stay zeros.

    Floats keep their type; other numbers become float64. (This is about vectors; `x / 255` brings pixels to 0..1.)

    >>> print(keras.utils.normalize(np.array([[3.0, 4.0]])))
    [[0.6 0.8]]
    """
    array = np.asarray(x)
    if array.dtype.kind != "f":
        array = array.astype(np.float64)
    norm: NDArray[Any] = np.linalg.norm(array, ord=order, axis=axis, keepdims=True)
    result: NDArray[Any] = array / np.where(norm == 0, 1, norm)
    return result
