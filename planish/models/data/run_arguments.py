"""Checks the arguments that `fit`, `evaluate` and `predict` share."""

from __future__ import annotations

import operator
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from planish.errors import explain

DEFAULT_BATCH_SIZE = 32


def checked_count(value: Any, name: str, least: int = 1) -> int:
    """A whole number of at least `least` (NumPy integers and floats without a fraction are taken)."""
    try:
        number = int(value) if isinstance(value, float) and value.is_integer() else operator.index(value)
    except TypeError:
        number = least - 1
    if number < least or isinstance(value, bool):
        raise ValueError(
            explain(what=f"`{name}` is wrong", expected=f"a whole number, {least} or more", received=repr(value))
        )
    return number


def checked_optional_count(value: Any, name: str) -> int | None:
    return None if value is None else checked_count(value, name)


def checked_verbose(value: Any) -> int:
    """0: silent, 1: a bar, 2: a line per epoch; 'auto' is 1."""
    if isinstance(value, str) and value == "auto":
        return 1
    if isinstance(value, int | np.integer) and value in (0, 1, 2):
        return int(value)
    raise ValueError(explain(what="`verbose` is wrong", expected="0, 1, 2 or 'auto'", received=repr(value)))


def checked_fraction(value: Any, name: str) -> float:
    """A number from 0 to below 1; 0 for None."""
    if value is None:
        return 0.0
    number = isinstance(value, int | float | np.number) and not isinstance(value, bool | complex)
    if not number or not 0 <= value < 1:
        raise ValueError(
            explain(what=f"`{name}` is not a fraction", expected="a number from 0 to below 1", received=repr(value))
        )
    return float(value)


def checked_frequency(value: Any, name: str) -> int | list[int]:
    """Either every so many epochs, or the numbers of the epochs, from 1."""
    if isinstance(value, str | bytes) or not isinstance(value, Collection) or isinstance(value, np.ndarray | Mapping):
        return checked_count(value, name)
    return [checked_count(item, name) for item in value]


def checked_switch(value: Any, name: str) -> bool:
    if not isinstance(value, bool | np.bool_):
        raise ValueError(explain(what=f"`{name}` is wrong", expected="True or False", received=repr(value)))
    return bool(value)


def checked_shuffle(value: Any) -> bool | str:
    """Whether rows are shuffled; "batch": only within batches."""
    if value is None or isinstance(value, bool | int | np.bool_ | np.integer):
        return bool(value)
    if isinstance(value, str) and value == "batch":
        return "batch"
    raise ValueError(explain(what="`shuffle` is wrong", expected="True, False or 'batch'", received=repr(value)))
