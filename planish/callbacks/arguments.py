"""Checks of the arguments of callbacks: mistakes are reported where the callback is made, not after an epoch."""

from __future__ import annotations

import math
import os
from typing import Any

import numpy as np

from planish.errors import explain


def checked_number(owner: object, name: str, value: Any) -> Any:
    """`value` itself. TypeError unless it is a number, ValueError if it is NaN."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        raise TypeError(_wrong(owner, name, value))
    if math.isnan(value):
        raise ValueError(_wrong(owner, name, value))
    return value


def checked_optional_number(owner: object, name: str, value: Any) -> Any:
    """The same, or None."""
    return None if value is None else checked_number(owner, name, value)


def checked_path(owner: object, name: str, value: Any) -> str:
    """The name of a file, `~` expanded. TypeError unless it is a string or a path."""
    if isinstance(value, str | os.PathLike):
        path = os.fspath(value)
        if isinstance(path, str) and path:
            return os.path.expanduser(path)
    raise TypeError(
        explain(
            what=f"{type(owner).__name__}: `{name}` is not the name of a file",
            expected="a string or a pathlib.Path",
            received=f"{value!r} of type {type(value).__name__}",
        )
    )


def _wrong(owner: object, name: str, value: Any) -> str:
    return explain(
        what=f"{type(owner).__name__}: `{name}` is wrong",
        expected="a number",
        received=f"{value!r} of type {type(value).__name__}",
    )
