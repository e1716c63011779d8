"""Arrays as JSON. Numbers are as short as they can be to be read back as the same, and say whether they are whole."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from planish.serving.loaded import Array

_DIGITS = {2: 9, 4: 9, 8: 17}  # that tell all numbers of so many bytes apart
_SHORT = "%.6g"


def texts(values: Array) -> list[str]:
    """A number each: "3.0", "0.1", "1e+20", and `NaN`, `Infinity`, `-Infinity`, as TensorFlow Serving writes them."""
    numbers = values.ravel().tolist()
    if values.dtype.kind == "b":
        return ["true" if number else "false" for number in numbers]
    if values.dtype.kind != "f":
        return [str(number) for number in numbers]
    short = [_SHORT % number for number in numbers]
    back = np.fromiter(map(float, short), np.float64, len(short)).astype(values.dtype)
    same = (back == values.ravel()).tolist()
    long = f"%.{_DIGITS[values.dtype.itemsize]}g"
    return [
        _finished(text if exact else long % number) for text, exact, number in zip(short, same, numbers, strict=True)
    ]


_SPECIAL = {"nan": "NaN", "-nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}


def _finished(text: str) -> str:
    if "." in text or "e" in text:
        return text
    return _SPECIAL.get(text) or text + ".0"


def nested(values: Array) -> str:
    """An array [a, b, ...] as lists of lists."""
    return rows(values, 0)[0]


def rows(values: Array, axes: int = 1) -> list[str]:
    """An array [n, ...] as n lists of lists; with `axes` 0, one list of all."""
    found: Iterator[str] = iter(texts(values))
    count = values.size
    for extent in reversed(values.shape[axes:]):
        count //= extent
        found = iter(["[" + ", ".join([next(found) for _ in range(extent)]) + "]" for _ in range(count)])
    return list(found)
