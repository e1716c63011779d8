"""Names and order of a feature map's axes.

Coordinates are always given and returned as (row, column, channel), whatever the data format of the map: the data
format says where the channels are in arrays.
"""

from __future__ import annotations

from typing import TypeVar

from planish.errors import unknown_name

Shape = tuple[int, ...]
_Item = TypeVar("_Item")

FORMATS = ("channels_last", "channels_first")

_NAMES = {
    0: (),
    1: ("feature",),
    2: ("row", "column"),
    3: ("row", "column", "channel"),
    4: ("depth", "row", "column", "channel"),
}


def checked_format(what: str, value: object) -> str:
    """`value` if it is a data format; ValueError, naming the argument, if it is not."""
    if value not in FORMATS:
        raise ValueError(unknown_name(what, value, FORMATS))
    return str(value)


def axis_names(rank: int, data_format: str = "channels_last") -> tuple[str, ...]:
    """What the coordinates of a map without its batch axis are called, in the order in which they are given."""
    if rank == 2 and data_format == "channels_first":
        return ("step", "channel")
    return _NAMES[rank] if rank in _NAMES else (*(f"axis_{number}" for number in range(1, rank)), "channel")


def channels_to_end(items: tuple[_Item, ...], data_format: str) -> tuple[_Item, ...]:
    """One item per axis of an array, in the order of coordinates."""
    return (*items[1:], *items[:1]) if data_format == "channels_first" else items


def channels_from_end(items: tuple[_Item, ...], data_format: str) -> tuple[_Item, ...]:
    """One item per coordinate, in the order of an array's axes."""
    return (*items[-1:], *items[:-1]) if data_format == "channels_first" else items


def pixel_axes(rank: int, data_format: str) -> tuple[int, int] | None:
    """Which axes of an image (without its batch axis) are its rows and its columns; None if it has none."""
    if rank < 2:
        return None
    if rank == 2:
        return 0, 1
    return (rank - 2, rank - 1) if data_format == "channels_first" else (rank - 3, rank - 2)
