"""The images that are for training and for validation, as an ImageDataGenerator divides them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from planish.errors import explain, number_of, unknown_name

if TYPE_CHECKING:
    from planish.preprocessing.image_data_generator import ImageDataGenerator

_SUBSETS = ("training", "validation")


def split_of(subset: str | None, generator: ImageDataGenerator | None) -> tuple[float, float]:
    """Which part of the files or images `subset` is: from, to. ValueError for an unknown name."""
    if subset is None:
        return 0.0, 1.0
    if subset not in _SUBSETS:
        raise ValueError(unknown_name("subset", subset, _SUBSETS))
    split = 0.0 if generator is None else generator._validation_split
    if not split and subset == "validation":
        raise ValueError(
            explain(
                what="subset 'validation' is empty",
                rule="the first validation_split of the images are for validation",
                received="an ImageDataGenerator without validation_split",
                remedy="ImageDataGenerator(validation_split=0.2)",
            )
        )
    return (0.0, split) if subset == "validation" else (split, 1.0)


def subset_of(subset: str | None, generator: ImageDataGenerator | None, count: int) -> slice:
    """The rows of `subset`. ValueError if there are none."""
    start, stop = (int(part * count) for part in split_of(subset, generator))
    if start == stop:
        raise ValueError(
            explain(
                what="there are no images" + ("" if subset is None else f" left for {subset}"),
                received=f"{number_of(count, 'image')} in all",
            )
        )
    return slice(start, stop)


def check_classes(y: NDArray[Any], rows: slice) -> None:
    """ValueError if a part of the labels lacks a class that the other part has."""
    start, stop = rows.indices(len(y))[:2]
    inside = np.arange(start, stop)
    if not np.array_equal(np.unique(y[inside]), np.unique(np.delete(y, inside, axis=0))):
        raise ValueError(
            explain(
                what="the images for training and for validation do not have the same classes",
                rule="the first validation_split of the images are for validation",
                remedy="shuffle first: order = np.random.permutation(len(x)); x, y = x[order], y[order]\n"
                "or ignore_class_split=True, if they may differ",
            )
        )
