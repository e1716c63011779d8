"""Numbers in place of the sizes that a model takes from its data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planish.layers.base import shapes
from planish.layers.base.context import CallContext

if TYPE_CHECKING:
    from planish.models.model import Model


def sizes_of(model: Model, size: int = shapes.STAND_INS[0]) -> list[tuple[int, ...]]:
    """For each input a shape without the batch axis, with `size` for what comes with the data; where the model cannot
    take that, with the size of another input, as where a mask of one size is put on images of any size."""
    given = [spec.shape for spec in model.input_specs]
    aligned = shapes.aligned(given)
    plain = [shapes.per_image(shape, size) for shape in given]
    if aligned == given:
        return plain
    try:
        model.trace(CallContext(), plain)
    except ValueError:
        return [shapes.per_image(shape, size) for shape in aligned]
    return plain
