"""A model or layer of Keras, or a `.keras` file, as layers: by its configuration, the only thing that is read."""

from __future__ import annotations

import json
import os
from typing import Any

from planish import serialization
from planish.errors import explain
from planish.layers import InputLayer, Layer
from planish.models import Sequential
from planish.saving import config_check
from planish.saving.archive import open_archive
from planish.saving.keras_file import mistakes_told
from planish.structure.blocks import Part, added, as_chain, joined_along

_SUMS = ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum")


def is_input(value: Any) -> bool:
    """Whether it is what `keras.Input` gives: a tensor without values, which has a shape."""
    return type(value).__name__ == "KerasTensor"


def model_in_file(path: str | os.PathLike[str]) -> Sequential:
    """The model of a `.keras` file without its weights. Errors as those of `load_model`."""
    name = os.path.expanduser(os.fspath(path))
    with open_archive(name) as archive:
        config = archive.json("config.json")
    with mistakes_told(name):
        return _model(config, name)


def model_of(model: Any) -> Sequential:
    """A Keras model with one input and one output. ValueError for others, and if planish lacks one of its layers."""
    config = json.loads(model.to_json())
    if "layers" in config["config"]:  # whatever a class of the user's own is called
        config["class_name"] = "Functional" if "output_layers" in config["config"] else "Sequential"
    return _model(config, model.name)


def layer_of(layer: Any) -> Layer:
    """A Keras layer. ValueError if planish lacks it."""
    config = {"module": "keras.layers", "class_name": type(layer).__name__, "config": layer.get_config()}
    made: Layer = serialization.deserialize(config)
    return made


def _model(config: dict[str, Any], source: str) -> Sequential:
    if config.get("class_name") in ("Functional", "Model"):
        return _functional(config["config"], source)
    config_check.check_model(config, source, {})
    model = Sequential.from_config(config["config"])
    shape = (config.get("build_config") or {}).get("input_shape")
    if not model.built and shape is not None:
        model.build(shape)
    return model


def _functional(config: dict[str, Any], source: str) -> Sequential:
    """A functional model with one input and one output; branches that meet again become one layer."""
    items = {item["name"]: item for item in config["layers"]}
    starts = [item for item in items.values() if item["class_name"] == "InputLayer"]
    ends = _names(config["output_layers"])
    if len(starts) != 1 or len(ends) != 1:
        raise _refused(source, f"{len(starts)} inputs and {len(ends)} outputs")
    start = starts[0]
    parts = [_part(items[name], source) for name in _in_order(items, ends[0]) if name != start["name"]]
    layers: list[Any] = [InputLayer(batch_shape=start["config"]["batch_shape"], name=start["name"])]
    return Sequential([*layers, *as_chain(start["name"], parts)], name=config["name"])


def _names(tensors: Any) -> list[str]:
    """The layers that a configuration's `output_layers` names: ['dense', 0, 0], or a list of such."""
    return [tensors[0]] if isinstance(tensors[0], str) else [tensor[0] for tensor in tensors]


def _in_order(items: dict[str, Any], end: str) -> list[str]:
    """The layers that `end` needs, each after those that it takes."""
    order: list[str] = []
    stack = [(end, False)]
    while stack:
        name, expanded = stack.pop()
        if expanded:
            order.append(name)
        elif name not in order:
            stack.append((name, True))
            stack += [(taken, False) for taken in _tensors_in(items[name]["inbound_nodes"]) if taken not in order]
    return list(dict.fromkeys(order))


def _part(item: dict[str, Any], source: str) -> Part:
    kind, name = item["class_name"], item["name"]
    taken = tuple(_tensors_in(item["inbound_nodes"]))
    if len(item["inbound_nodes"]) != 1:
        raise _refused(source, f"{name!r}, which is used {len(item['inbound_nodes'])} times")
    if kind in _SUMS:
        return Part(kind, name, taken, combine=added)
    if kind == "Concatenate":
        return Part(kind, name, taken, combine=joined_along(item["config"].get("axis", -1)))
    if len(taken) != 1:
        raise _refused(source, f"{kind} {name!r}, which takes {len(taken)} tensors")
    config_check.check_model({"class_name": "Sequential", "config": {"layers": [item]}}, source, {})
    return Part(kind, name, taken, serialization.deserialize(item))


def _tensors_in(value: Any) -> list[str]:
    """The names of the layers whose results a configuration's arguments are."""
    if isinstance(value, dict):
        if value.get("class_name") == "__keras_tensor__":
            return [value["config"]["keras_history"][0]]
        value = list(value.values())
    return [name for item in value for name in _tensors_in(item)] if isinstance(value, list) else []


def _refused(source: str, received: str) -> ValueError:
    return ValueError(
        explain(
            what=f"the structure of {source!r} cannot be read",
            rule="planish reads models with one input and one output, whose layers are used once",
            received=received,
        )
    )
