"""Class indices as one-hot vectors."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from planish.errors import explain


def to_categorical(x: ArrayLike, num_classes: int | None = None) -> NDArray[np.float64]:
    """One-hot vectors of class indices: [...] or [..., 1] -> [..., num_classes], float64 as in Keras.

    `num_classes` is the largest index plus 1 if it is not given. ValueError for indices outside it, negative or not
    whole.

    `x`: the indices.

    >>> print(keras.utils.to_categorical([0, 2]))
    [[1. 0. 0.]
     [0. 0. 1.]]
    """
    labels = np.asarray(x)
    if labels.ndim > 1 and labels.shape[-1] == 1:
        labels = labels[..., 0]
    indices = _whole(labels)
    count = num_classes if num_classes is not None else int(indices.max(initial=-1)) + 1
    wrong = indices[(indices < 0) | (indices >= count)]
    if wrong.size:
        raise ValueError(
            explain(
                what="to_categorical: a label is out of range",
                expected=f"0 to {count - 1}, for {count} classes",
                received=int(wrong.flat[0]),
                remedy="subtract the smallest label" if wrong.flat[0] == count and indices.min() == 1 else None,
            )
        )
    categorical = np.zeros((indices.size, count))
    categorical[np.arange(indices.size), indices.reshape(-1)] = 1.0
    return categorical.reshape(*indices.shape, count)


def _whole(labels: NDArray[np.generic]) -> NDArray[np.int64]:
    indices: NDArray[np.int64] | None = None
    if labels.dtype.kind in "iufb":
        with np.errstate(invalid="ignore"):
            indices = labels.astype(np.int64)
    if indices is None or not np.array_equal(indices, labels):
        raise ValueError(
            explain(
                what="to_categorical: labels are not class indices",
                expected="whole numbers",
                received=f"an array of dtype {labels.dtype}",
                remedy="np.unique(labels, return_inverse=True)[1] numbers names"
                if labels.dtype.kind in "OSU"
                else None,
            )
        )
    return indices
