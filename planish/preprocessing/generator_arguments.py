"""The arguments of an ImageDataGenerator, checked."""

from __future__ import annotations

from typing import Any

import numpy as np

from planish.errors import explain
from planish.preprocessing.transforms import is_number


def drawn_shift(random: Any, asked: Any, size: int) -> float:
    """A shift in pixels: one of a list or of the whole numbers below, with either sign, or any number in between."""
    if not np.any(asked):
        return 0
    if np.ndim(asked) or isinstance(asked, int | np.integer):
        shift = float(random.choice(asked) * random.choice([-1, 1]))
    else:
        shift = random.uniform(-asked, asked)
    return shift * size if np.max(asked) < 1 else shift


def checked_shift(argument: str, value: Any) -> Any:
    """A number, or a list of them."""
    if np.ndim(value) == 1 and len(value) and all(map(is_number, value)):
        return value
    return abs(checked_number(argument, value))


def checked_number(argument: str, value: Any) -> Any:
    """ValueError for anything but a number."""
    if not is_number(value):
        raise ValueError(
            explain(what=f"{argument} is not a number", expected="a number; 0 for no change", received=repr(value))
        )
    return value


def checked_function(given: Any) -> Any:
    """TypeError for anything but a function or None."""
    if given is not None and not callable(given):
        raise TypeError(
            explain(
                what="preprocessing_function is not a function",
                expected="a function of an image, which gives one of the same shape",
                received=repr(given),
            )
        )
    return given


def checked_order(value: Any) -> int:
    """The order of a spline."""
    if value not in range(6):
        raise ValueError(explain(what="interpolation_order", expected="0 to 5", received=repr(value)))
    return int(value)


def checked_split(value: Any) -> float:
    """A part of 1."""
    if not is_number(value) or not 0 <= value < 1:
        raise ValueError(
            explain(
                what="validation_split is a part of 1",
                expected="from 0 on, below 1",
                received=repr(value),
                remedy="validation_split=0.2 for a fifth of the images",
            )
        )
    return float(value)


def check_old(given: dict[str, Any]) -> None:
    """TypeError for an argument that Keras 2 did not have either."""
    unknown = [name for name in given if name not in ("has_ext", "sort", "drop_duplicates")]
    if unknown:
        raise TypeError(explain(what=f"flow_from_dataframe has no argument {unknown[0]!r}"))
