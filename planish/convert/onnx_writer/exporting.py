"""`model.export(path, format="onnx")`: its arguments, and what the file says besides the network."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np

import planish
from planish import output, precision, standalone, structures, warned
from planish.convert.graphs.foreign_graph import Port
from planish.convert.onnx_writer import file
from planish.convert.onnx_writer.translating import translated
from planish.errors import explain, kind_with_article, number_of
from planish.layers.base.input_spec import InputSpec
from planish.models.ends.graph_names import input_names
from planish.models.model import fits
from planish.saving import targets

if TYPE_CHECKING:
    from planish.models.model import Model

_RANGE = f"a whole number from {file.OLDEST} to {file.NEWEST}"


def export_onnx(
    model: Model,
    filepath: str | os.PathLike[str],
    verbose: bool | None = None,
    input_signature: Any = None,
    opset_version: int | None = None,
) -> None:
    """Writes what the model predicts to an ONNX file, for any number of images.

    ImportError without the package onnx. ValueError for a model that is not built, or that has something that ONNX does
    not have; OSError if the file cannot be written.
    """
    _require_onnx()
    opset = _checked_opset(opset_version)
    path = targets.checked_target(filepath, "", overwrite=True)
    inputs = _inputs(model, input_signature)
    graph = model.graph(sizes=[tuple(extent for extent in port.shape[1:] if extent is not None) for port in inputs])
    _warn_of_updates(model, [name for name, _ in graph.updates])
    values = {variable.path: variable.value for variable in standalone.bound(model.weights, graph)}
    named = dict(zip(input_names(model.input_specs), inputs, strict=True))
    network, outputs = translated(graph, values, named, _output_names(model, inputs), model.name)
    ends = [_with_batch(port, inputs[0].shape[0]) for port in outputs]
    file.write(path, network, ends, opset, _properties(model), planish.__version__)
    if verbose is None or verbose:
        output.show(f"Saved artifact at '{os.fspath(filepath)}'.")


def _require_onnx() -> None:
    if find_spec("onnx") is None:
        raise ImportError(
            explain(what="ONNX files need the package onnx", remedy="python -m pip install 'planish[onnx]'")
        )


def _checked_opset(given: Any) -> int:
    if given is None:
        return file.USUAL
    if isinstance(given, bool) or not isinstance(given, int | np.integer):
        raise TypeError(
            explain(
                what="export: `opset_version` is wrong",
                expected=_RANGE,
                received=repr(given),
                remedy="leave opset_version out",
            )
        )
    if not file.OLDEST <= given <= file.NEWEST:
        raise ValueError(
            explain(
                what=f"export: planish does not write version {given} of ONNX's operator set",
                expected=_RANGE,
                remedy=f"leave it out: opset_version={file.USUAL} is what most programs read",
            )
        )
    return int(given)


def _inputs(model: Model, signature: Any) -> list[Port]:
    """What the file takes: the model's inputs by their names, their sizes from `signature` where they are open."""
    specs = model.input_specs
    given = [*structures.leaves(signature)] if signature is not None else [None] * len(specs)
    if len(given) != len(specs):
        raise ValueError(
            explain(
                layer=model.label,
                what="export: `input_signature` has another number of inputs than the model",
                expected=", ".join(repr(spec.name) for spec in specs),
                received=number_of(len(given), "input"),
                remedy="an InputSpec for each of them, in this order",
            )
        )
    if len({_batch_of(told) for told in given}) > 1:
        raise ValueError(
            explain(
                layer=model.label,
                what="export: all inputs of a model have the same number of images",
                received=" and ".join(str(_batch_of(told)) for told in given),
                remedy="None for all of them: any number",
            )
        )
    names = _unique([_given(told, "name") or spec.name for told, spec in zip(given, specs, strict=True)])
    return [_port(model, name, spec, told) for name, spec, told in zip(names, specs, given, strict=True)]


def _port(model: Model, name: str, spec: Any, told: Any) -> Port:
    shape = tuple(spec.shape) if told is None else _shape_of(model, told)
    if not fits(shape[1:], spec.shape[1:]):
        raise ValueError(
            explain(
                layer=model.label,
                what=f"export: `input_signature` does not fit the input {spec.name!r}",
                expected=f"shape {(None, *spec.shape[1:])}",
                received=f"shape {shape}",
                remedy="leave input_signature out: then the file takes what the model takes",
            )
        )
    if None in shape[1:]:
        sizes = (None, *(224 if extent is None else extent for extent in shape[1:]))
        raise ValueError(
            explain(
                layer=model.label,
                what=f"export: an ONNX file takes images of one size, and the input {name!r} has any",
                received=f"shape {shape}",
                remedy=f"give their size: input_signature=[planish.layers.InputSpec(shape={sizes})]",
            )
        )
    dtype = precision.dtype_name(_given(told, "dtype")) or spec.dtype
    if dtype not in precision.READABLE:
        raise ValueError(
            explain(
                layer=model.label,
                what=f"export: the input {name!r} cannot have this type",
                expected=", ".join(precision.READABLE),
                received=repr(dtype),
                remedy="leave dtype out: the file then takes what the model takes",
            )
        )
    return Port(name, (_batch_of(told), *shape[1:]), np.dtype(dtype))


def _batch_of(told: Any) -> int | None:
    """As in Keras, an InputSpec may say how many images the file takes; a tensor does not."""
    return told.shape[0] if isinstance(told, InputSpec) and told.shape else None


def _with_batch(port: Port, batch: int | None) -> Port:
    return replace(port, shape=(batch, *port.shape[1:])) if port.shape[:1] == (None,) else port


def _given(told: Any, name: str) -> Any:
    return getattr(told, name, None)


def _shape_of(model: Model, told: Any) -> tuple[int | None, ...]:
    shape = _given(told, "shape")
    if shape is None or not len(shape):
        raise TypeError(
            explain(
                layer=model.label,
                what="export: `input_signature` is wrong",
                expected="an InputSpec with a shape, a symbolic tensor or an array for each input",
                received=kind_with_article(told),
                remedy="input_signature=[planish.layers.InputSpec(shape=(None, 224, 224, 3))]",
            )
        )
    return tuple(shape)


def _unique(names: Sequence[str], taken: Sequence[str] = ()) -> list[str]:
    """Names of values, each once: the second of equal ones ends in _1."""
    found: list[str] = []
    for name in names:
        other, number = name, 0
        while other in found or other in taken:
            number += 1
            other = f"{name}_{number}"
        found.append(other)
    return found


def _output_names(model: Model, inputs: Sequence[Port]) -> list[str]:
    """As in Keras the keys of a dictionary of outputs; otherwise the names of the layers that give them."""
    names = [spec.name for spec in model.output_specs]
    if isinstance(model.output_form, Mapping):
        places = structures.packed(model.output_form, [*range(len(names))])
        for key, place in places.items():
            if isinstance(place, int):
                names[place] = str(key)
    return _unique(names, [port.name for port in inputs])


def _warn_of_updates(model: Model, names: Sequence[str]) -> None:
    if names:
        text = explain(
            layer=model.label,
            what="every prediction changes variables, and an ONNX file does not: it has their values of now",
            received=", ".join(names),
            remedy="call those layers with training=False",
        )
        warned.warn(text)


def _properties(model: Model) -> dict[str, str]:
    """The model's notes, such as the names of its classes: texts as they are, everything else as JSON."""
    return {
        name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for name, value in model.notes.items()
    }
