"""MobileNet: depthwise convolutions, each followed by one of single pixels (Howard and others, arXiv:1704.04861)."""

from __future__ import annotations

from typing import Any

from planish import layers, warned
from planish.applications.frame import (
    ARGUMENTS,
    IMAGENET,
    IMAGENET_CLASSES,
    Arguments,
    ImageShape,
    Net,
    Tensor,
    Weights,
    channel_axis,
    square_size,
)
from planish.applications.imagenet_utils import decode_predictions
from planish.applications.preprocessing import minus_one_to_one as preprocess_input
from planish.applications.pretrained import APPLICATIONS, Files, files
from planish.layers.base import arguments
from planish.models import Model

__all__ = ["MobileNet", "decode_predictions", "preprocess_input"]

_SIZES = (128, 160, 192, 224)
_ALPHAS = {0.25: "2_5", 0.5: "5_0", 0.75: "7_5", 1.0: "1_0"}
_BLOCKS = (
    (64, 1),
    (128, 2),
    (128, 1),
    (256, 2),
    (256, 1),
    (512, 2),
    *[(512, 1)] * 5,
    (1024, 2),
    (1024, 1),
)
"""(filters, stride) of each block."""


def MobileNet(
    input_shape: ImageShape | None = None,
    alpha: float = 1.0,
    depth_multiplier: int = 1,
    dropout: float = 0.001,
    include_top: bool = True,
    weights: Weights = IMAGENET,
    input_tensor: Any = None,
    pooling: str | None = None,
    classes: int = IMAGENET_CLASSES,
    classifier_activation: Any = "softmax",
    name: str | None = None,
) -> Model:
    """MobileNet, for images of 224x224 (arXiv:1704.04861). `alpha` scales the number of filters."""
    alpha = arguments.number("MobileNet", "alpha", alpha, 0.0)
    given = Arguments(include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation)
    net = Net("MobileNet", given, size=square_size(input_shape, _SIZES))
    rows = _learnt_size(net, alpha, depth_multiplier) if net.learnt_on_imagenet else net.sides[0]
    x = _begin(net.image, int(32 * alpha))
    for number, (filters, stride) in enumerate(_BLOCKS, 1):
        x = _block(x, int(filters * alpha), depth_multiplier, stride, number)

    def top(x: Tensor) -> Tensor:
        x = layers.GlobalAveragePooling2D(keepdims=True)(x)
        x = layers.Dropout(dropout, name="dropout")(x)
        x = layers.Conv2D(classes, (1, 1), padding="same", name="conv_preds")(x)
        x = layers.Reshape((classes,), name="reshape_2")(x)
        return layers.Activation(activation=classifier_activation, name="predictions")(x)

    x = net.end(x, top, None, None)
    return net.model(x, name or f"mobilenet_{alpha:0.2f}_{rows}", lambda: _files(alpha, rows))


MobileNet.__doc__ = f"{MobileNet.__doc__}\n{ARGUMENTS}"


def _learnt_size(net: Net, alpha: float, depth_multiplier: int) -> int:
    """The size of the images that the weights to be loaded were learnt on."""
    if depth_multiplier != 1:
        raise net.mistake("depth_multiplier", "1, with weights='imagenet'", depth_multiplier)
    if alpha not in _ALPHAS:
        raise net.mistake("alpha", f"one of {', '.join(map(str, _ALPHAS))}, with weights='imagenet'", alpha)
    rows, columns = net.sides
    if rows is not None and rows == columns and rows in _SIZES:
        return rows
    warned.warn("MobileNet: the weights for images of 224x224 are loaded")
    return 224


def _files(alpha: float, rows: int | None) -> Files:
    stem = f"mobilenet_{_ALPHAS[alpha]}_{rows}_tf"
    return files(APPLICATIONS + "mobilenet/", f"{stem}.h5", f"{stem}_no_top.h5")


def _begin(x: Tensor, filters: int) -> Tensor:
    x = layers.Conv2D(filters, (3, 3), padding="same", use_bias=False, strides=(2, 2), name="conv1")(x)
    return _normalized(x, "conv1")


def _normalized(x: Tensor, name: str) -> Tensor:
    x = layers.BatchNormalization(axis=channel_axis(-1), name=f"{name}_bn")(x)
    return layers.ReLU(6.0, name=f"{name}_relu")(x)


def _block(x: Tensor, filters: int, depth_multiplier: int, stride: int, number: int) -> Tensor:
    if stride > 1:
        x = layers.ZeroPadding2D(((0, 1), (0, 1)), name=f"conv_pad_{number}")(x)
    x = layers.DepthwiseConv2D(
        (3, 3),
        padding="same" if stride == 1 else "valid",
        depth_multiplier=depth_multiplier,
        strides=(stride, stride),
        use_bias=False,
        name=f"conv_dw_{number}",
    )(x)
    x = _normalized(x, f"conv_dw_{number}")
    x = layers.Conv2D(filters, (1, 1), padding="same", use_bias=False, strides=(1, 1), name=f"conv_pw_{number}")(x)
    return _normalized(x, f"conv_pw_{number}")
