"""What a model takes, and how a user's data become that: arrays by name, and a last axis of 1 more or less."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from planish.errors import explain
from planish.models.data.arrays import Array
from planish.models.data.paths import OpenShape


class Expected(NamedTuple):
    """`shape` of an image, () if the model does not know it yet; names of the model's input and output."""

    shape: OpenShape = ()
    input_name: str = ""
    output_name: str = ""


UNKNOWN = Expected()
"""For a model that is built from its first data."""


def expected_by(model: Any) -> Expected:
    """What the model takes, as far as it knows."""
    if not model.built:
        return UNKNOWN
    return Expected(tuple(model.input_shape[1:]), model.inputs[0].name, model.outputs[0].name)


def taken(value: Any, name: str, what: str) -> Any:
    """The item `name` of a dictionary of arrays, as Keras takes it; anything else as it is.

    `name` is that of the model's input or output, "" if the model does not know it yet. ValueError for a dictionary
    that has no such key.
    """
    if not isinstance(value, Mapping) or not name:
        return value
    if name in value:
        return value[name]
    side = "input" if what == "x" else "output"
    key = next(iter(value), None)
    raise ValueError(
        explain(
            what=f"`{what}` has no array under the name of the model's {side}",
            expected=f"the key {name!r}",
            received="the keys " + ", ".join(map(repr, value)) if value else "an empty dictionary",
            remedy=f"{{{name!r}: {what}[{key!r}]}}, or the array itself" if value else f"the array itself as `{what}`",
        )
    )


def with_rank(x: Array, shape: OpenShape) -> Array:
    """A view of `x` with a last axis of 1 added or dropped, if it then holds images of the shape, as in Keras."""
    for changed in (x[..., None], x[..., 0] if x.shape[-1:] == (1,) else x):
        if changed.ndim == len(shape) + 1 and fits(changed.shape[1:], shape):
            return changed
    return x


def fits(shape: Sequence[int], expected: OpenShape) -> bool:
    return len(shape) == len(expected) and all(e in (None, s) for s, e in zip(shape, expected, strict=True))
