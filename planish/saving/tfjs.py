"""TensorFlow.js's layers models: `model.json` has the configuration as Keras wrote it, and lists files of weights.

Weights have the names of their layers: `conv2d/kernel`, or where Keras 3 wrote the model, the place in its files:
`layers/conv2d/vars/0`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any

from planish.errors import explain, number_of
from planish.layers.base.foreign_weights import listed
from planish.layers.base.weight_owner import WeightOwner
from planish.models import Model
from planish.saving import archive, keras_file, tfjs_weights
from planish.saving.layer_paths import layer_paths
from planish.saving.older import compile_settings
from planish.saving.stored_array import StoredArray, assign_all
from planish.variable import Variable

TOPOLOGY = "model.json"

_Arrays = dict[str, StoredArray]

_OPTIMIZER_NAMES = {
    "learningRate": "learning_rate",
    "beta1": "beta_1",
    "beta2": "beta_2",
    "initialAccumulatorValue": "initial_accumulator_value",
    "useNesterov": "nesterov",
}

_AS_BEFORE = {"depthwise_kernel": "kernel"}
"""What Keras 2 called weights that have another name today."""


def read(path: str, custom: Mapping[str, Any], compile: bool) -> Model:
    """The model of a folder, or of the `model.json` in it. Errors as in `opening.load_model`."""
    file, document = _document(path)
    config, training = _topology(document, file)
    config = keras_file.checked(config, file, custom)
    if compile and training is not None:
        with keras_file.mistakes_told(file):
            config = {**config, "compile_config": compile_settings.of_training_config(training, custom)}
    model = keras_file.model_from(config, file, dict(custom))
    _assign(model, tfjs_weights.arrays(document.get("weightsManifest"), os.path.dirname(file) or ".", file), file)
    return model


def configuration(path: str) -> dict[str, Any]:
    """The model's configuration, checked, in Keras 3's form, without the weights. Errors as in `read`."""
    file, document = _document(path)
    return keras_file.checked(_topology(document, file)[0], file, {})


def _document(path: str) -> tuple[str, Any]:
    """The name of the file with the configuration, and what it says."""
    file = os.path.join(path, TOPOLOGY) if os.path.isdir(path) else path
    return file, archive.parsed(archive.text_of(file, "a TensorFlow.js model"), repr(file))


def _topology(document: Any, source: str) -> tuple[Any, Any]:
    """The serialized model, and the settings of `compile`, which are None if it was not compiled."""
    topology = document.get("modelTopology") if isinstance(document, dict) else None
    if not isinstance(topology, dict):
        raise ValueError(
            explain(
                what=f"{source!r} does not hold a model",
                expected="modelTopology, an object",
                remedy="convert it again: tensorflowjs_converter --input_format=keras model.h5 folder",
            )
        )
    config = topology.get("model_config", topology)
    if isinstance(config, str):
        config = archive.parsed(config, f"model_config in {source!r}")
    own = document.get("trainingConfig")
    return config, _with_optimizer(own) if isinstance(own, dict) else topology.get("training_config")


def _with_optimizer(training: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of `compile` that TensorFlow.js itself wrote: optimizers have names of its own for what Keras names."""
    written = training.get("optimizer_config")
    if not isinstance(written, dict) or not isinstance(written.get("config"), dict):
        return dict(training)
    kind = str(written.get("class_name"))
    names = {**_OPTIMIZER_NAMES, **({"decay": "rho"} if kind == "RMSProp" else {})}
    config = {names.get(name, name): value for name, value in written["config"].items()}
    return {**training, "optimizer_config": {"class_name": "SGD" if kind == "Momentum" else kind, "config": config}}


def _assign(model: Model, arrays: _Arrays, source: str) -> None:
    """Puts the arrays into the layers of their names. ValueError if any of either side is left."""
    if not model.built:
        raise ValueError(
            explain(
                what=f"{source!r} holds a model that was never built, so its weights fit nothing",
                remedy="in Keras: build the model, and convert it again",
            )
        )
    groups = _grouped(arrays)
    assignments = [pair for path, layer in layer_paths(model) for pair in _of_layer(path, layer, groups, source)]
    if groups:
        raise ValueError(
            explain(
                what=f"{source!r} has weights for which the model has no layer",
                received=", ".join(groups)[:200],
                remedy="convert it again: tensorflowjs_converter --input_format=keras model.h5 folder",
            )
        )
    assign_all(assignments)


def _grouped(arrays: _Arrays) -> dict[str, _Arrays]:
    """The arrays by their layer, then by their own name; in the order of the file."""
    groups: dict[str, _Arrays] = {}
    for name, array in arrays.items():
        group, _, own = name.rpartition("/")
        groups.setdefault(group.removesuffix("/vars"), {})[own] = array
    return groups


def _of_layer(
    path: str, layer: WeightOwner, groups: dict[str, _Arrays], source: str
) -> Iterator[tuple[Variable, StoredArray]]:
    """The layer's variables with their arrays, which are taken out of the groups."""
    variables = layer.own_variables
    if not variables:
        return
    names = [name for name in groups if name == path or name == layer.name or name.endswith(f"/{layer.name}")]
    stored = groups.pop(names[0]) if len(names) == 1 else {}
    if len(stored) != len(variables):
        raise ValueError(
            explain(
                what=f"{source!r} does not have the weights that the layer needs",
                layer=layer.label,
                expected=listed([each.shape for each in variables], [each.name for each in variables]),
                received=number_of(len(stored), "array") if len(names) < 2 else "several: " + ", ".join(names),
                remedy="download all files of the folder that model.json names",
            )
        )
    for variable, array in zip(variables, _in_order(variables, stored), strict=True):
        if array.shape != variable.shape:
            raise ValueError(
                explain(
                    what=f"{source!r}: weight '{variable.path}' has another shape",
                    expected=variable.shape,
                    received=array.shape,
                    remedy="convert it again: tensorflowjs_converter --input_format=keras model.h5 folder",
                )
            )
        yield variable, array


def _in_order(variables: list[Variable], stored: _Arrays) -> list[StoredArray]:
    """By their names, or, where these are others, as they come."""
    known = {_AS_BEFORE.get(name, name): array for name, array in stored.items()}
    wanted = [_AS_BEFORE.get(variable.name, variable.name) for variable in variables]
    if len(known) == len(stored) and set(wanted) == set(known):
        return [known[name] for name in wanted]
    numbered = all(name.isdecimal() and name.isascii() for name in stored)
    return [stored[name] for name in sorted(stored, key=int)] if numbered else [*stored.values()]
