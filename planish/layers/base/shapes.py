"""Shapes as Keras passes them to `build`: one, or lists, tuples and dictionaries of them for several inputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from numbers import Integral
from typing import Any

from planish.errors import explain
from planish.symbolic import BatchShape

STAND_INS = (224, 256)
"""Numbers in place of sizes that come with the data: most networks can take images of these sizes."""


def is_shape(value: Any) -> bool:
    """Whether it is one shape: extents, of which those that come with the data are None."""
    return isinstance(value, list | tuple) and all(each is None or isinstance(each, Integral) for each in value)


def mapped(function: Callable[[BatchShape], Any], shapes: Any) -> Any:
    """The structure with `function` of every shape in it."""
    if is_shape(shapes):
        return function(tuple(None if extent is None else int(extent) for extent in shapes))
    if isinstance(shapes, Mapping):
        return {key: mapped(function, shape) for key, shape in shapes.items()}
    return type(shapes)(mapped(function, shape) for shape in shapes)


def every(shapes: Any) -> list[BatchShape]:
    """All shapes of the structure, in order."""
    found: list[BatchShape] = []
    mapped(found.append, shapes)
    return found


def checked(label: str, shapes: Any) -> Any:
    """The structure as tuples of numbers and None. ValueError unless it consists of shapes that have a batch axis."""
    try:
        made = mapped(lambda shape: shape, shapes)
        if all(every(made)) and every(made):
            return made
    except TypeError:
        pass
    raise ValueError(
        explain(
            layer=label,
            what="this is not the shape of an input",
            expected="a shape with the batch axis first, such as (None, 28, 28, 1), or a list or dictionary of shapes",
            received=repr(shapes),
        )
    )


def is_open(shapes: Any) -> bool:
    """Whether a size besides the number of images comes with the data."""
    return any(None in shape[1:] for shape in every(shapes))


def aligned(given: Sequence[BatchShape]) -> list[BatchShape]:
    """The shapes with the sizes of others in place of those that come with the data, where tensors are broadcast: axes
    are compared from the last."""
    known: dict[int, int] = {}
    for shape in given:
        known |= {place: extent for place, extent in _from_last(shape) if extent is not None and extent > 1}
    return [
        (*shape[:1], *(known.get(place) if extent is None else extent for place, extent in _from_last(shape)))
        for shape in given
    ]


def _from_last(shape: BatchShape) -> list[tuple[int, int | None]]:
    """The sizes behind the first axis, each with its place counted from the last."""
    return [(place - len(shape), extent) for place, extent in enumerate(shape)][1:]


def per_image(shapes: Any, size: int = STAND_INS[0]) -> Any:
    """The shapes without their batch axes, with `size` in place of sizes that come with the data."""
    return mapped(lambda shape: tuple(size if extent is None else extent for extent in shape[1:]), shapes)
