"""Numbers in place of the sizes that a model takes from its data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from planish.layers.base import shapes
from planish.layers.base.context import CallContext
from planish.symbolic import BatchShape

if TYPE_CHECKING:
    from planish.models.model import Model

Sizes = list[tuple[int, ...]]


def sizes_of(model: Model, place: int = 0) -> Sizes:
    """For each input a shape without the batch axis, with one of the two `shapes.stand_ins` for what comes with the
    data, as large as the model needs it; where the model cannot take that, with the size of another input, as where a
    mask of one size is put on images of any size."""
    given = [spec.shape for spec in model.input_specs]
    if not shapes.is_open(given):
        return [shapes.per_image(shape) for shape in given]
    aligned = shapes.aligned(given)
    if aligned == given:
        return shapes.with_room(lambda: _tried(model, given, place))
    try:
        return shapes.with_room(lambda: _tried(model, given, place))
    except ValueError:
        return shapes.with_room(lambda: _tried(model, aligned, place))


def _tried(model: Model, given: Sequence[BatchShape], place: int) -> Sizes:
    sizes = [shapes.per_image(shape, shapes.stand_ins()[place]) for shape in given]
    model.trace(CallContext(), sizes)
    return sizes
