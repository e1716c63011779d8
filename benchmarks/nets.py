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
    """Square windows of the kind "max" or "average", side by side unless `stride` says how far apart."""

    kind: str = "max"
    size: int = 2
    stride: int = 0

    @property
    def apart(self) -> int:
        return self.stride or self.size

    def side(self, before: int) -> int:
        """The size of an axis after it."""
        return (before - self.size) // self.apart + 1


@dataclass(frozen=True)
class Border:
    """So many zeros around rows and columns."""

    width: int


@dataclass(frozen=True)
class Dense:
    units: int


@dataclass(frozen=True)
class Dropout:
    rate: float


@dataclass(frozen=True)
class Plain:
    """A layer without numbers: an activation (relu, relu6, swish, sigmoid, tanh), flatten, batch_norm, or
    global_average (over rows and columns; global_average_kept leaves one of each)."""

    kind: str


@dataclass(frozen=True)
class Branches:
    """Sequences of layers side by side, whose results are added ("add"), multiplied ("multiply") or concatenated along
    the channels ("concat").

    An empty sequence passes on what it gets; factors after the first may have one row and one column.
    """

    kind: str
    branches: tuple[tuple[Layer, ...], ...]


Layer = Conv | Depthwise | Pool | Border | Dense | Dropout | Plain | Branches
Shape = tuple[int, ...]
RELU, RELU6, TANH, FLATTEN = Plain("relu"), Plain("relu6"), Plain("tanh"), Plain("flatten")
SWISH, SIGMOID = Plain("swish"), Plain("sigmoid")
BATCH_NORM, GLOBAL_AVERAGE, GLOBAL_AVERAGE_KEPT = map(Plain, ("batch_norm", "global_average", "global_average_kept"))


@dataclass(frozen=True)
class Net:
    """A classifier; a softmax follows its last layer. An epoch is of `images`, predicted in batches of `batch`.

    `gain`: of kernels, where their variance is `gain / inputs`; Glorot's without one.
    """

    name: str
    shape: tuple[int, int, int]
    layers: tuple[Layer, ...]
    images: int
    batch: int = 256
    gain: float | None = None

    @property
    def classes(self) -> int:
        (*_, (_, _, last)) = self.shapes()
        return last[-1]

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
            return (*ends[0][:-1], sum(end[-1] for end in ends)) if kind == "concat" else ends[0]
        case Conv(filters):
            return (layer.side(shape[0]), layer.side(shape[1]), filters)
        case Depthwise():
            return (layer.side(shape[0]), layer.side(shape[1]), shape[2])
        case Pool():
            return (layer.side(shape[0]), layer.side(shape[1]), shape[2])
        case Border(width):
            return (shape[0] + 2 * width, shape[1] + 2 * width, shape[2])
        case Dense(units):
            return (units,)
        case Plain("flatten"):
            return (math.prod(shape),)
        case Plain("global_average"):
            return shape[2:]
        case Plain("global_average_kept"):
            return (1, 1, shape[2])
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


def _wide_inside(
    before: int, filters: int, stride: int, expansion: int, kernel: int, relu: Layer, squeezed: int = 0
) -> Layer | tuple[Layer, ...]:
    """MobileNetV2's block, which EfficientNet's is too: 1x1, each channel by itself, 1x1, and a sum where it fits."""
    wide, squeezing = before * expansion, ()
    if squeezed:
        weight = (GLOBAL_AVERAGE_KEPT, Conv(squeezed, 1), SWISH, Conv(wide, 1), SIGMOID)
        squeezing = (Branches("multiply", ((), weight)),)
    widening = (Conv(wide, 1), BATCH_NORM, relu) if expansion > 1 else ()
    main = (
        *widening, Depthwise(kernel, stride, "same"), BATCH_NORM, relu, *squeezing, Conv(filters, 1), BATCH_NORM,
    )  # fmt: skip
    return (Branches("add", ((), main)),) if (before, stride) == (filters, 1) else main


