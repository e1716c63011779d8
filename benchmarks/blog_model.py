"""The model that is measured (that of many tutorials), its data, and a plain NumPy reference. Needs NumPy only."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

# Shapes as Keras has them: kernels [rows, columns, in, out].
SHAPES = [(3, 3, 1, 32), (32,), (3, 3, 32, 64), (64,), (1600, 128), (128,), (128, 10), (10,)]


def weights() -> list[np.ndarray]:
    """The same starting weights for everybody: Glorot's kernels, small biases."""
    random = np.random.default_rng(7)
    values = []
    for shape in SHAPES:
        if len(shape) == 1:
            values.append(random.uniform(-0.05, 0.05, shape).astype(np.float32))
            continue
        area = math.prod(shape[:-2])
        bound = math.sqrt(6 / (area * (shape[-2] + shape[-1])))
        values.append(random.uniform(-bound, bound, shape).astype(np.float32))
    return values


def images(count: int, data: Path | None = None) -> tuple[np.ndarray, np.ndarray]:
    """float32 [count, 28, 28, 1] in [0, 1] and int32 labels: of an MNIST file in Keras's form, or random ones."""
    if data is None:
        random = np.random.default_rng(1)
        return random.random((count, 28, 28, 1), np.float32), random.integers(0, 10, count).astype(np.int32)
    with np.load(data) as arrays:
        x, y = arrays["x_train"], arrays["y_train"]
    rows = np.arange(count) % len(x)
    return (x[rows, ..., None] / np.float32(255)).astype(np.float32), y[rows].astype(np.int32)


def reference(x: np.ndarray, values: list[np.ndarray]) -> np.ndarray:
    """The model's probabilities in float64, from the definitions."""
    out = x.astype(np.float64)
    for kernel, bias in ((values[0], values[1]), (values[2], values[3])):
        windows = np.lib.stride_tricks.sliding_window_view(out, (3, 3), axis=(1, 2))
        out = np.maximum(np.einsum("nhwcij,ijco->nhwo", windows, kernel.astype(np.float64), optimize=True) + bias, 0)
        rows, columns = out.shape[1] // 2, out.shape[2] // 2
        out = out[:, : 2 * rows, : 2 * columns].reshape(len(out), rows, 2, columns, 2, -1).max(axis=(2, 4))
    out = np.maximum(out.reshape(len(out), -1) @ values[4] + values[5], 0) @ values[6] + values[7]
    exponentials = np.exp(out - out.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)
