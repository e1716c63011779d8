"""A model like another one, with weights of its own."""

from __future__ import annotations

from collections.abc import Callable

from planish.errors import explain
from planish.layers.input_layer import InputLayer
from planish.layers.layer import Layer
from planish.models.model import Model
from planish.models.sequential import Sequential


def clone_model(
    model: Model,
    input_tensors: None = None,
    clone_function: Callable[[Layer], Layer] | None = None,
    call_function: None = None,
    recursive: bool = False,
) -> Model:
    """A model whose layers have the same settings and names, and fresh weights; it is not compiled.

    `clone_function(layer)` makes each new layer; with `recursive`, also those of models inside. ValueError for
    `input_tensors` and `call_function`, which belong to functional models.

    >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    >>> keras.models.clone_model(model).output_shape
    (None, 3)
    """
    for name, value in (("input_tensors", input_tensors), ("call_function", call_function)):
        if value is not None:
            what = f"clone_model: planish's models are Sequential, and do not take `{name}`"
            raise ValueError(explain(what=what, remedy="Sequential([Input(shape=...), *new_layers])"))
    if clone_function is None or not isinstance(model, Sequential):
        return type(model).from_config(model.get_config())

    def cloned(layer: Layer) -> Layer:
        if recursive and isinstance(layer, Model):
            return clone_model(layer, clone_function=clone_function, recursive=True)
        return clone_function(layer)

    start = [InputLayer(batch_shape=model.input_shape)] if model.built else []
    return type(model)([*start, *map(cloned, model.layers)], trainable=model.trainable, name=model.name)
