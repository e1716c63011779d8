"""What a net gives in float64, from the definitions. Needs NumPy only."""

from __future__ import annotations

import functools
from collections.abc import Iterator

import numpy as np
from nets import Border, Branches, Conv, Dense, Depthwise, Dropout, Layer, Net, Plain, Pool, Window

EPSILON = 1e-3  # of batch normalization, as in Keras


def reference(net: Net, x: np.ndarray, values: list[np.ndarray]) -> np.ndarray:
    """Probabilities [n, classes] for images x, with weights as `nets.weights` orders them: image by image, since the
    windows of a large map take much memory."""
    logits = np.concatenate(
        [_through(net.layers, x[i : i + 1].astype(np.float64), iter(values)) for i in range(len(x))]
    )
    exponentials = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


def _through(layers: tuple[Layer, ...], x: np.ndarray, values: Iterator[np.ndarray]) -> np.ndarray:
    for layer in layers:
        x = _after(layer, x, values)
    return x


def _after(layer: Layer, x: np.ndarray, values: Iterator[np.ndarray]) -> np.ndarray:
    match layer:
        case Branches(kind, branches):
            ends = [_through(branch, x, values) for branch in branches]
            if kind == "concat":
                return np.concatenate(ends, axis=-1)
            return functools.reduce(np.add if kind == "add" else np.multiply, ends)
        case Conv():
            kernel = next(values)
            return np.einsum("nhwcij,ijco->nhwo", _windows(layer, x), kernel, optimize=True) + next(values)
        case Depthwise():
            kernel = next(values)[..., 0]
            return np.einsum("nhwcij,ijc->nhwc", _windows(layer, x), kernel, optimize=True) + next(values)
        case Pool(kind, size):
            windows = np.lib.stride_tricks.sliding_window_view(x, (size, size), axis=(1, 2))
            windows = windows[:, :: layer.apart, :: layer.apart]
            return windows.max(axis=(-2, -1)) if kind == "max" else windows.mean(axis=(-2, -1))
        case Border(width):
            return np.pad(x, ((0, 0), (width, width), (width, width), (0, 0)))
        case Dense():
            return x @ next(values).astype(np.float64) + next(values)
        case Dropout():
            return x
        case Plain("batch_norm"):
            gamma, beta, mean, variance = (next(values).astype(np.float64) for _ in range(4))
            return (x - mean) / np.sqrt(variance + EPSILON) * gamma + beta
    return _PLAIN[layer.kind](x)


_PLAIN = {
    "relu": lambda x: np.maximum(x, 0),
    "relu6": lambda x: np.clip(x, 0, 6),
    "swish": lambda x: x * _sigmoid(x),
    "sigmoid": lambda x: _sigmoid(x),
    "tanh": np.tanh,
    "flatten": lambda x: x.reshape(len(x), -1),
    "global_average": lambda x: x.mean(axis=(1, 2)),
    "global_average_kept": lambda x: x.mean(axis=(1, 2), keepdims=True),
}


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return np.exp(-np.logaddexp(0, -x))


def _windows(layer: Window, x: np.ndarray) -> np.ndarray:
    """What each output sees: [n, rows, columns, channels, kernel rows, kernel columns]."""
    padded = np.pad(x, ((0, 0), layer.border(x.shape[1]), layer.border(x.shape[2]), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (layer.kernel, layer.kernel), axis=(1, 2))
    return windows[:, :: layer.stride, :: layer.stride]
