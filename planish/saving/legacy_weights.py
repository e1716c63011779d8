"""Weights in the `.h5` files of Keras before 3: a group for every layer, with the names of its weights.

layer_names (an attribute)                  the layers, in the model's order (in `model_weights` if the file is a whole
                                            model's)
conv2d, weight_names (an attribute)         b'conv2d/kernel:0', b'conv2d/bias:0'
conv2d/conv2d/kernel:0                      the array

Layers are matched by their order, those without weights left out. A model inside a model is one layer: its trainable
weights first, then the others.
"""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from planish import warned
from planish.errors import explain, number_of
from planish.layers.layer import Layer
from planish.models import Model, weight_misfits
from planish.saving.weights_store import WeightsReader, WrongShapeError
from planish.variable import Variable

_LAYERS, _WEIGHTS = "layer_names", "weight_names"
_WHOLE_MODEL = "model_weights"

_Assignments = list[tuple[Variable, NDArray[Any]]]


def is_in(contents: bytes, source: str) -> bool:
    """Whether a file has weights in this form."""
    with WeightsReader(contents, source) as reader:
        return _root(reader) is not None


def restore(model: Model, contents: bytes, source: str, *, skip_mismatch: bool = False) -> None:
    """Assigns the weights of a file. The model is unchanged if anything does not fit.

    ValueError, naming the file and the layer, for another number of layers, for weights that are missing or of another
    shape; with `skip_mismatch`, a warning instead of the latter, and the layer keeps its weights.
    """
    with WeightsReader(contents, source) as reader:
        root = _root(reader)
        assert root is not None
        assignments: _Assignments = []
        for group, layer in _matched(model, reader, root):
            try:
                assignments += _of_layer(model, layer, reader, group)
            except ValueError as error:
                if not skip_mismatch:
                    raise
                warned.warn(f"{layer.label} keeps its weights: {error}")
    for variable, array in assignments:
        variable.assign(array)


def _root(reader: WeightsReader) -> str | None:
    """The group that has the layers; None in other files."""
    return next((path for path in ("", _WHOLE_MODEL) if reader.has_names(path, _LAYERS)), None)


def _joined(*parts: str) -> str:
    return "/".join(part for part in parts if part)


def _matched(model: Model, reader: WeightsReader, root: str) -> list[tuple[str, Layer]]:
    groups = [_joined(root, name) for name in reader.names(root, _LAYERS)]
    groups = [group for group in groups if reader.names(group, _WEIGHTS)]
    layers = [layer for layer in model.layers if layer.weights]
    if len(groups) != len(layers):
        raise ValueError(
            explain(
                what=f"{reader.source!r} has weights for another number of layers than the model",
                layer=model.label,
                expected=number_of(len(layers), "layer with weights", "layers with weights"),
                received=number_of(len(groups), "layer with weights", "layers with weights"),
                remedy="build the model that was saved; for a net of applications, with the same include_top",
            )
        )
    return list(zip(groups, layers, strict=True))


def _of_layer(model: Model, layer: Layer, reader: WeightsReader, group: str) -> _Assignments:
    variables = sorted(layer.weights, key=lambda variable: not variable.made_trainable)
    names = reader.names(group, _WEIGHTS)
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
    return [
        (variable, _array(model, reader, _joined(group, name), variable))
        for name, variable in zip(names, variables, strict=True)
    ]


def _array(model: Model, reader: WeightsReader, place: str, variable: Variable) -> NDArray[Any]:
    try:
        return reader.array_at(place, variable.shape, f"weight '{variable.path}'")
    except WrongShapeError as error:
        raise error.told_with(**weight_misfits.explanation(model, variable, error.received)) from None
