"""The networks that are measured, as layers and branches of layers, from which every library builds its own.

Needs NumPy only.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np


class Window:
    """Square kernel; `padding` is "valid", or "same" in Keras's meaning: the odd row of zeros is below (`border`)."""

    kernel: int
    stride: int
    padding: str

    def border(self, side: int) -> tuple[int, int]:
        """Zeros in front of an axis of this size, and behind it."""
        if self.padding == "valid":
            return 0, 0
        missing = max(0, (-(-side // self.stride) - 1) * self.stride + self.kernel - side)
        return missing // 2, missing - missing // 2

    def side(self, before: int) -> int:
        """The size of an axis after it."""
        return (before + sum(self.border(before)) - self.kernel) // self.stride + 1


@dataclass(frozen=True)
class Conv(Window):
    filters: int
    kernel: int
    stride: int = 1
    padding: str = "valid"


@dataclass(frozen=True)
class Depthwise(Window):
    """A convolution of each channel by itself."""

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
    """A layer without numbers: relu, relu6, tanh, flatten, batch_norm, or global_average (over rows and columns)."""

    kind: str


@dataclass(frozen=True)
class Branches:
    """Sequences of layers side by side, whose results are added ("add") or concatenated along the channels ("concat").

    An empty sequence passes on what it gets.
    """

    kind: str
    branches: tuple[tuple[Layer, ...], ...]


Layer = Conv | Depthwise | Pool | Dense | Dropout | Plain | Branches
Shape = tuple[int, ...]
RELU, RELU6, TANH, FLATTEN = Plain("relu"), Plain("relu6"), Plain("tanh"), Plain("flatten")
BATCH_NORM, GLOBAL_AVERAGE = Plain("batch_norm"), Plain("global_average")


@dataclass(frozen=True)
class Net:
    """A classifier of 10 classes; a softmax follows its last layer. An epoch is of `images`: whole batches of 128."""

    name: str
    shape: tuple[int, int, int]
    layers: tuple[Layer, ...]
    images: int

    def shapes(self) -> Iterator[tuple[Layer, Shape, Shape]]:
        """Each layer with the shapes of an image before and after it, those of branches one branch after another."""
        return _walk(self.layers, self.shape)

    def is_chain(self) -> bool:
        return not any(isinstance(layer, Branches) for layer in self.layers)

    def without_dropout(self) -> Net:
        return replace(self, layers=_without_dropout(self.layers))


def _walk(layers: tuple[Layer, ...], shape: Shape) -> Iterator[tuple[Layer, Shape, Shape]]:
    for layer in layers:
        before, shape = shape, after(layer, shape)
        if isinstance(layer, Branches):
            for branch in layer.branches:
                yield from _walk(branch, before)
        else:
            yield layer, before, shape


def _without_dropout(layers: tuple[Layer, ...]) -> tuple[Layer, ...]:
    return tuple(
        Branches(layer.kind, tuple(map(_without_dropout, layer.branches))) if isinstance(layer, Branches) else layer
        for layer in layers
        if not isinstance(layer, Dropout)
    )


def after(layer: Layer, shape: Shape) -> Shape:
    """The shape of an image after a layer."""
    match layer:
        case Branches(kind, branches):
            ends = [functools.reduce(lambda shape, layer: after(layer, shape), branch, shape) for branch in branches]
            return ends[0] if kind == "add" else (*ends[0][:-1], sum(end[-1] for end in ends))
        case Conv(filters):
            return (layer.side(shape[0]), layer.side(shape[1]), filters)
        case Depthwise():
            return (layer.side(shape[0]), layer.side(shape[1]), shape[2])
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


def _residual(filters: int, stride: int = 1) -> tuple[Layer, ...]:
    """A block of ResNet v1 with two convolutions; its shortcut is a convolution where sizes change."""
    main = (
        Conv(filters, 3, stride, "same"), BATCH_NORM, RELU, Conv(filters, 3, padding="same"), BATCH_NORM,
    )  # fmt: skip
    shortcut = (Conv(filters, 1, stride, "same"),) if stride > 1 else ()
    return (Branches("add", (main, shortcut)), RELU)


def _resnet(blocks: int) -> tuple[Layer, ...]:
    """ResNet v1 for CIFAR, of 6 * `blocks` + 2 layers."""
    layers: list[Layer] = [Conv(16, 3, padding="same"), BATCH_NORM, RELU]
    for filters in (16, 32, 64):
        for block in range(blocks):
            layers += _residual(filters, 2 if filters > 16 and not block else 1)
    return (*layers, GLOBAL_AVERAGE, Dense(10))


def _inception() -> tuple[Layer, ...]:
    """Blocks of two branches: 1x1, and 3x3 behind fewer channels."""

    def block(single: int, narrow: int, wide: int) -> Layer:
        return Branches("concat", (
            (Conv(single, 1), RELU), (Conv(narrow, 1), RELU, Conv(wide, 3, padding="same"), RELU),
        ))  # fmt: skip

    return (
        Conv(32, 3, padding="same"), RELU, Pool(), block(32, 24, 32), block(32, 32, 64), Pool(), block(64, 48, 96),
        GLOBAL_AVERAGE, Dense(10),
    )  # fmt: skip


def _densenet(growth: int, layers: int) -> tuple[Layer, ...]:
    """Three blocks in which every layer sees all before it, as DenseNet-40 has them with 12 layers each."""
    grow = Branches("concat", ((), (BATCH_NORM, RELU, Conv(growth, 3, padding="same"))))
    channels, net = 2 * growth, [Conv(2 * growth, 3, padding="same")]
    for block in range(3):
        channels += growth * layers
        net += [grow] * layers
        if block < 2:
            net += [BATCH_NORM, RELU, Conv(channels, 1), Pool("average")]
    return (*net, BATCH_NORM, RELU, GLOBAL_AVERAGE, Dense(10))


def _mobilenet() -> tuple[Layer, ...]:
    """As MobileNet, for small images: convolutions of each channel by itself, and of single pixels."""
    layers: list[Layer] = [Conv(32, 3, padding="same"), BATCH_NORM, RELU6]
    for filters, stride in ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1)):
        layers += [Depthwise(3, stride, "same"), BATCH_NORM, RELU6, Conv(filters, 1), BATCH_NORM, RELU6]
    return (*layers, GLOBAL_AVERAGE, Dense(10))


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
        Net("resnet20", (32, 32, 3), _resnet(3), 1_024),
        Net("inception", (32, 32, 3), _inception(), 3_200),
        Net("densenet", (32, 32, 3), _densenet(12, 12), 256),
        Net("mobilenet", (32, 32, 3), _mobilenet(), 1_024),
    )
}  # fmt: skip
BLOG = NETS["blog"]


def weights(net: Net) -> list[np.ndarray]:
    """The same starting weights for all libraries, in Keras's order and shapes: Glorot's kernels, small biases."""
    random = np.random.default_rng(7)
    values = []
    for layer, before, after in net.shapes():
        if isinstance(layer, Window | Dense):
            window = (layer.kernel, layer.kernel) if isinstance(layer, Window) else ()
            inputs, outputs = (1, 1) if isinstance(layer, Depthwise) else (before[-1], after[-1])
            bound = math.sqrt(6 / (math.prod(window) * (inputs + outputs)))
            shape = (*window, before[-1], outputs)
            values.append(random.uniform(-bound, bound, shape).astype(np.float32))
            values.append(random.uniform(-0.05, 0.05, after[-1:]).astype(np.float32))
        elif layer == BATCH_NORM:
            values += [np.full(after[-1:], start, np.float32) for start in (1, 0, 0, 1)]
    return values


def trainable(net: Net) -> list[bool]:
    """Which of `weights` gradients change: all but the moving statistics of batch normalization."""
    flags = []
    for layer, *_ in net.shapes():
        if isinstance(layer, Window | Dense):
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
