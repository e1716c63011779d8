"""Xception: residual blocks of separable convolutions (Chollet, arXiv:1610.02357)."""

from __future__ import annotations

from planish import layers
from planish.applications.frame import Net, Tensor, application, channel_axis
from planish.applications.imagenet_utils import decode_predictions
from planish.applications.preprocessing import minus_one_to_one as preprocess_input
from planish.applications.pretrained import APPLICATIONS, kernel_files

__all__ = ["Xception", "decode_predictions", "preprocess_input"]

_FILES = kernel_files(
    APPLICATIONS + "xception/", "xception", "0a58e3b7378bc2990ea3b43d5981f1f6", "b0042744bf5b25fce3cb969f33bebb97"
)
_MIDDLE = range(5, 13)
"""The numbers of the blocks that keep height, width and channels."""


def _normalized(x: Tensor, name: str | None = None) -> Tensor:
    return layers.BatchNormalization(axis=channel_axis(-1), name=name)(x)


def _relu(x: Tensor, name: str) -> Tensor:
    return layers.Activation("relu", name=f"{name}_act")(x)


def _separable(x: Tensor, filters: int, name: str) -> Tensor:
    x = layers.SeparableConv2D(filters, (3, 3), padding="same", use_bias=False, name=name)(x)
    return _normalized(x, f"{name}_bn")


def _shortcut(x: Tensor, filters: int) -> Tensor:
    x = layers.Conv2D(filters, (1, 1), strides=(2, 2), padding="same", use_bias=False)(x)
    return _normalized(x)


def _begin(x: Tensor) -> Tensor:
    x = layers.Conv2D(32, (3, 3), strides=(2, 2), use_bias=False, name="block1_conv1")(x)
    x = _relu(_normalized(x, "block1_conv1_bn"), "block1_conv1")
    x = layers.Conv2D(64, (3, 3), use_bias=False, name="block1_conv2")(x)
    return _relu(_normalized(x, "block1_conv2_bn"), "block1_conv2")


def _smaller(x: Tensor, filters: tuple[int, int], block: int) -> Tensor:
    """Two separable convolutions and a pool, to half the height and width."""
    name = f"block{block}_sepconv"
    residual = _shortcut(x, filters[1])
    if block > 2:  # the block before has no ReLU at its end
        x = _relu(x, f"{name}1")
    x = _separable(x, filters[0], f"{name}1")
    x = _separable(_relu(x, f"{name}2"), filters[1], f"{name}2")
    x = layers.MaxPooling2D((3, 3), strides=(2, 2), padding="same", name=f"block{block}_pool")(x)
    return layers.add([x, residual])


def _middle(x: Tensor, block: int) -> Tensor:
    residual = x
    for number in range(1, 4):
        name = f"block{block}_sepconv{number}"
        x = _separable(_relu(x, name), 728, name)
    return layers.add([x, residual])


@application("xception", _FILES, size=299, least_size=71)
def Xception(net: Net) -> Tensor:
    """Xception, for images of 299x299 (arXiv:1610.02357)."""
    x = _begin(net.image)
    for block, filters in enumerate((128, 256, 728), 2):
        x = _smaller(x, (filters, filters), block)
    for block in _MIDDLE:
        x = _middle(x, block)
    x = _smaller(x, (728, 1024), 13)
    for number, filters in enumerate((1536, 2048), 1):
        name = f"block14_sepconv{number}"
        x = _relu(_separable(x, filters, name), name)

    def top(x: Tensor) -> Tensor:
        return net.classifier()(layers.GlobalAveragePooling2D(name="avg_pool")(x))

    return net.end(x, top, None, None)
