"""Checks the arguments that `fit`, `evaluate` and `predict` share."""

from __future__ import annotations

import operator
from typing import Any

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
    """0: silent, 1: a bar, 2: a line an epoch; 'auto' is 1."""
    if value == "auto":
        return 1
    if value in (0, 1, 2):
        return int(value)
    raise ValueError(explain(what="`verbose` is wrong", expected="0, 1, 2 or 'auto'", received=repr(value)))
