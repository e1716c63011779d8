"""A model or layer of Keras, or one in a file, as layers: by its configuration, where it has one."""

from __future__ import annotations

import json
import os
from typing import Any

from planish import serialization
from planish.layers import Layer
from planish.models import Model, Sequential
from planish.models.functional import Functional
from planish.saving import config_check, formats, opening
from planish.saving.keras_file import mistakes_told


def is_input(value: Any) -> bool:
    """Whether it is what `keras.Input` gives: a tensor without values, which has a shape."""
    return type(value).__name__ == "KerasTensor"


def model_in_file(path: str | os.PathLike[str]) -> Model:
    """The model in a file or folder; of Keras's files without the weights. Errors as those of `load_model`."""
    name = os.path.expanduser(os.fspath(path))
    configuration = opening.CONFIGURATIONS.get(formats.kind_of(name))
    if configuration is None:
        return opening.load_model(name, compile=False)
    config = configuration(name)
    with mistakes_told(name):
        return _made(config)


def model_of(model: Any) -> Model:
    """A Keras model. ValueError if planish lacks one of its layers."""
    config = json.loads(model.to_json())
    if "layers" in config["config"]:  # whatever a class of the user's own is called
        config["class_name"] = "Functional" if "output_layers" in config["config"] else "Sequential"
    config_check.check_model(config, model.name, {})
    return _made(config)


def layer_of(layer: Any) -> Layer:
    """A Keras layer. ValueError if planish lacks it."""
    config = {"module": "keras.layers", "class_name": type(layer).__name__, "config": layer.get_config()}
    made: Layer = serialization.deserialize(config)
    return made


def _made(config: dict[str, Any]) -> Model:
    if config["class_name"] != "Sequential":
        return Functional.from_config(config["config"])
    model = Sequential.from_config(config["config"])
    shape = (config.get("build_config") or {}).get("input_shape")
    if not model.built and shape is not None:
        model.build(shape)
    return model
