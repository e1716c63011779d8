"""Checks of constructor arguments. `layer` is the layer as its user knows it ("Conv2D 'conv2d'"), for the message."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable
from typing import Any

from planish import config
from planish.errors import explain, unknown_name


def wrong_argument(layer: str, name: str, expected: str, received: object, remedy: str | None = None) -> ValueError:
    """The error about an argument that has a wrong value."""
    return ValueError(
        explain(
            layer=layer, what=f"argument '{name}' is wrong", expected=expected, received=repr(received), remedy=remedy
        )
    )


def integer(layer: str, name: str, value: Any, least: int = 1) -> int:
    """`value` as an int of at least `least`."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    try:
        number = operator.index(value)
    except TypeError:
        number = least - 1
    if isinstance(value, bool) or number < least:
        raise wrong_argument(layer, name, f"an integer, {least} or more", value)
    return number


def pair(layer: str, name: str, value: Any, least: int = 1) -> tuple[int, int]:
    """`value` as (height, width): one integer for both, or two integers."""
    first, second = extents(layer, name, value, 2, least)
    return first, second


_EACH = {1: "", 2: ", or two of them (height, width)", 3: ", or three of them (depth, height, width)"}


def extents(layer: str, name: str, value: Any, rank: int, least: int = 1) -> tuple[int, ...]:
    """`value` for each of `rank` axes, 1 (steps), 2 or 3: one integer for all of them, or one for each."""
    return _integers(layer, name, value, rank, f"an integer, {least} or more{_EACH[rank]}", least)


def _integers(layer: str, name: str, value: Any, count: int, expected: str, least: int) -> tuple[int, ...]:
    items = _items(value, count)
    if len(items) != count:
        raise wrong_argument(layer, name, expected, value)
    try:
        return tuple(integer(layer, name, item, least) for item in items)
    except ValueError:
        raise wrong_argument(layer, name, expected, value) from None


def _items(value: Any, count: int) -> tuple[Any, ...]:
    return (value,) * count if not isinstance(value, Iterable) or isinstance(value, str) else tuple(value)


_SIDES = {
    1: "an integer, 0 or more, or (before, after)",
    2: "an integer, 0 or more, (rows, columns) or ((top, bottom), (left, right))",
    3: "an integer, 0 or more, (depth, rows, columns) or ((front, back), (top, bottom), (left, right))",
}


def sides(layer: str, name: str, value: Any, rank: int) -> tuple[tuple[int, int], ...]:
    """`value` as (before, after) for each of `rank` axes: one integer for all sides, one for the two sides of each
    axis, or two for each axis. The only axis of sequences has no brackets of its own."""
    wrong = wrong_argument(layer, name, _SIDES[rank], value, f"{layer.partition(' ')[0]}(1)")
    items = _items(value, rank) if rank > 1 else (value,)
    if len(items) != rank:
        raise wrong
    try:
        found = [_integers(layer, name, item, 2, _SIDES[rank], 0) for item in items]
    except ValueError:
        raise wrong from None
    return tuple((before, after) for before, after in found)


def number(layer: str, name: str, value: Any, least: float = -math.inf, below: float = math.inf) -> float:
    """`value` as a float, `least <= value < below`, not NaN."""
    bounds = [f"{least:g} or more"] * (least > -math.inf) + [f"less than {below:g}"] * (below < math.inf)
    try:
        result = math.nan if isinstance(value, (bool, str)) else float(value)
    except (TypeError, ValueError):
        result = math.nan
    if not least <= result < below:
        raise wrong_argument(layer, name, ", ".join(["a finite number", *bounds]), value)
    return result


def fraction(layer: str, name: str, value: Any, *, below_one: bool = False) -> float:
    """`value` as a float from 0 to 1, `below_one` without the 1."""
    result = number(layer, name, value, 0.0)
    if result > 1.0 or (below_one and result == 1.0):
        sign = "<" if below_one else "<="
        raise wrong_argument(layer, name, f"a fraction, 0 <= {name} {sign} 1", value)
    return result


def flag(layer: str, name: str, value: Any) -> bool:
    """`value` if it is True or False (0 and 1 are read as such)."""
    if not isinstance(value, bool) and value not in (0, 1):
        raise wrong_argument(layer, name, "True or False", value)
    return bool(value)


def choice(layer: str, name: str, value: Any, choices: tuple[str, ...]) -> str:
    """`value` in lower case if it is one of `choices`."""
    lowered = value.lower() if isinstance(value, str) else value
    if lowered not in choices:
        raise ValueError(unknown_name(f"{name} of {layer}", value, choices))
    return str(lowered)


def data_format(layer: str, value: Any) -> str:
    """'channels_last' or 'channels_first'; for None, what `planish.config.image_data_format` says."""
    return choice(layer, "data_format", config.image_data_format() if value is None else value, config.DATA_FORMATS)


def unsupported(layer: str, **arguments: Any) -> None:
    """Raises ValueError for the first argument that is neither None nor False: planish has no meaning for it."""
    for name, value in arguments.items():
        if value is not None and value is not False:
            raise ValueError(
                explain(
                    layer=layer,
                    what=f"argument '{name}' is not supported by planish",
                    expected="to be left out",
                    received=repr(value),
                )
            )