def _mobilenet_v2() -> tuple[Layer, ...]:
    stages = (
        (16, 1, 1, 1), (24, 2, 2, 6), (32, 3, 2, 6), (64, 4, 2, 6), (96, 3, 1, 6), (160, 3, 2, 6), (320, 1, 1, 6),
    )  # fmt: skip
    net, channels = [Conv(32, 3, 2, "same"), BATCH_NORM, RELU6], 32
    for filters, blocks, stride, expansion in stages:
        for block in range(blocks):
            net += _wide_inside(channels, filters, 1 if block else stride, expansion, 3, RELU6)
            channels = filters
    return (*net, Conv(1280, 1), BATCH_NORM, RELU6, GLOBAL_AVERAGE, Dense(1000))


def _efficientnet_b0() -> tuple[Layer, ...]:
    """From pixels that are scaled already."""
    stages = (
        (3, 1, 16, 1, 1), (3, 2, 24, 6, 2), (5, 2, 40, 6, 2), (3, 3, 80, 6, 2), (5, 3, 112, 6, 1), (5, 4, 192, 6, 2),
        (3, 1, 320, 6, 1),
    )  # fmt: skip
    net, channels = [Conv(32, 3, 2, "same"), BATCH_NORM, SWISH], 32
    for kernel, blocks, filters, expansion, stride in stages:
        for block in range(blocks):
            own = 1 if block else stride
            net += _wide_inside(channels, filters, own, expansion, kernel, SWISH, channels // 4)
            channels = filters
    return (*net, Conv(1280, 1), BATCH_NORM, SWISH, GLOBAL_AVERAGE, Dense(1000))


def _before_blocks() -> list[Layer]:
    return [Border(3), Conv(64, 7, 2), BATCH_NORM, RELU, Border(1), Pool("max", 3, 2)]


def _resnet18() -> tuple[Layer, ...]:
    net = _before_blocks()
    for filters, stride in ((64, 1), (128, 2), (256, 2), (512, 2)):
        net += [*_residual(filters, stride), *_residual(filters)]
    return (*net, GLOBAL_AVERAGE, Dense(1000))


def _resnet50() -> tuple[Layer, ...]:
    net = _before_blocks()
    for filters, blocks, stride in ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)):
        for block in range(blocks):
            first = 1 if block else stride
            main = (
                Conv(filters, 1, first), BATCH_NORM, RELU, Conv(filters, 3, padding="same"), BATCH_NORM, RELU,
                Conv(4 * filters, 1), BATCH_NORM,
            )  # fmt: skip
            shortcut = () if block else (Conv(4 * filters, 1, first), BATCH_NORM)
            net += [Branches("add", (shortcut, main)), RELU]
    return (*net, GLOBAL_AVERAGE, Dense(1000))


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
        Net("mobilenetv2-96", (96, 96, 3), _mobilenet_v2(), 128, batch=16, gain=1.5),
        Net("mobilenetv2-224", (224, 224, 3), _mobilenet_v2(), 16, batch=16, gain=1.5),
        Net("efficientnetb0-224", (224, 224, 3), _efficientnet_b0(), 16, batch=16, gain=3.0),
        Net("resnet18-224", (224, 224, 3), _resnet18(), 16, batch=16, gain=1.2),
        Net("resnet50-224", (224, 224, 3), _resnet50(), 16, batch=16, gain=1.2),
    )
}  # fmt: skip
BLOG = NETS["blog"]
TRAINED = [net.name for net in NETS.values() if net.images >= 128]
"""The nets whose training is measured unless somebody says otherwise."""


def weights(net: Net) -> list[np.ndarray]:
    """The same starting weights for all libraries, in Keras's order and shapes; biases are small."""
    random = np.random.default_rng(7)
    values = []
    for layer, before, after in net.shapes():
        if isinstance(layer, Window | Dense):
            window = (layer.kernel, layer.kernel) if isinstance(layer, Window) else ()
            inputs, outputs = (1, 1) if isinstance(layer, Depthwise) else (before[-1], after[-1])
            bound = math.sqrt(6 / (math.prod(window) * (inputs + outputs)))
            if net.gain is not None:
                bound = math.sqrt(3 * net.gain / (math.prod(window) * inputs))
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
        return random.random((count, *net.shape), np.float32), random.integers(0, net.classes, count).astype(np.int32)
    with np.load(data) as arrays:
        x, y = arrays["x_train"], arrays["y_train"]
    rows = np.arange(draw * count, (draw + 1) * count) % len(x)
    return (x[rows, ..., None] / np.float32(255)).astype(np.float32), y[rows].astype(np.int32)
