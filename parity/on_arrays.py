"""What metrics and image layers make of arrays, on either side: `library` is the module planish, or keras."""

from __future__ import annotations

from typing import Any

import numpy as np

Arrays = dict[str, np.ndarray[Any, Any]]

UPDATES, ROWS, CLASSES = 3, (11, 4, 7), 5
UNWEIGHTED = (
    "PearsonCorrelation", "ConcordanceCorrelation", "IoU", "MeanIoU", "BinaryIoU", "OneHotIoU", "OneHotMeanIoU",
)  # fmt: skip
"""Metrics that take no weights of samples, or that cut them down to whole numbers in Keras."""
PIXELS = [2, 17, 19, 3]


def given(case: dict[str, Any]) -> Arrays:
    random = np.random.default_rng([case["seed"], 1])
    if case["arrays"] == "image":
        smooth = random.uniform(0, 255, (2, 5, 6, 3)).repeat(4, 1).repeat(4, 2)[:, : PIXELS[1], : PIXELS[2]]
        count = 1 if case["about"] == "Equalization" else len(smooth)  # Keras counts the pixels of the whole batch
        return {"x": np.floor(smooth[:count]).astype(np.float32)}
    if case["arrays"] == "function":
        return {"x": random.standard_normal((5, 6)).astype(np.float32)}
    updates = [_update(case["data"], rows, random) for rows in ROWS]
    return {f"{part}{number}": array for number, update in enumerate(updates) for part, array in update.items()}


def _update(data: str, rows: int, random: np.random.Generator) -> Arrays:
    """Targets, outputs and weights of an update."""
    weights = random.uniform(0.2, 2.0, rows).astype(np.float32)
    outputs = random.uniform(0.05, 1.0, (rows, CLASSES)).astype(np.float32)
    labels = random.integers(0, CLASSES, rows)
    if data in ("one-hot", "labels", "flags"):
        outputs = outputs if data == "flags" else (outputs / outputs.sum(-1, keepdims=True)).astype(np.float32)
        flags = (random.random((rows, CLASSES)) < 0.4).astype(np.float32)
        targets = {"one-hot": np.eye(CLASSES, dtype=np.float32)[labels], "labels": labels, "flags": flags}[data]
        return {"y": targets, "p": outputs, "s": weights}
    if data in ("classes", "equal"):
        return {"y": labels, "p": random.integers(0, CLASSES, rows), "s": weights}
    if data == "one value":
        return {"y": outputs[:, 0], "s": weights}
    return {"y": random.normal(1.0, 1.0, (rows, CLASSES)).astype(np.float32), "p": outputs, "s": weights}


def answer(library: Any, case: dict[str, Any], arrays: Any) -> Arrays:
    """What the layer makes of the images, or the results of the metric after each of its updates, and after a reset."""
    if case["arrays"] == "image":
        layer = getattr(library.layers, case["about"])(**case["given"])
        return {"prediction": np.asarray(layer(arrays["x"], training=True))}
    if case["arrays"] == "function":
        x = library.ops.convert_to_tensor(arrays["x"])
        return {"prediction": np.asarray(getattr(library.activations, case["about"])(x, **case["given"]))}
    metric = getattr(library.metrics, case["about"])(**case["given"])
    found: Arrays = {}
    for weighted in (False, True):
        for update in range(UPDATES):
            parts = [arrays[f"{part}{update}"] for part in ("y", "p") if f"{part}{update}" in arrays]
            weigh = weighted and case["about"] not in UNWEIGHTED
            metric.update_state(*parts, **({"sample_weight": arrays[f"s{update}"]} if weigh else {}))
            found[f"result{update}{'-weighted' * weighted}"] = np.asarray(metric.result(), np.float64)
        metric.reset_state()
    return found
