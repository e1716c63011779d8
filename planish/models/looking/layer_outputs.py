"""What layers give for a batch of images: `model.activations`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from planish.layers.base.context import CallContext
from planish.layers.base.traced import LayerName, Traced, is_use
from planish.models.looking.inputs import checked_inputs
from planish.models.programs.prepare import out_of_memory_explained
from planish.models.programs.value_program import ValueProgram

if TYPE_CHECKING:
    from planish.models.model import Model


def trace(model: Model, sizes: Sequence[Sequence[int]] | None = None) -> Traced:
    """The model's inference graph, for images of the sizes if they come with the data. ValueError if it is not
    built."""
    context = CallContext(training=False)
    inputs, outputs = model.trace(context, sizes)
    context.visits.pop()  # the model itself
    return Traced.of(model.label, model.input_specs, inputs, model.output_specs, outputs, context)


def activations(model: Model, x: Any, layer: LayerName | Sequence[LayerName] | None) -> Any:
    """See `Introspection.activations`."""
    with out_of_memory_explained(model, x):
        inputs = checked_inputs(model, x)
        several = layer is None or (isinstance(layer, list | tuple) and not is_use(layer))
        wanted = _wanted(model, layer, several)

        def make() -> ValueProgram:
            traced = trace(model, inputs.sizes)
            return ValueProgram(model, {key: traced.visit(key).y for key in wanted}, inputs.dtypes)

        program = model._programs.kept(model, ("activations", *inputs.key, *wanted), make)
        values = program(inputs.arrays, inputs.count)
        return values if several else values[wanted[0]]


def _wanted(model: Model, layer: Any, several: bool) -> list[LayerName]:
    if layer is None:
        return [name for name, _ in trace(model).named_leaves()]
    return [*layer] if several else [layer]
