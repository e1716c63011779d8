"""What every data set is: images and labels for training, and others for testing; checks of a file's contents."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from planish.errors import explain

Split = tuple[NDArray[Any], NDArray[Any]]
Splits = tuple[Split, Split]


def check_splits(splits: Splits, image_shape: tuple[int, ...], classes: int, path: str) -> Splits:
    """`splits` themselves, if both have images of `image_shape` and a label below `classes` for each.

    ValueError, naming the file, if it contains something else.
    """
    for name, (images, labels) in zip(("training", "test"), splits, strict=True):
        if images.shape[1:] != image_shape or labels.size != len(images):
            raise ValueError(
                explain(
                    what=f"{path!r} contains another data set",
                    expected=f"images of shape (n, {', '.join(map(str, image_shape))}), and a label for each",
                    received=f"{name} images {images.shape}, labels {labels.shape}",
                )
            )
        if labels.dtype.kind not in "iu" or (labels.size and not 0 <= labels.min() <= labels.max() < classes):
            raise ValueError(
                explain(
                    what=f"{path!r} holds {name} labels that are not classes of this data set",
                    expected=f"whole numbers from 0 to {classes - 1}",
                    received=f"{labels.dtype}, from {labels.min()} to {labels.max()}" if labels.size else "no labels",
                )
            )
    return splits


def as_bytes(array: NDArray[Any]) -> NDArray[np.uint8]:
    """Labels or pixels that were checked to be in 0..255, as uint8."""
    return np.ascontiguousarray(array, dtype=np.uint8)
