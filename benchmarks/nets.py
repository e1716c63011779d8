"""The networks that are measured, as lists of layers from which every library builds its own. Needs NumPy only."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class Conv:
    """Square kernel; `padding` is "valid", or "same" (with stride 1, where all libraries mean the same by it)."""

    filters: int
    kernel: int
    stride: int = 1
    padding: str = "valid"


@dataclass(frozen=True)
class Pool:
    """Square windows of the kind "max" or "average", side by side."""

    kind: str = "max"
    size: int = 2


@dataclass(frozen=True)
class Dense:
    units: int


@dataclass(frozen=True)
class Dropout:
    rate: float


@dataclass(frozen=True)
class Plain:
    """A layer without numbers: relu, tanh, flatten, batch_norm, or global_average (over rows and columns)."""

    kind: str


Layer = Conv | Pool | Dense | Dropout | Plain
RELU, TANH, FLATTEN = Plain("relu"), Plain("tanh"), Plain("flatten")
BATCH_NORM, GLOBAL_AVERAGE = Plain("batch_norm"), Plain("global_average")


@dataclass(frozen=True)
class Net:
    """A classifier of 10 classes; a softmax follows its last layer. An epoch is of `images`: whole batches of 128."""

    name: str
    shape: tuple[int, int, int]
    layers: tuple[Layer, ...]
    images: int

    def shapes(self) -> Iterator[tuple[Layer, tuple[int, ...], tuple[int, ...]]]:
        """Each layer with the shapes of an image before and after it."""
        shape: tuple[int, ...] = self.shape
        for layer in self.layers:
            before, shape = shape, _after(layer, shape)
            yield layer, before, shape

    def without_dropout(self) -> Net:
        return replace(self, layers=tuple(layer for layer in self.layers if not isinstance(layer, Dropout)))


def _after(layer: Layer, shape: tuple[int, ...]) -> tuple[int, ...]:
    match layer:
        case Conv(filters, kernel, stride, padding):
            shrink = kernel - 1 if padding == "valid" else 0
            return (*((side - shrink - 1) // stride + 1 for side in shape[:2]), filters)
        case Pool(_, size):
            return (shape[0] // size, shape[1] // size, shape[2])
        case Dense(units):
            return (units,)
        case Plain("flatten"):
            return (math.prod(shape),)
        case Plain("global_average"):
            return shape[2:]
    return shape


def _vgg() -> tuple[Layer, ...]:
    layers: list[Layer] = []
    for filters in (32, 64, 128):
        for _ in range(2):
            layers += [Conv(filters, 3, padding="same"), BATCH_NORM, RELU]
        layers += [Pool(), Dropout(0.25)]
    return (*layers, FLATTEN, Dense(128), BATCH_NORM, RELU, Dropout(0.5), Dense(10))


NETS = {
    net.name: net
    for net in (
        Net("blog", (28, 28, 1), (
            Conv(32, 3), RELU, Pool(), Conv(64, 3), RELU, Pool(), FLATTEN, Dense(128), RELU, Dense(10),
        ), 12_800),
        Net("mlp", (28, 28, 1), (FLATTEN, Dense(128), RELU, Dense(10)), 30_720),
        Net("logistic", (28, 28, 1), (FLATTEN, Dense(10)), 30_720),
        Net("cifar", (32, 32, 3), (
            Conv(32, 3), RELU, Pool(), Conv(64, 3), RELU, Pool(), Conv(64, 3), RELU, FLATTEN,
            Dense(64), RELU, Dense(10),
        ), 6_400),
        Net("vgg", (32, 32, 3), _vgg(), 1_024),
        Net("strided", (32, 32, 3), (
            Conv(32, 3), RELU, Conv(64, 3, stride=2), RELU, Conv(64, 3), RELU, Conv(128, 3, stride=2), RELU,
            Conv(10, 1), GLOBAL_AVERAGE,
        ), 3_200),
        Net("lenet", (32, 32, 3), (
            Conv(6, 5), TANH, Pool("average"), Conv(16, 5), TANH, Pool("average"), FLATTEN,
            Dense(120), TANH, Dense(84), TANH, Dense(10),
        ), 12_800),
    )
}  # fmt: skip
BLOG = NETS["blog"]


def weights(net: Net) -> list[np.ndarray]:
    """The same starting weights for all libraries, in Keras's order and shapes: Glorot's kernels, small biases."""
    random = np.random.default_rng(7)
    values = []
    for layer, before, after in net.shapes():
        if isinstance(layer, Conv | Dense):
            area = layer.kernel**2 if isinstance(layer, Conv) else 1
            shape = (layer.kernel, layer.kernel) if isinstance(layer, Conv) else ()
            bound = math.sqrt(6 / (area * (before[-1] + after[-1])))
            values.append(random.uniform(-bound, bound, (*shape, before[-1], after[-1])).astype(np.float32))
            values.append(random.uniform(-0.05, 0.05, after[-1:]).astype(np.float32))
        elif layer == BATCH_NORM:
            values += [np.full(after[-1:], start, np.float32) for start in (1, 0, 0, 1)]
    return values


def trainable(net: Net) -> list[bool]:
    """Which of `weights` gradients change: all but the moving statistics of batch normalization."""
    flags = []
    for layer in net.layers:
        if isinstance(layer, Conv | Dense):
            flags += [True, True]
        elif layer == BATCH_NORM:
            flags += [True, True, False, False]
    return flags


def images(net: Net, count: int, data: Path | None = None, draw: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """float32 [count, *shape] in [0, 1] and int32 labels: of an MNIST file in Keras's form if it fits, or random.

    Another `draw` gives other images.
    """
    if data is None or net.shape != (28, 28, 1):
        random = np.random.default_rng(1 + draw)
        return random.random((count, *net.shape), np.float32), random.integers(0, 10, count).astype(np.int32)
    with np.load(data) as arrays:
        x, y = arrays["x_train"], arrays["y_train"]
    rows = np.arange(draw * count, (draw + 1) * count) % len(x)
    return (x[rows, ..., None] / np.float32(255)).astype(np.float32), y[rows].astype(np.int32)


def reference(x: np.ndarray, values: list[np.ndarray]) -> np.ndarray:
    """The blog's model's probabilities in float64, from the definitions."""
    out = x.astype(np.float64)
    for kernel, bias in ((values[0], values[1]), (values[2], values[3])):
        windows = np.lib.stride_tricks.sliding_window_view(out, (3, 3), axis=(1, 2))
        out = np.maximum(np.einsum("nhwcij,ijco->nhwo", windows, kernel.astype(np.float64), optimize=True) + bias, 0)
        rows, columns = out.shape[1] // 2, out.shape[2] // 2
        out = out[:, : 2 * rows, : 2 * columns].reshape(len(out), rows, 2, columns, 2, -1).max(axis=(2, 4))
    out = np.maximum(out.reshape(len(out), -1) @ values[4] + values[5], 0) @ values[6] + values[7]
    exponentials = np.exp(out - out.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)
