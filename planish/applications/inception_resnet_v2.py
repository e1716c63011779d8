"""Inception-ResNet V2: branches side by side, whose sum changes a map a little (Szegedy and others,
arXiv:1602.07261)."""

from __future__ import annotations

from typing import Any, Unpack

from planish import layers, primitives
from planish.applications.frame import Net, Tensor, application, channel_axis, channels_of
from planish.applications.imagenet_utils import decode_predictions
from planish.applications.preprocessing import minus_one_to_one as preprocess_input
from planish.applications.pretrained import APPLICATIONS, kernel_files
from planish.graph.node import Node
from planish.layers.base import arguments
from planish.layers.base.common_arguments import LayerOptions
from planish.layers.merge import Merge

__all__ = ["CustomScaleLayer", "InceptionResNetV2", "decode_predictions", "preprocess_input"]

_FILES = kernel_files(
    APPLICATIONS + "inception_resnet_v2/",
    "inception_resnet_v2",
    "e693bd0210a403b3192acc6073ad2e96",
    "d19885ff4a710c122648d3b5c3b684e4",
)
_Step = tuple[int, int, int]
"""A convolution: filters, rows and columns of its kernel."""

_BLOCKS: dict[str, tuple[tuple[_Step, ...], ...]] = {
    "block35": (((32, 1, 1),), ((32, 1, 1), (32, 3, 3)), ((32, 1, 1), (48, 3, 3), (64, 3, 3))),
    "block17": (((192, 1, 1),), ((128, 1, 1), (160, 1, 7), (192, 7, 1))),
    "block8": (((192, 1, 1),), ((192, 1, 1), (224, 1, 3), (256, 3, 1))),
}
"""The branches of each kind of block."""


class CustomScaleLayer(Merge):
    """The first of two tensors, and `scale` times the second."""

    needed = "0.1"

    def __init__(self, scale: float, **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        self.scale = arguments.number(self.label, "scale", scale)

    def check_input(self, shape: Any) -> None:
        self.require_list(shape, 2)
        super().check_input(shape)

    def of_two(self, a: Node, b: Node) -> Node:
        return primitives.add(a, primitives.multiply(b, self.scale))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "scale": self.scale}


def _convolved(
    x: Tensor, filters: int, rows: int, columns: int, stride: int = 1, padding: str = "same", name: str | None = None
) -> Tensor:
    x = layers.Conv2D(filters, (rows, columns), strides=stride, padding=padding, use_bias=False, name=name)(x)
    x = layers.BatchNormalization(axis=channel_axis(), scale=False, name=None if name is None else f"{name}_bn")(x)
    return layers.Activation("relu", name=None if name is None else f"{name}_ac")(x)


def _chain(x: Tensor, *steps: _Step) -> Tensor:
    for step in steps:
        x = _convolved(x, *step)
    return x


def _halved(x: Tensor, filters: int) -> Tensor:
    return _convolved(x, filters, 3, 3, 2, "valid")


def _joined(branches: list[Tensor], name: str) -> Tensor:
    return layers.Concatenate(axis=channel_axis(), name=name)(branches)


def _block(x: Tensor, kind: str, number: int, scale: float, activation: bool = True) -> Tensor:
    name = f"{kind}_{number}"
    mixed = _joined([_chain(x, *steps) for steps in _BLOCKS[kind]], f"{name}_mixed")
    change = layers.Conv2D(channels_of(x), (1, 1), padding="same", name=f"{name}_conv")(mixed)
    x = CustomScaleLayer(scale)([x, change])
    return layers.Activation("relu", name=f"{name}_ac")(x) if activation else x


def _begin(x: Tensor) -> Tensor:
    x = _convolved(x, 32, 3, 3, 2, "valid")
    x = _convolved(x, 32, 3, 3, 1, "valid")
    x = layers.MaxPooling2D(3, strides=2)(_convolved(x, 64, 3, 3))
    x = _convolved(x, 80, 1, 1, 1, "valid")
    x = layers.MaxPooling2D(3, strides=2)(_convolved(x, 192, 3, 3, 1, "valid"))
    one = _convolved(x, 96, 1, 1)
    five = _chain(x, (48, 1, 1), (64, 5, 5))
    three_twice = _chain(x, (64, 1, 1), (96, 3, 3), (96, 3, 3))
    averaged = _convolved(layers.AveragePooling2D(3, strides=1, padding="same")(x), 64, 1, 1)
    return _joined([one, five, three_twice, averaged], "mixed_5b")


def _smaller(x: Tensor) -> Tensor:
    """To half the height and width, 35 to 17."""
    three = _halved(x, 384)
    three_twice = _halved(_chain(x, (256, 1, 1), (256, 3, 3)), 384)
    return _joined([three, three_twice, layers.MaxPooling2D(3, strides=2)(x)], "mixed_6a")


def _smallest(x: Tensor) -> Tensor:
    """To half the height and width, 17 to 8."""
    first = _halved(_chain(x, (256, 1, 1)), 384)
    second = _halved(_chain(x, (256, 1, 1)), 288)
    third = _halved(_chain(x, (256, 1, 1), (288, 3, 3)), 320)
    return _joined([first, second, third, layers.MaxPooling2D(3, strides=2)(x)], "mixed_7a")


@application("inception_resnet_v2", _FILES, size=299, least_size=75)
def InceptionResNetV2(net: Net) -> Tensor:
    """Inception-ResNet V2, for images of 299x299 (arXiv:1602.07261)."""
    x = _begin(net.image)
    for number in range(1, 11):
        x = _block(x, "block35", number, 0.17)
    x = _smaller(x)
    for number in range(1, 21):
        x = _block(x, "block17", number, 0.1)
    x = _smallest(x)
    for number in range(1, 10):
        x = _block(x, "block8", number, 0.2)
    x = _block(x, "block8", 10, 1.0, activation=False)
    x = _convolved(x, 1536, 1, 1, name="conv_7b")

    def top(x: Tensor) -> Tensor:
        return net.classifier()(layers.GlobalAveragePooling2D(name="avg_pool")(x))

    return net.end(x, top, None, None)
