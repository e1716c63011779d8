"""How many batches a source has, as it says itself."""

from __future__ import annotations

from typing import Any

import numpy as np

from planish.errors import explain

_OF_UNKNOWN_LENGTH = ("datasets", "grain", "tensorflow", "torch", "torchdata", "webdataset")
"""Packages whose data sets raise TypeError from `__len__` to say that they do not know their length."""


def length_of(source: Any) -> int | None:
    """Batches per epoch, as the source itself says. ValueError or TypeError, naming the method, for a bad number."""
    batches = _number_of_batches(source)
    if batches is not None:
        return _whole(batches, f"`num_batches` of {_named(source)}")
    if not hasattr(source, "__len__"):
        return None
    if callable(getattr(source, "cardinality", None)):
        batches = int(source.cardinality())  # below 0 if endless or unknown
        return batches if batches >= 0 else None
    try:
        batches = type(source).__len__(source)
    except NotImplementedError:
        return None
    except TypeError as error:
        if _is_of_unknown_length(source):
            return None
        raise TypeError(
            explain(
                what=f"`__len__` of {_named(source)} raised a TypeError",
                expected="the number of batches of an epoch",
                received=str(error),
                remedy="fix `__len__`; where the number of batches is not known, let it raise NotImplementedError",
            )
        ) from error
    return _whole(batches, f"`__len__` of {_named(source)}")


def _number_of_batches(source: Any) -> Any:
    """Its attribute or method `num_batches`; None if there is none, or if it fails because `__len__` does."""
    try:
        batches = getattr(source, "num_batches", None)
        return batches() if callable(batches) else batches
    except (TypeError, ValueError):  # which `len` raises for a number below 0
        if hasattr(source, "__len__"):
            return None
        raise


def _whole(batches: Any, who: str) -> int:
    """The number of batches, checked: half a batch more is not left out silently."""
    if isinstance(batches, int | np.integer) and not isinstance(batches, bool) and batches >= 0:
        return int(batches)
    fraction = isinstance(batches, float | np.floating)
    raise ValueError(
        explain(
            what=f"{who} is not a number of batches",
            expected="a whole number",
            received=f"{batches!r} of type {type(batches).__name__}",
            remedy="math.ceil(count / batch_size), or count // batch_size without the last, smaller batch"
            if fraction
            else None,
        )
    )


def _is_of_unknown_length(source: Any) -> bool:
    """Whether the author of its `__len__` may mean that the number is unknown."""
    owner = next(class_ for class_ in type(source).__mro__ if "__len__" in vars(class_))
    return owner.__module__.partition(".")[0] in _OF_UNKNOWN_LENGTH


def _named(source: Any) -> str:
    return type(source).__qualname__.rpartition(".")[2]
