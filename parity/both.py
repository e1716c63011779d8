"""What either library does with a case: `library` is the module planish, or keras. Needs NumPy only."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np

Arrays = dict[str, np.ndarray[Any, Any]]


def build(library: Any, case: dict[str, Any]) -> Any:
    """The compiled model of a case, by calling."""
    model = library.Sequential(name=f"seed_{case['seed']}")
    model.add(library.Input(tuple(case["input_shape"]), name="images"))
    for name, arguments in case["layers"]:
        model.add(_layer(library, name, arguments))
    loss_name, loss_arguments = case["loss"]
    name, arguments = case["optimizer"]
    optimizer = getattr(library.optimizers, name).from_config(arguments)
    model.compile(optimizer, getattr(library.losses, loss_name)(**loss_arguments))
    return model


def _layer(library: Any, name: str, arguments: dict[str, Any]) -> Any:
    """A layer, around another one if `layer` among its arguments is [class, arguments]."""
    inside = {key: _layer(library, *value) for key, value in arguments.items() if key == "layer"}
    return getattr(library.layers, name)(**{**arguments, **inside})


def configuration(model: Any) -> dict[str, Any]:
    """Everything that a model and its compilation say about themselves, as JSON has it."""
    both = {"model": model.get_config(), "compile": model.get_compile_config()}
    held: dict[str, Any] = json.loads(json.dumps(both))
    return held


def rebuild(library: Any, config: dict[str, Any]) -> Any:
    """The compiled model of a configuration, the library's own or the other's."""
    model = library.Sequential.from_config(config["model"])
    model.compile_from_config(config["compile"])
    return model


def answer(model: Any, case: dict[str, Any], given: Any) -> Arrays:
    """Predictions, and the weights after the case's steps."""
    model.set_weights([given[f"w{i}"] for i in range(len(model.weights))])
    results = {"prediction": np.asarray(model.predict_on_batch(given["x"]))}
    batch = case["batch"]
    for step in range(case["steps"]):
        rows = slice(step * batch, (step + 1) * batch)
        model.train_on_batch(given["x"][rows], given["y"][rows])
    return results | {f"w{i}": value for i, value in enumerate(model.get_weights())}


def config_differences(one: Any, other: Any, place: str = "") -> Iterator[str]:
    """Where two configurations differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted(one.keys() | other.keys()):
            yield from config_differences(one.get(key, "(absent)"), other.get(key, "(absent)"), f"{place}/{key}")
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for i, (a, b) in enumerate(zip(one, other, strict=True)):
            yield from config_differences(a, b, f"{place}/{i}")
    elif one != other:
        yield f"{place}: {one!r}, not {other!r}"
