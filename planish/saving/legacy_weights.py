"""Weights in the `.h5` files of Keras before 3: a group for every layer, with the names of its weights.

layer_names (an attribute)                  the layers, in the model's order (in `model_weights` if the file is a whole
                                            model's)
conv2d, weight_names (an attribute)         b'conv2d/kernel:0', b'conv2d/bias:0'
conv2d/conv2d/kernel:0                      the array

Layers are matched by their order, those without weights left out, or by their names. A model inside a model is one
layer: the weights that it trains first, then the others, as they were when the file was written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from planish import warned
from planish.errors import explain, number_of
from planish.layers.base.layer import Layer
from planish.models import Model, weight_misfits
from planish.saving.layer_paths import layer_paths
from planish.saving.older.kernels import Form, Origin, form_of
from planish.saving.stored_array import StoredArray, assign_all
from planish.saving.weights_store import WeightsReader, WeightsWriter, WrongShapeError
from planish.variable import Variable

LAYERS, WEIGHTS = "layer_names", "weight_names"
WHOLE_MODEL = "model_weights"

_OWN_WEIGHTS = "top_level_model_weights"
_BACKEND, _VERSION = "backend", "keras_version"
_OF_TENSORFLOW = ":0"
"""TensorFlow ended the names of its variables so, and Theano did not."""


@dataclass
class Found:
    """What a file has for the weights of a model: what to assign, and what the file calls each, and how it has it."""

    assignments: list[tuple[Variable, StoredArray]] = field(default_factory=list)
    names: dict[Variable, str] = field(default_factory=dict)
    forms: dict[Variable, Form] = field(default_factory=dict)

    def assign(self) -> None:
        """Gives the weights their values, while the file is open."""
        assign_all(self.assignments)


# -- reading -----------------------------------------------------------------------------------------------------------


def find(model: Model, reader: WeightsReader, *, skip_mismatch: bool = False, by_name: bool = False) -> Found:
    """What the file has for the model's weights. Nothing is assigned yet.

    ValueError, naming the file and the layer, for another number of layers, for weights that are missing or of another
    shape; with `skip_mismatch`, a warning instead of the latter, and the layer keeps its weights. `by_name` reads those
    layers that have a namesake in the file.
    """
    root = _root(reader)
    if root is None:
        missing = explain(
            what=f"{reader.source!r} holds no weights of a model",
            expected=f"an attribute {LAYERS}",
            remedy="in Keras: model.save_weights('model.weights.h5')",
        )
        raise ValueError(missing)
    matched = (_namesakes if by_name else _in_order)(model, reader, root)
    origin = _origin(reader, root, [group for group, _ in matched])
    owners = {variable: layer for _, layer in layer_paths(model) for variable in _own(layer)}
    found = Found()
    for group, layer in matched:
        try:
            forms = {variable: form_of(owners[variable], variable, origin) for variable in layer.weights}
            arrays = _of_layer(model, layer, reader, group, forms)
        except ValueError as error:
            if not skip_mismatch:
                raise
            warned.warn(f"{layer.label} keeps its weights: {error}")
            continue
        found.assignments += [(variable, array) for variable, array, _ in arrays]
        found.names |= {variable: name for variable, _, name in arrays}
        found.forms |= forms
    return found


def _own(layer: Any) -> list[Variable]:
    own: list[Variable] = layer.own_variables
    return own


def _root(reader: WeightsReader) -> str | None:
    """The group that has the layers; None in other files."""
    return next((path for path in ("", WHOLE_MODEL) if reader.has_names(path, LAYERS)), None)


def _joined(*parts: str) -> str:
    return "/".join(part for part in parts if part)


def _origin(reader: WeightsReader, root: str, groups: Sequence[str]) -> Origin:
    version = reader.text(root, _VERSION) or reader.text("", _VERSION) or "1"
    backend = reader.text(root, _BACKEND) or reader.text("", _BACKEND)
    if backend is None:
        names = [name for group in groups for name in reader.names(group, WEIGHTS)]
        backend = "tensorflow" if any(name.endswith(_OF_TENSORFLOW) for name in names) else "theano"
    return Origin(version, backend)


def _in_order(model: Model, reader: WeightsReader, root: str) -> list[tuple[str, Layer]]:
    groups = [_joined(root, name) for name in reader.names(root, LAYERS)]
    groups = [group for group in groups if reader.names(group, WEIGHTS)]
    layers = [layer for layer in model.layers if layer.weights]
    if len(groups) != len(layers):
        raise ValueError(
            explain(
                what=f"{reader.source!r} has weights for another number of layers than the model",
                layer=model.label,
                expected=number_of(len(layers), "layer with weights", "layers with weights"),
                received=number_of(len(groups), "layer with weights", "layers with weights"),
                remedy="build the model that was saved; for a net of applications, with the same include_top\n"
                "or load layers of the same names only: by_name=True, for a file of Keras before 3",
            )
        )
    return list(zip(groups, layers, strict=True))


def _namesakes(model: Model, reader: WeightsReader, root: str) -> list[tuple[str, Layer]]:
    named = {layer.name: layer for layer in model.layers}
    groups = dict.fromkeys(reader.names(root, LAYERS))
    return [
        (_joined(root, name), named[name])
        for name in groups
        if name in named and (reader.names(_joined(root, name), WEIGHTS) or named[name].weights)
    ]


def _of_layer(
    model: Model,
    layer: Layer,
    reader: WeightsReader,
    group: str,
    forms: Mapping[Variable, Form],
) -> list[tuple[Variable, StoredArray, str]]:
    names = reader.names(group, WEIGHTS)
    variables = layer.weights
    if len(names) != len(variables):
        raise ValueError(
            explain(
                what=f"{reader.source!r} does not have the weights that the layer needs",
                layer=layer.label,
                expected=", ".join(variable.path for variable in variables),
                received=", ".join(names),
                remedy="load into the model that was saved",
            )
        )
    places = [name[1:] if name.startswith("/") else _joined(group, name) for name in names]
    shapes = [reader.shape_at(place) for place in places]
    ordered = _ordered_as_stored(layer, names, shapes, forms)
    return [
        (variable, _array(model, reader, place, variable, forms[variable]), name)
        for name, place, variable in zip(names, places, ordered, strict=True)
    ]


def _ordered_as_stored(
    layer: Layer, names: Sequence[str], shapes: Sequence[Any], forms: Mapping[Variable, Form]
) -> list[Variable]:
    """The layer's weights in the order of the file: which of them were trained when it was written is not in it, so of
    the orders that there can be, it is the one that fits the names and shapes best."""

    def misfits(order: Sequence[Variable]) -> int:
        pairs = zip(order, names, shapes, strict=True)
        return sum((forms[each].stored != shape) + (each.name != _stem(name)) for each, name, shape in pairs)

    made_trainable = sorted(layer.weights, key=lambda variable: not variable.made_trainable)
    now = [*layer.trainable_weights, *layer.non_trainable_weights]
    return min((now, made_trainable, layer.weights), key=misfits)


def _stem(name: str) -> str:
    """'kernel' of 'conv2d/kernel:0'."""
    return name.rpartition("/")[2].partition(":")[0]


def _array(model: Model, reader: WeightsReader, place: str, variable: Variable, form: Form) -> StoredArray:
    try:
        return form.of_stored(reader.stored_at(place, form.stored, f"weight '{variable.path}'"))
    except WrongShapeError as error:
        raise error.told_with(**weight_misfits.explanation(model, variable, error.received)) from None


# -- writing -----------------------------------------------------------------------------------------------------------


def write(writer: WeightsWriter, model: Model, root: str, version: str) -> None:
    """Writes all weights into a group, as Keras 2 and 3 do."""
    writer.group(root)
    writer.note(root, _BACKEND, "tensorflow")
    writer.note(root, _VERSION, version)
    writer.note_names(root, LAYERS, [layer.name for layer in model.layers])
    for layer in sorted(model.layers, key=lambda layer: layer.name):
        variables = [*layer.trainable_weights, *layer.non_trainable_weights]
        write_arrays(writer, _joined(root, layer.name), [*_named(variables)])
    write_arrays(writer, _joined(root, _OWN_WEIGHTS), [])


def write_arrays(writer: WeightsWriter, group: str, arrays: Sequence[tuple[str, NDArray[Any]]]) -> None:
    """Writes arrays by name into a group, and their names in order."""
    writer.group(group)
    writer.note_names(group, WEIGHTS, [name for name, _ in arrays])
    for name, array in arrays:
        writer.add_array(_joined(group, name), array)


def _named(variables: Sequence[Variable]) -> Iterator[tuple[str, NDArray[Any]]]:
    """Each weight's path, made another one where it is taken: two models inside a layer may have namesakes."""
    taken: set[str] = set()
    for variable in variables:
        name, number = variable.path, 0
        while name in taken:
            number += 1
            name = f"{variable.path}_{number}"
        taken.add(name)
        yield name, variable.value
