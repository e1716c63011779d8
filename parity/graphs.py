"""Builds, trains and asks a functional case: `library` is the module planish, or keras. Needs NumPy only."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

Arrays = dict[str, np.ndarray[Any, Any]]

OPERATORS: dict[str, Callable[..., Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "neg": operator.neg, "abs": abs,
    "slice": lambda x, told: x[tuple(_key(part) for part in told["key"])],
}  # fmt: skip


def _key(part: Any) -> Any:
    if part == "...":
        return Ellipsis
    return slice(*part) if isinstance(part, list) else part


def network(library: Any, told: dict[str, Any]) -> Any:
    """The model of a description."""
    tensors = {name: library.Input(tuple(shape), name=name) for name, shape in told["inputs"]}
    inputs = _formed(told["input_form"], tensors)
    layers = {name: _layer(library, kind, arguments) for name, (kind, arguments) in told["layers"].items()}
    for result, called, operands in told["calls"]:
        given = _operands(operands, tensors)
        made = layers[called](given) if called in layers else OPERATORS[called](*given)
        names = result if isinstance(result, list) else [result]
        tensors |= dict(zip(names, made if isinstance(result, list) else [made], strict=True))
    outputs = _formed(told["output_form"], {name: tensors[name] for name in told["outputs"]})
    return library.Model(inputs, outputs, name=told["name"])


def _layer(library: Any, kind: str, arguments: dict[str, Any]) -> Any:
    if kind == "Network":
        return network(library, arguments)
    if kind == "Stack":
        model = library.Sequential(name=arguments["name"])
        model.add(library.Input(tuple(arguments["shape"])))
        for inner, settings in arguments["layers"]:
            model.add(getattr(library.layers, inner)(**settings))
        return model
    return getattr(library.layers, kind)(**arguments)


def _operands(told: Any, tensors: dict[str, Any]) -> Any:
    if isinstance(told, list):
        return [_operands(part, tensors) for part in told]
    return tensors[told] if isinstance(told, str) else told


def _formed(form: str, values: dict[str, Any]) -> Any:
    """One value, or a list, a tuple or a dictionary of them."""
    if form == "single":
        return next(iter(values.values()))
    return dict(values) if form == "dict" else {"list": list, "tuple": tuple}[form](values.values())


def build(library: Any, case: dict[str, Any]) -> Any:
    """The compiled model of a case, by calling, with automatic names that start anew."""
    library.utils.clear_session()
    model = network(library, case["network"])
    for path in case["frozen"]:
        part = model
        for name in path:
            part = part.get_layer(name)
        part.trainable = False
    name, arguments = case["optimizer"]
    model.compile(getattr(library.optimizers, name).from_config(arguments), **_settings(library, case))
    return model


def _settings(library: Any, case: dict[str, Any]) -> dict[str, Any]:
    """compile's arguments; losses are strings, or objects of the library."""

    def loss(told: Any) -> Any:
        return getattr(library.losses, told[0])(**told[1]) if isinstance(told, list) else told

    found: dict[str, Any] = {"loss": _each(case["loss_form"], case["names"], [loss(told) for told in case["losses"]])}
    if case["loss_weights"] is not None:
        found["loss_weights"] = _each(case["loss_form"], case["names"], case["loss_weights"])
    for kind in ("metrics", "weighted_metrics"):
        if case[kind] is not None:
            found[kind] = _each(case["loss_form"], case["names"], case[kind])
    return found


def _each(form: str, names: list[str], values: list[Any]) -> Any:
    """Something for each output; a dictionary leaves None out."""
    if form == "single":
        return values[0]
    return {n: v for n, v in zip(names, values, strict=True) if v is not None} if form == "dict" else list(values)


def arrays(case: dict[str, Any], model: Any) -> Arrays:
    """x0, x1, ..., y0, ..., and w0, w1, ... for a built model of the case; s0, ... if samples are weighted."""
    from given import starting_weights

    random = np.random.default_rng([case["seed"], 1])
    count = case["steps"] * case["batch"] - case["short"]
    found: Arrays = {}
    for i, (_, shape) in enumerate(case["network"]["inputs"]):
        found[f"x{i}"] = random.standard_normal((count, *shape)).astype(np.float32)
    for i, (told, units) in enumerate(zip(case["losses"], case["units"], strict=True)):
        kind = (told[0] if isinstance(told, list) else told).lower().replace("_", "")
        if kind.startswith("sparse"):
            found[f"y{i}"] = random.integers(0, units, count).astype(np.int32)
        elif kind.startswith("categorical"):
            found[f"y{i}"] = np.eye(units, dtype=np.float32)[random.integers(0, units, count)]
        else:
            found[f"y{i}"] = random.random((count, units)).astype(np.float32)
        if case["sample_weight"]:
            found[f"s{i}"] = random.uniform(0.2, 2, count).astype(np.float32)
    start = starting_weights(case, [(variable.path, tuple(variable.shape)) for variable in model.weights])
    return found | {f"w{i}": value for i, value in enumerate(start)}


def data(case: dict[str, Any], given: Any) -> tuple[Any, Any, Any]:
    """x, y and the weights of samples (or None) in the forms of the case."""
    inputs = [name for name, _ in case["network"]["inputs"]]
    x = _formed(case["x_form"], {name: given[f"x{i}"] for i, name in enumerate(inputs)})
    y = _formed(case["y_form"], {name: given[f"y{i}"] for i, name in enumerate(case["names"])})
    if not case["sample_weight"]:
        return x, y, None
    weights = {name: given[f"s{i}"] for i, name in enumerate(case["names"])}
    return x, y, _formed(case["y_form"], weights)


def answer(model: Any, case: dict[str, Any], given: Any) -> tuple[Arrays, dict[str, Any]]:
    """Predictions, what `evaluate` finds, and the weights after an epoch of the case's steps; and names, History."""
    model.set_weights([given[f"w{i}"] for i in range(len(model.weights))])
    x, y, weights = data(case, given)
    results = predictions(model, x)
    scores = model.evaluate(x, y, batch_size=case["batch"], sample_weight=weights, verbose=0, return_dict=True)
    more = {"class_weight": {int(k): v for k, v in case["class_weight"].items()}} if case["class_weight"] else {}
    history = model.fit(
        x, y, batch_size=case["batch"], epochs=1, shuffle=False, sample_weight=weights, verbose=0, **more
    ).history
    told = {
        "paths": [variable.path for variable in model.weights],
        "trainable": [variable.path for variable in model.trainable_weights],
        "layers": [[type(layer).__name__, layer.name] for layer in model.layers],
        "evaluate": {key: float(value) for key, value in scores.items()},
        "history": {key: [float(value) for value in values] for key, values in history.items()},
    }
    return results | {f"w{i}": value for i, value in enumerate(model.get_weights())}, told


def predictions(model: Any, x: Any, name: str = "prediction") -> Arrays:
    """In the order of the keys, if the model gives a dictionary."""
    made = model.predict(x, verbose=0)
    if isinstance(made, dict):
        made = [made[key] for key in sorted(made)]
    made = made if isinstance(made, list | tuple) else [made]
    return {f"{name}{i}": np.asarray(value) for i, value in enumerate(made)}
