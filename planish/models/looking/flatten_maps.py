"""Finds a Flatten layer in a model, and how it joins its map."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planish.errors import explain, unknown_name
from planish.flattening import FlattenMap
from planish.layers import Flatten, lineage
from planish.models.data.shape_walk import inner_layers
from planish.models.looking.layer_outputs import trace

if TYPE_CHECKING:
    from planish.models.model import Model


def flatten_map(model: Model, name: str | None = None) -> FlattenMap:
    """The map of a Flatten layer anywhere in the model; receptive fields are windows of the model's own images."""
    every = [*inner_layers(model)]
    layer = _chosen(model, [each for each in every if isinstance(each, Flatten)], name)
    feature_map = trace(model).visit(model, layer).x
    return FlattenMap(
        feature_map.shape,
        layer.data_format,
        layer.order,
        image_format=lineage.image_format(every),
        feature_map=feature_map,
    )


def _chosen(model: Model, layers: list[Flatten], name: str | None) -> Flatten:
    named = [layer for layer in layers if name in (None, layer.name)]
    if len(named) == 1:
        return named[0]
    known = ", ".join(repr(layer.name) for layer in layers)
    if not layers:
        raise ValueError(
            explain(
                layer=model.label,
                what="the model has no Flatten layer",
                received=", ".join(layer.label for layer in [*inner_layers(model)]) or "no layers",
            )
        )
    if not named:
        raise ValueError(unknown_name(f"Flatten layer of {model.label}", name, [layer.name for layer in layers]))
    raise ValueError(
        explain(
            layer=model.label,
            what=f"the model has {len(named)} Flatten layers" + ("" if name is None else f" with the name {name!r}"),
            received=known,
            remedy="name one of them: flatten_map(name)" if name is None else "give them different names",
        )
    )
