"""Anything that a user calls a model, as a list of layers that nothing else uses, with the shape of one image."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Any

from planish import foreign
from planish.convert.torch_reading import outlining, reading
from planish.errors import explain
from planish.layers import InputLayer, Layer
from planish.layers.base.layer import BatchShape
from planish.models import Model, Sequential
from planish.structure import from_foreign, from_keras, from_onnx, networks
from planish.symbolic import SymbolicTensor

Shape = tuple[int, ...]

_TAKEN = "a model or a list of layers, of planish, Keras or PyTorch, or the path of a model's file"


def model_from(source: Any, input_shape: Sequence[int] | int | None = None) -> Sequential:
    """A built model of the same structure, with weights of its own that are never made.

    `input_shape` is the shape of one image: without the batch axis, with the channels first for PyTorch. It may be left
    out where the source says it. TypeError for what is not a model, ValueError for one that does not fit.
    """
    layers, shape = layers_from(source, input_shape)
    return built(layers, shape, name_of(source))


def layers_from(source: Any, input_shape: Sequence[int] | int | None = None) -> tuple[list[Layer], Shape]:
    """Copies of the source's layers, without input layers and models around them, and the shape of one image."""
    if from_onnx.is_file(source):
        source, input_shape = from_onnx.model_in_file(source, input_shape), None
    layers, declared = _read(source, (input_shape,) if isinstance(input_shape, int) else input_shape)
    if input_shape is None and declared is not None and None not in declared[1:]:
        input_shape = [extent for extent in declared[1:] if extent is not None]
    if input_shape is None:
        raise ValueError(
            explain(
                what="the shape of the images is not known",
                expected="input_shape, without the batch axis, such as (28, 28, 1), or (1, 28, 28) for PyTorch",
                received=declared,
                remedy="planish.shapes(model, (28, 28, 1))",
            )
        )
    shape = (input_shape,) if isinstance(input_shape, int) else tuple(input_shape)
    return _distinct([layer.unbuilt_copy() for layer in _leaves(layers)]), shape


def built(layers: Sequence[Layer], shape: Shape, name: str) -> Sequential:
    """A model of layers that are in no other model. ValueError if they do not fit, or there are none."""
    if not layers:
        raise ValueError(explain(what="there are no layers", expected=_TAKEN))
    return Sequential([InputLayer(shape=shape, name="input"), *layers], name=name)


def name_of(source: Any) -> str:
    """What to call the model."""
    name = getattr(source, "name", None)
    return name if isinstance(name, str) and name and "/" not in name else "model"


def _read(source: Any, shape: Sequence[int] | None = None) -> tuple[list[Layer], BatchShape | None]:
    """The source's layers as planish's, and the shape (batch axis first) that it declares. `shape` is that of an image,
    for modules of PyTorch whose calls depend on it."""
    if isinstance(source, SymbolicTensor):
        source = source.layer
    if isinstance(source, InputLayer):
        return [], source.batch_shape
    if isinstance(source, Model):
        first = source.layers[:1]
        return [source], source.input_specs[0].shape if source.built else first[0].declared_shape if first else None
    if isinstance(source, Layer):
        return [source], source.declared_shape
    if isinstance(source, (str, os.PathLike)):
        return _read(from_keras.model_in_file(source))
    if reading.is_module(source):
        return from_foreign.layers_of(outlining.outline(source, "", shape)), None
    if foreign.is_keras(source) and from_keras.is_input(source):
        return [], tuple(source.shape)
    if foreign.is_keras(source):
        return _read(from_keras.model_of(source) if hasattr(source, "layers") else from_keras.layer_of(source))
    if isinstance(source, (list, tuple)):
        return _read_all(source)
    raise TypeError(explain(what="this is not a model", expected=_TAKEN, received=repr(source)))


def _read_all(items: Sequence[Any]) -> tuple[list[Layer], BatchShape | None]:
    """A list's layers. PyTorch modules get the names that a Sequential of them would give."""
    layers: list[Layer] = []
    declared: BatchShape | None = None
    for place, item in enumerate(items):
        if reading.is_module(item):
            layers += from_foreign.layers_of(outlining.outline(item, str(place)))
            continue
        inner, shape = _read(item)
        layers += inner
        declared = shape if place == 0 else declared
    return layers, declared


def _leaves(layers: Sequence[Layer]) -> Iterator[Layer]:
    """The layers, with those inside models in place of the models."""
    for layer in layers:
        if isinstance(layer, Sequential) and layer.network is None:
            yield from _leaves(layer.layers)
        elif isinstance(layer, Model):
            yield from networks.chain_of(layer)
        else:
            yield layer


def _distinct(layers: list[Layer]) -> list[Layer]:
    """The layers, those of models inside others renamed if an outer one has the same name."""
    used: set[str] = set()
    for layer in layers:
        stem, number = layer.name, 1
        while layer.name in used:
            layer.name, number = f"{stem}_{number}", number + 1
        used.add(layer.name)
    return layers
