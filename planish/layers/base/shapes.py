"""Shapes as Keras passes them to `build`: one, or lists, tuples and dictionaries of them for several inputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from numbers import Integral
from typing import Any, TypeVar

from planish.errors import explain, is_too_small
from planish.symbolic import BatchShape

_Result = TypeVar("_Result")

_STAND_INS: ContextVar[tuple[int, int]] = ContextVar("_STAND_INS", default=(224, 256))  # most networks can take these
_FACTOR, _MOST = 8, 1 << 20
_LISTS = list, tuple
_PLAIN = frozenset({int, type(None)})


def stand_ins() -> tuple[int, int]:
    """Two numbers in place of sizes that come with the data."""
    return _STAND_INS.get()


def with_room(attempt: Callable[[], _Result]) -> _Result:
    """What `attempt` gives. Where the numbers in place of sizes that come with the data are too small for it, as they
    are for what crops thousands of steps, it is tried again with larger ones.

    ValueError, that of the usual numbers, if the largest ones are too small as well.
    """
    try:
        return attempt()
    except ValueError as error:
        first, second = stand_ins()
        if not is_too_small(error) or second * _FACTOR > _MOST:
            raise
        reset = _STAND_INS.set((first * _FACTOR, second * _FACTOR))
        try:
            return with_room(attempt)
        except ValueError as larger:
            raise (error if is_too_small(larger) else larger) from None
        finally:
            _STAND_INS.reset(reset)


def is_shape(value: Any) -> bool:
    """Whether it is one shape: extents, of which those that come with the data are None."""
    if not isinstance(value, _LISTS):
        return False
    return _is_plain(value) or all(each is None or isinstance(each, Integral) for each in value)


def _is_plain(shape: Sequence[Any]) -> bool:
    """Whether the extents are Python's own numbers, as they nearly always are."""
    return _PLAIN.issuperset(map(type, shape))


def mapped(function: Callable[[BatchShape], Any], shapes: Any) -> Any:
    """The structure with `function` of every shape in it."""
    if type(shapes) is tuple and _is_plain(shapes):
        return function(shapes)
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


def first(shapes: Any) -> BatchShape:
    """The first shape of the structure; that of nothing but images if it is empty."""
    return next(iter(every(shapes)), (None,))


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


def per_image(shapes: Any, size: int | None = None) -> Any:
    """The shapes without their batch axes, with `size`, or the first of the `stand_ins`, in place of sizes that come
    with the data."""
    number = stand_ins()[0] if size is None else size
    return mapped(lambda shape: tuple(number if extent is None else extent for extent in shape[1:]), shapes)
