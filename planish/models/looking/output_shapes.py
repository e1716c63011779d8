"""The shapes of what layers give, found by tracing the model around them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planish.layers.base import shapes
from planish.layers.base.context import CallContext, Visit
from planish.layers.base.layer import BatchShape, Layer
from planish.models.data import stand_ins

if TYPE_CHECKING:
    from planish.models.model import Model


def traced_shapes(model: Model) -> dict[Layer, list[BatchShape]]:
    """The outputs of every layer in its last use, batch axis first. ValueError if the model is not built.

    Sizes that come with the data are None: those that differ if the model is traced with other sizes.
    """
    is_open = shapes.is_open([spec.shape for spec in model.input_specs])
    traces = [_visits(model, place) for place in (0, 1)[: 1 + is_open]]
    return {visits[0].layer: _shapes(visits) for visits in zip(*traces, strict=True)}


def _visits(model: Model, place: int) -> list[Visit]:
    context = CallContext()
    model.trace(context, stand_ins.sizes_of(model, place))
    return context.visits


def _shapes(visits: tuple[Visit, ...]) -> list[BatchShape]:
    """From the same visit in every trace."""
    found: list[BatchShape] = []
    for nodes in zip(*(visit.outputs for visit in visits), strict=True):
        extents = (each[0] if len({*each}) == 1 else None for each in zip(*(node.shape for node in nodes), strict=True))
        found.append((None, *extents) if nodes[0].batched else tuple(extents))
    return found
