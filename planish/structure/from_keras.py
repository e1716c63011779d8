"""A model or layer of Keras, or a `.keras` file, as layers: by its configuration, which is all that is read."""

from __future__ import annotations

import json
import os
from typing import Any

from planish import serialization
from planish.errors import explain
from planish.layers.layer import Layer
from planish.models import Sequential
from planish.saving import config_check
from planish.saving.keras_file import open_archive, read_member


def is_keras(value: Any) -> bool:
    """Whether it is a layer or a model of Keras."""
    return any(class_.__module__.partition(".")[0] in ("keras", "tf_keras") for class_ in type(value).__mro__)


def model_in_file(path: str | os.PathLike[str]) -> Sequential:
    """The model of a `.keras` file without its weights. Errors as those of `load_model`."""
    name = os.path.expanduser(os.fspath(path))
    with open_archive(name) as archive:
        return _model(json.loads(read_member(archive, "config.json", name)), name)


def model_of(model: Any) -> Sequential:
    """A Keras model, if it is one layer after another. ValueError if not, or if planish lacks one of its layers."""
    return _model(json.loads(model.to_json()), model.name)


def layer_of(layer: Any) -> Layer:
    """A Keras layer. ValueError if planish lacks it."""
    config = {"module": "keras.layers", "class_name": type(layer).__name__, "config": layer.get_config()}
    made: Layer = serialization.deserialize(config)
    return made


def _model(config: dict[str, Any], source: str) -> Sequential:
    if config.get("class_name") in ("Functional", "Model"):
        config = {**config, "class_name": "Sequential", "config": _chain(config["config"], source)}
    config_check.check_model(config, source, {})
    model = Sequential.from_config(config["config"])
    shape = (config.get("build_config") or {}).get("input_shape")
    if not model.built and shape is not None:
        model.build(shape)
    return model


def _chain(config: dict[str, Any], source: str) -> dict[str, Any]:
    """A functional model's configuration as a Sequential's. ValueError if a layer takes or feeds several others."""
    layers = {layer["name"]: layer for layer in config["layers"]}
    ends = config["output_layers"]
    name = ends[0] if isinstance(ends[0], str) else ends[0][0]
    chain: list[dict[str, Any]] = []
    while name is not None:
        layer = layers.pop(name, None)
        before = [] if layer is None else _tensors_in(layer["inbound_nodes"])
        if layer is None or len(before) > 1:
            raise _branches(source, name)
        chain.insert(0, layer)
        name = before[0] if before else None
    if layers:
        raise _branches(source, next(iter(layers)))
    return {"name": config["name"], "layers": chain}


def _tensors_in(value: Any) -> list[str]:
    """The names of the layers whose results a configuration's arguments are."""
    if isinstance(value, dict):
        if value.get("class_name") == "__keras_tensor__":
            return [value["config"]["keras_history"][0]]
        value = list(value.values())
    return [name for item in value for name in _tensors_in(item)] if isinstance(value, list) else []


def _branches(source: str, layer: str) -> ValueError:
    return ValueError(
        explain(
            what=f"{source!r} is no chain of layers",
            rule="planish reads models in which each layer takes what the layer before it gave, and nothing else",
            received=f"a branch at {layer!r}",
        )
    )
