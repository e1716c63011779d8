"""Axes as users name them: counted with the batch axis, which is axis 0, one or several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from planish.errors import explain
from planish.layers.base import arguments
from planish.layers.base.for_authors import ForAuthors
from planish.layers.base.weight_owner import Shape

MOST_AXES = 64  # of a NumPy array


def checked(label: str, axis: Any) -> int | list[int]:
    """An axis of images, or a list of them. TypeError for anything else, ValueError for axis 0."""
    several = isinstance(axis, (list, tuple))
    given = list(axis) if several else [axis]
    if not given or any(isinstance(one, bool) or not isinstance(one, int) for one in given):
        raise TypeError(
            explain(
                layer=label,
                what="argument 'axis' is wrong",
                expected="an integer, or a list of integers",
                received=repr(axis),
            )
        )
    found = [arguments.integer(label, "axis", one, least=-MOST_AXES) for one in given]
    if 0 in found:
        raise arguments.wrong_argument(label, "axis", "an axis of the image: axis 0 is the batch", axis)
    return found if several else found[0]


def as_list(axis: int | Sequence[int]) -> list[int]:
    return [axis] if isinstance(axis, int) else [*axis]


def of_images(layer: ForAuthors, axis: int | Sequence[int], shape: Shape, remedy: str) -> tuple[int, ...]:
    """The axes as those of an image of the shape, counted from 0, in the order in which they are named.

    ValueError for the batch axis, for one that the image does not have, and for one that is named twice.
    """
    rank = len(shape) + 1
    named = as_list(axis)
    for one in named:
        if one % rank == 0 or not -rank < one < rank:
            raise layer.mistake(
                f"axis {one} is not an axis of the image",
                shape,
                expected=f"1 to {rank - 1}, or {1 - rank} to -1" if shape else "an image with axes",
                remedy=remedy,
            )
    places = tuple(one % rank - 1 for one in named)
    if len(set(places)) < len(places):
        raise layer.mistake("an axis is named twice", shape, received=named, remedy=remedy)
    return places


def beside(shape: Shape, places: Sequence[int]) -> Shape:
    """The shape of a value for these axes of an image, to be broadcast with the image: 1 along all others."""
    return tuple(extent if place in places else 1 for place, extent in enumerate(shape))
