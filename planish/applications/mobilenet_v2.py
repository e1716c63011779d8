"""MobileNet V2: residual blocks that are wide inside (Sandler and others, arXiv:1801.04381)."""

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
    border_for,
    channel_axis,
    channels_of,
    divisible_by_8,
    shape_of_image,
    square_size,
)
from planish.applications.imagenet_utils import decode_predictions
from planish.applications.preprocessing import minus_one_to_one as preprocess_input
from planish.applications.pretrained import APPLICATIONS, Files, files
from planish.layers.base import arguments
from planish.models import Model

__all__ = ["MobileNetV2", "decode_predictions", "preprocess_input"]

_SIZES = (96, 128, 160, 192, 224)
_ALPHAS = (0.35, 0.5, 0.75, 1.0, 1.3, 1.4)
_STAGES = ((16, 1, 1, 1), (24, 2, 2, 6), (32, 3, 2, 6), (64, 4, 2, 6), (96, 3, 1, 6), (160, 3, 2, 6), (320, 1, 1, 6))
"""(filters, blocks, stride of the first block, expansion) of each stage."""


def MobileNetV2(
    input_shape: ImageShape | None = None,
    alpha: float = 1.0,
    include_top: bool = True,
    weights: Weights = IMAGENET,
    input_tensor: Any = None,
    pooling: str | None = None,
    classes: int = IMAGENET_CLASSES,
    classifier_activation: Any = "softmax",
    name: str | None = None,
) -> Model:
    """MobileNet V2, for images of 224x224 (arXiv:1801.04381). `alpha` scales the number of filters."""
    size = square_size(input_shape or shape_of_image(input_tensor), _SIZES)
    alpha = arguments.number("MobileNetV2", "alpha", alpha, 0.0)
    given = Arguments(include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation)
    net = Net("MobileNetV2", given, size=size)
    rows = _learnt_size(net, alpha) if net.learnt_on_imagenet else net.sides[0]
    filters = divisible_by_8(32 * alpha)
    x = layers.Conv2D(filters, kernel_size=3, strides=(2, 2), padding="same", use_bias=False, name="Conv1")(net.image)
    x = _relu(_normalized(x, "bn_Conv1"), "Conv1_relu")
    x = _stages(x, alpha)
    last = divisible_by_8(1280 * alpha) if alpha > 1.0 else 1280
    x = layers.Conv2D(last, kernel_size=1, use_bias=False, name="Conv_1")(x)
    x = _relu(_normalized(x, "Conv_1_bn"), "out_relu")

    def top(x: Tensor) -> Tensor:
        return net.classifier()(layers.GlobalAveragePooling2D()(x))

    x = net.end(x, top, None, None)
    return net.model(x, name or f"mobilenetv2_{alpha:0.2f}_{rows}", lambda: _files(alpha, rows))


MobileNetV2.__doc__ = f"{MobileNetV2.__doc__}\n{ARGUMENTS}"


def _learnt_size(net: Net, alpha: float) -> int:
    """The size of the images that the weights to be loaded were learnt on."""
    if alpha not in _ALPHAS:
        raise net.mistake("alpha", f"one of {', '.join(map(str, _ALPHAS))}, with weights='imagenet'", alpha)
    rows, columns = net.sides
    if rows is not None and rows == columns and rows in _SIZES:
        return rows
    warned.warn("MobileNetV2: the weights for images of 224x224 are loaded")
    return 224


def _files(alpha: float, rows: int | None) -> Files:
    stem = f"mobilenet_v2_weights_tf_dim_ordering_tf_kernels_{float(alpha)}_{rows}"
    return files(APPLICATIONS + "mobilenet_v2/", f"{stem}.h5", f"{stem}_no_top.h5")


def _normalized(x: Tensor, name: str) -> Tensor:
    return layers.BatchNormalization(axis=channel_axis(-1), epsilon=1e-3, momentum=0.999, name=name)(x)


def _relu(x: Tensor, name: str) -> Tensor:
    return layers.ReLU(6.0, name=name)(x)


def _stages(x: Tensor, alpha: float) -> Tensor:
    number = 0
    for filters, blocks, stride, expansion in _STAGES:
        for place in range(blocks):
            scaled = divisible_by_8(int(filters * alpha))
            x = _block(x, scaled, 1 if place else stride, expansion, number)
            number += 1
    return x


def _block(x: Tensor, filters: int, stride: int, expansion: int, number: int) -> Tensor:
    before, channels = x, channels_of(x)
    name = f"block_{number}_" if number else "expanded_conv_"
    if number:
        x = layers.Conv2D(expansion * channels, kernel_size=1, padding="same", use_bias=False, name=f"{name}expand")(x)
        x = _relu(_normalized(x, f"{name}expand_BN"), f"{name}expand_relu")
    if stride == 2:
        x = layers.ZeroPadding2D(padding=border_for(x, 3), name=f"{name}pad")(x)
    padding = "same" if stride == 1 else "valid"
    x = layers.DepthwiseConv2D(kernel_size=3, strides=stride, use_bias=False, padding=padding, name=f"{name}depthwise")(
        x
    )
    x = _relu(_normalized(x, f"{name}depthwise_BN"), f"{name}depthwise_relu")
    x = layers.Conv2D(filters, kernel_size=1, padding="same", use_bias=False, name=f"{name}project")(x)
    x = _normalized(x, f"{name}project_BN")
    return layers.Add(name=f"{name}add")([before, x]) if channels == filters and stride == 1 else x
