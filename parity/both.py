"""What either library does with a case: `library` is the module planish, or keras. Needs NumPy only."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

Arrays = dict[str, np.ndarray[Any, Any]]


def build(library: Any, case: dict[str, Any]) -> Any:
    """The compiled model of a case, by calling."""
    images = library.Input(tuple(case["input_shape"]), name="images")
    layers = [_layer(library, name, arguments) for name, arguments in case["layers"]]
    name = f"seed_{case['seed']}"
    if "branches" in case:
        model = library.Model(images, _merged(library, images, layers, case["branches"]), name=name)
    else:
        model = library.Sequential([images, *layers], name=name)
    name, arguments = case["optimizer"]
    model.compile(getattr(library.optimizers, name).from_config(arguments), _loss(library, case))
    return model


def _merged(library: Any, images: Any, layers: list[Any], branches: int) -> Any:
    """The third layer called on what the first two make of the images, and on dense layers of them."""
    first, curve, merge, *rest = layers
    units = first.get_config()["units"]
    others = [library.layers.Dense(units, "tanh", name=f"other_{number}") for number in range(1, branches)]
    outputs = merge([curve(first(images)), *(each(images) for each in others)])
    for layer in rest:
        outputs = layer(outputs)
    return outputs


def _layer(library: Any, name: str, arguments: dict[str, Any]) -> Any:
    """A layer; around others where an argument is [class, arguments], or a list of these; of one of FUNCTIONS."""
    made = dict(arguments)
    if "layer" in made:
        made["layer"] = _layer(library, *made["layer"])
    if "layers" in made:
        made["layers"] = [_layer(library, *each) for each in made["layers"]]
    if "function" in made:
        made["function"] = FUNCTIONS[made["function"]](library.ops)
    return getattr(library.layers, name)(**made)


FUNCTIONS: dict[str, Callable[[Any], Callable[[Any], Any]]] = {
    "scaled": lambda ops: lambda x: 2.5 * x - ops.tanh(x),
    "halves": lambda ops: lambda x: x[:, ::2] * ops.sigmoid(x[:, 1::2, :, :1][:, :1]),
    "means": lambda ops: lambda x: ops.concatenate([ops.mean(x, axis=(1, 2)), ops.max(x, axis=(1, 2))], axis=-1),
}
"""What cases call Lambda's functions."""


def _loss(library: Any, case: dict[str, Any]) -> Any:
    name, arguments = case["loss"]
    return getattr(library.losses, name)(**arguments)


def loss_values(library: Any, case: dict[str, Any], given: Any, prediction: Any) -> Arrays:
    """What the loss says of targets and outputs, without and with weights of samples."""
    if not case.get("scored"):
        return {}
    loss, y = _loss(library, case), given["y"]
    weights = np.linspace(0.2, 1.9, len(y), dtype=np.float32)
    return {"values": np.asarray([float(loss(y, prediction)), float(loss(y, prediction, weights))])}


def configuration(model: Any) -> dict[str, Any]:
    """Everything that a model and its compilation say about themselves, as JSON has it."""
    both = {"model": model.get_config(), "compile": model.get_compile_config()}
    held: dict[str, Any] = json.loads(json.dumps(both))
    return held


def rebuild(library: Any, config: dict[str, Any]) -> Any:
    """The compiled model of a configuration, the library's own or the other's."""
    class_ = library.Model if "input_layers" in config["model"] else library.Sequential
    model = class_.from_config(config["model"])
    model.compile_from_config(config["compile"])
    return model


def answer(model: Any, case: dict[str, Any], given: Any) -> Arrays:
    """Predictions, and the weights after the case's steps."""
    model.set_weights([given[f"w{i}"] for i in range(len(model.weights))])
    if case["optimizer"][0] == "ScheduleFreeAdamW" and case["steps"]:  # it keeps the weights that it was built for
        model.compile_from_config(model.get_compile_config())
    results = {"prediction": np.asarray(model.predict_on_batch(given["x"]))}
    batch = case["batch"]
    for step in range(case["steps"]):
        rows = slice(step * batch, (step + 1) * batch)
        weights = given["s"][rows] if case.get("weighted") else None
        model.train_on_batch(given["x"][rows], given["y"][rows], sample_weight=weights)
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
