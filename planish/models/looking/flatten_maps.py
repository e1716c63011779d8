"""Finds a Flatten layer in a model, and how it joins its map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from planish.errors import explain, unknown_name
from planish.flattening import FlattenMap
from planish.layers import Flatten
from planish.layers.base import shapes
from planish.layers.base.context import Visit
from planish.layers.base.traced import LayerName, Traced, is_use
from planish.models.looking.layer_outputs import trace

if TYPE_CHECKING:
    from planish.models.model import Model


def flatten_map(model: Model, name: LayerName | None = None) -> FlattenMap:
    """The map of a Flatten layer anywhere in the model; receptive fields are windows of the model's own inputs."""
    traced = trace(model)
    chosen = _chosen(traced, name)
    open_ends = [spec for spec in model.input_specs if shapes.is_open([spec.shape])]
    if open_ends:
        raise _of_open_sizes(model, open_ends[0].shape[1:])
    return map_of(traced, chosen)


def _of_open_sizes(model: Model, shape: Sequence[int | None]) -> ValueError:
    size = tuple(224 if extent is None else extent for extent in shape)
    one = len(model.input_specs) == 1
    return ValueError(
        explain(
            layer=model.label,
            what="the sizes of the images come with the data, so that nothing says which index is which pixel",
            expected="a model for images of one size",
            received=f"Input({tuple(shape)})",
            remedy=f"x = Input({size}); Model(x, model(x)).flatten_map(), with the size of your images"
            if one
            else "a model around it whose inputs have the sizes of your images",
        )
    )


def map_of(traced: Traced, visit: Visit) -> FlattenMap:
    """The order of a Flatten layer's vector, in one of its uses."""
    assert isinstance(visit.layer, Flatten)
    return visit.layer.map_in(traced, visit.inputs[0])


def flattens(traced: Traced) -> list[Visit]:
    """Every use of a Flatten layer in the model, in order."""
    return [visit for visit in traced.leaves if isinstance(visit.layer, Flatten)]


def _chosen(traced: Traced, name: Any) -> Visit:
    found = flattens(traced)
    names = [visit.layer.name for visit in found]
    if not found:
        raise ValueError(
            explain(
                layer=traced.label,
                what="the model has no Flatten layer",
                received=", ".join(visit.layer.label for visit in traced.leaves) or "no layers",
            )
        )
    layers = [*dict.fromkeys(visit.layer for visit in found)]
    if name is None and len(layers) > 1:
        raise ValueError(
            explain(
                layer=traced.label,
                what=f"the model has {len(layers)} Flatten layers",
                received=", ".join(repr(layer.name) for layer in layers),
                remedy="name one of them: flatten_map(name)",
            )
        )
    name = layers[0] if name is None else name
    layer = name[0] if is_use(name) else name
    if isinstance(layer, str) and layer not in names:
        raise ValueError(unknown_name(f"Flatten layer of {traced.label}", layer, names))
    visit = traced.visit(name)
    if visit not in found:
        raise ValueError(unknown_name(f"Flatten layer of {traced.label}", visit.layer.name, names))
    return visit
