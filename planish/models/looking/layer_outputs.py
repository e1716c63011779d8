"""What layers give for a batch of images: `model.activations`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from planish.errors import explain, unknown_name
from planish.graph.node import Node
from planish.layers.context import CallContext, Visit
from planish.layers.layer import Layer
from planish.models.data.arrays import Array
from planish.models.data.expected import expected_by
from planish.models.data.image_shapes import check_images
from planish.models.data.in_memory import as_images
from planish.models.data.prepare import ensure_built, out_of_memory_explained
from planish.models.programs.value_program import ValueProgram

LayerName = str | Layer


@dataclass(frozen=True, slots=True)
class Traced:
    """A model as nodes, for inference, with the input and output of each of its layers."""

    x: Node
    y: Node
    visits: tuple[Visit, ...]

    @property
    def leaves(self) -> tuple[Visit, ...]:
        """The visits of a model's layers, in order, without models inside it and without parts of its layers."""
        return tuple(visit for visit in self.visits if not (visit.layer.holds_model_layers or visit.in_layer))

    def visit(self, model: Any, layer: LayerName) -> Visit:
        """The visit of a layer of the model, or of one inside it. ValueError if there is none, or several of that name.

        TypeError for anything that is neither a name nor a layer.
        """
        if isinstance(layer, Layer):
            found = [visit for visit in self.visits if visit.layer is layer]
        elif isinstance(layer, str):
            found = [visit for visit in self.visits if visit.layer.name == layer]
        else:
            raise TypeError(
                explain(
                    layer=model.label, what="this is not a layer", expected="a layer or its name", received=repr(layer)
                )
            )
        if len(found) == 1:
            return found[0]
        if found:
            raise ValueError(
                explain(
                    layer=model.label,
                    what=f"{len(found)} layers inside the model have the name {layer!r}"
                    if isinstance(layer, str)
                    else f"the model uses {layer.label} {len(found)} times",
                    remedy="pass the layer itself: model.get_layer(...).get_layer(...)"
                    if isinstance(layer, str)
                    else "pass a layer that is used once",
                )
            )
        name = layer.name if isinstance(layer, Layer) else layer
        raise ValueError(unknown_name(f"layer of {model.label}", name, [visit.layer.name for visit in self.visits]))


def trace(model: Any) -> Traced:
    """The model's inference graph. ValueError if it is not built."""
    context = CallContext(training=False)
    inputs, outputs = model.trace(context)
    return Traced(inputs[0], outputs[0], tuple(context.visits[:-1]))  # the last is the model itself


def checked_images(model: Any, x: Any) -> Array:
    """`x` as an array that fits the model; builds a model that waits for its first data."""
    images = as_images(x, expected_by(model).inputs[0])
    ensure_built(model, images)
    check_images(images, model.input_shape[1:], model)
    return images


def activations(model: Any, x: Any, layer: LayerName | Sequence[LayerName] | None) -> Any:
    """See `Introspection.activations`."""
    with out_of_memory_explained(model, x):
        images = checked_images(model, x)
        several = layer is None or isinstance(layer, list | tuple)
        wanted: list[LayerName] = _wanted(model, layer)
        key = ("activations", images.dtype, *wanted)
        program = model._programs.kept(model, key, lambda: _program(model, images, wanted))
        values: dict[Any, Array] = program({"x": images}, len(images))
        return values if several else values[wanted[0]]


def _wanted(model: Any, layer: Any) -> list[LayerName]:
    if layer is None:
        names = [visit.layer.name for visit in trace(model).leaves]
        twice = [name for name in names if names.count(name) > 1]
        if twice:
            raise ValueError(
                explain(
                    layer=model.label,
                    what=f"layers in different models inside it have the name {twice[0]!r}",
                    remedy="name the layers that you want, or pass the layers themselves",
                )
            )
        return [*names]
    return [*layer] if isinstance(layer, list | tuple) else [layer]


def _program(model: Any, images: Array, wanted: Sequence[LayerName]) -> ValueProgram:
    traced = trace(model)
    nodes = {layer: traced.visit(model, layer).y for layer in wanted}
    return ValueProgram(model, nodes, {"x": images.dtype})
