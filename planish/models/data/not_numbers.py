"""The error about arrays that do not hold numbers: what they hold, and the code that turns it into numbers."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from planish.errors import explain
from planish.models.data.arrays import Array

_SHORT = 60
"""Characters of a value that a message may show."""


def mistake(array: Array, what: str) -> TypeError:
    """The error about `array`; `what` is the argument's name, so that the remedy can be typed."""
    received, remedy = _of_objects(array, what) if array.dtype.kind == "O" else _of_type(array, what)
    return TypeError(
        explain(
            what=f"`{what}` does not hold plain numbers",
            expected="floats, integers or booleans",
            received=received,
            remedy=remedy,
        )
    )


def _of_type(array: Array, what: str) -> tuple[str, str | None]:
    received = f"an array of dtype {array.dtype}"
    kind = array.dtype.kind
    if kind in "US":
        return received, _of_text(array, what)
    if kind == "M":
        return received, f"numbers in their place, such as days: np.asarray({what}, 'datetime64[D]').astype('int64')"
    if kind == "m":
        return received, f"numbers in their place, such as seconds: np.asarray({what}) / np.timedelta64(1, 's')"
    if kind == "c":
        return (
            received,
            f"real numbers in their place: np.abs({what})\nor both parts: np.stack([{what}.real, {what}.imag], -1)",
        )
    if array.dtype.names:
        return received, f"its fields as columns: np.stack([{what}[name] for name in {what}.dtype.names], axis=-1)"
    return received, None


def _of_text(array: Array, what: str) -> str | None:
    if _is_readable_as_numbers(array):
        return f"numbers in place of text: np.asarray({what}).astype('float32')"
    if what == "y":
        return "class numbers in place of names: np.unique(y, return_inverse=True)[1]"
    return None


def _of_objects(array: Array, what: str) -> tuple[str, str | None]:
    """Arrays of Python's objects: numbers, text, arrays, or a mixture."""
    items: list[Any] = list(itertools.islice(array.flat, 10_000))
    if _is_readable_as_numbers(array) and not any(item is None for item in items):
        whole = all(isinstance(item, int | np.integer) and abs(int(item)) < 2**63 for item in items)
        return "numbers as objects", f"np.asarray({what}).astype({'int64' if whole else 'float32'!r})"
    shapes = {np.shape(item) for item in items if isinstance(item, np.ndarray | list | tuple)}
    if len(shapes) == 1 and all(isinstance(item, np.ndarray | list | tuple) for item in items):
        return f"arrays of shape {shapes.pop()} as objects", f"one array of them: np.stack(list({what}))"
    if what == "y" and all(isinstance(item, str) for item in items):
        return "text as objects", "class numbers in place of names: np.unique(y, return_inverse=True)[1]"
    return _first_other(array, what, items)


def _first_other(array: Array, what: str, items: list[Any]) -> tuple[str, str | None]:
    """The first item that is not a number, and where it is."""
    place = next((number for number, item in enumerate(items) if not _is_number(item)), 0)
    index = ", ".join(str(int(extent)) for extent in np.unravel_index(place, array.shape))
    shown = repr(items[place])[:_SHORT] if items else "nothing"
    remedy = f"look at {what}[{index}], and put a number in its place or leave out the row"
    if what == "y" and all(isinstance(item, str) or _is_number(item) for item in items):
        remedy = "class numbers in place of names: np.unique(np.asarray(y).astype(str), return_inverse=True)[1]"
    return f"{shown} of type {type(items[place]).__name__} at {what}[{index}]" if items else "no items", remedy


def _is_number(item: Any) -> bool:
    return isinstance(item, int | float | np.number)


def _is_readable_as_numbers(array: Array) -> bool:
    try:
        array.astype(np.float32)
    except (ValueError, TypeError, OverflowError):
        return False
    return True
