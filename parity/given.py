"""What both sides start from: images, targets and weights, from the case's seed."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

Arrays = dict[str, np.ndarray[Any, Any]]


def arrays(case: dict[str, Any], model: Any) -> Arrays:
    """x, y, w0, w1 ... for a built model of the case."""
    x, y = _data(case, model.output_shape[-1])
    start = starting_weights(case, [(variable.path, tuple(variable.shape)) for variable in model.weights])
    weights = np.random.default_rng([case["seed"], 3]).uniform(0.2, 2.0, len(x)).astype(np.float32)
    return {"x": x, "y": y, "s": weights, **{f"w{i}": value for i, value in enumerate(start)}}


def _data(case: dict[str, Any], classes: int) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Images and targets that suit the loss: int32 [n] classes, or float32 [n, classes] of numbers or flags."""
    random = np.random.default_rng([case["seed"], 1])
    count = max(3, case["steps"]) * case["batch"]
    if case["dtype"] == "uint8":
        x = random.integers(0, 256, (count, *case["input_shape"])).astype(np.uint8)
    else:
        x = random.standard_normal((count, *case["input_shape"])).astype(np.float32)
    labels = random.integers(0, classes, count).astype(np.int32)
    loss = case["loss"][0]
    if loss.startswith("Sparse") or loss in ("CategoricalGeneralizedCrossEntropy", "Circle"):
        return x, labels
    if loss.startswith("Categorical"):
        return x, np.eye(classes, dtype=np.float32)[labels]
    if loss in ("Hinge", "SquaredHinge", "Dice", "Tversky", "BinaryFocalCrossentropy"):
        return x, random.integers(0, 2, (count, classes)).astype(np.float32)
    return x, random.random((count, classes)).astype(np.float32)


def starting_weights(case: dict[str, Any], shapes: list[tuple[str, tuple[int, ...]]]) -> list[np.ndarray[Any, Any]]:
    """By name and shape: kernels scaled to their inputs, variances above zero."""
    random = np.random.default_rng([case["seed"], 2])
    values = []
    for name, shape in shapes:
        value = random.standard_normal(shape)
        if len(shape) > 1:
            value *= math.sqrt(1.5 / math.prod(shape[:-1]))
        elif "variance" in name or "gamma" in name:
            value = 1 + 0.4 * np.tanh(value)
        else:
            value *= 0.2
        values.append(value.astype(np.float32))
    return values
