"""A model like another one, with weights of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from planish import structures
from planish.errors import explain
from planish.layers.base import nesting
from planish.layers.base.layer import Layer
from planish.layers.base.operation import Operation
from planish.layers.input_layer import InputLayer
from planish.models.functional import Functional
from planish.models.model import Model
from planish.models.networks.network import Network
from planish.models.sequential import Sequential
from planish.symbolic import LayerCall, SymbolicTensor


def clone_model(
    model: Model,
    input_tensors: Any = None,
    clone_function: Callable[[Layer], Layer] | None = None,
    call_function: Callable[..., Any] | None = None,
    recursive: bool = False,
) -> Model:
    """A model whose layers have the same settings and names, and fresh weights; it is not compiled.

    `input_tensors`: symbolic tensors in place of new inputs. `clone_function(layer)` makes each new layer; with
    `recursive`, also those of models inside. `call_function(layer, *inputs, **arguments)` calls it, for functional
    models. ValueError for arguments that the model has no use for.

    >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    >>> keras.models.clone_model(model).output_shape
    (None, 3)
    """
    if not isinstance(model, Model):
        raise TypeError(_wrong("this is not a model", "a Sequential or functional model, or a subclass", model))
    asked = clone_function is not None or input_tensors is not None or call_function is not None
    if not _consists_of_layers(model) or (type(model) not in (Sequential, Functional) and not asked):
        _refuse(model, clone_function=clone_function, input_tensors=input_tensors, call_function=call_function)
        return type(model).from_config(model.get_config())

    def cloned(layer: Layer) -> Layer:
        if isinstance(layer, Model) and (recursive or clone_function is None):
            return clone_model(layer, clone_function=clone_function, recursive=recursive)
        made = _like(layer) if clone_function is None else clone_function(layer)
        if not isinstance(made, Layer):
            raise TypeError(_wrong("`clone_function` did not return a layer", f"one like {layer.label}", made))
        return made

    with nesting.told(model.label):
        return _cloned(model, input_tensors, cloned, call_function)


def _cloned(
    model: Model, input_tensors: Any, cloned: Callable[[Layer], Layer], call_function: Callable[..., Any] | None
) -> Model:
    if isinstance(model, Sequential):
        _refuse(model, call_function=call_function)
        start = _start(model) if input_tensors is None else [input_tensors]
        return type(model)([*start, *map(cloned, model.layers)], trainable=model.trainable, name=model.name)
    assert model.network is not None
    return _functional(model, model.network, input_tensors, cloned, call_function or _called)


def _wrong(what: str, expected: str, received: Any) -> str:
    return explain(what=f"clone_model: {what}", expected=expected, received=repr(received))


def _consists_of_layers(model: Model) -> bool:
    return model.network is not None or isinstance(model, Sequential)


def _start(model: Sequential) -> list[SymbolicTensor]:
    """A new input like the model's own, if it is built."""
    return [_new_input(tensor) for tensor in model.network.input_tensors] if model.network is not None else []


def _functional(
    model: Model, network: Network, tensors: Any, cloned: Callable[[Layer], Layer], call: Callable[..., Any]
) -> Model:
    given = [_new_input(each) for each in network.input_tensors] if tensors is None else structures.leaves(tensors)
    if len(given) != len(network.input_tensors):
        count = len(network.input_tensors)
        raise ValueError(
            explain(layer=model.label, what="clone_model: input_tensors", expected=f"{count} tensors", received=given)
        )
    values: dict[SymbolicTensor, SymbolicTensor] = dict(zip(network.input_tensors, given, strict=True))
    copies: dict[Layer, Layer] = {}

    def value(leaf: Any) -> Any:
        return values[leaf] if isinstance(leaf, SymbolicTensor) else leaf

    for layer, record in network.calls:
        if layer not in copies:
            copies[layer] = _like(layer) if isinstance(layer, Operation) else cloned(layer)
        arguments, keywords = (structures.mapped(value, part) for part in (record.arguments, dict(record.keywords)))
        outputs = structures.leaves(call(copies[layer], *arguments, **keywords))
        values.update(zip(LayerCall(layer, record).outputs, outputs, strict=True))
    inputs = structures.packed(network.inputs, given)
    return Model(inputs, structures.mapped(value, network.outputs), name=model.name, trainable=model.trainable)


def _like(layer: Layer) -> Layer:
    """A layer of the same settings and name, with fresh weights."""
    if isinstance(layer, Operation):
        return Operation(layer.operation, layer.values, layer.settings, name=layer.name)
    return type(layer).from_config(layer.get_config())


def _called(layer: Layer, *inputs: Any, **arguments: Any) -> Any:
    return layer(*inputs, **arguments)


def _new_input(tensor: SymbolicTensor) -> SymbolicTensor:
    return InputLayer(batch_shape=tensor.shape, dtype=tensor.dtype, name=tensor.layer.name).tensor


def _refuse(model: Model, **given: Any) -> None:
    for name, value in given.items():
        if value is not None:
            kind = "Sequential models" if isinstance(model, Sequential) else "models with a call of their own"
            raise ValueError(
                explain(
                    layer=model.label,
                    what=f"clone_model: `{name}` is of no use for {kind}",
                    remedy="clone_model(model)",
                )
            )
