"""EfficientNet: blocks of MobileNet's kind, scaled in width, depth and image size (Tan, Le, arXiv:1905.11946)."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from planish import layers
from planish.applications.frame import Net, Tensor, application, border_for, channel_axis, divisible_by_8, oriented
from planish.applications.imagenet_utils import decode_predictions
from planish.applications.preprocessing import unchanged as preprocess_input
from planish.applications.pretrained import EFFICIENTNETS, Files, files

__all__ = [*(f"EfficientNetB{number}" for number in range(8)), "decode_predictions", "preprocess_input"]

CONVOLUTION = {
    "class_name": "VarianceScaling",
    "config": {"scale": 2.0, "mode": "fan_out", "distribution": "truncated_normal"},
}
DENSE = {
    "class_name": "VarianceScaling",
    "config": {"scale": 1.0 / 3.0, "mode": "fan_out", "distribution": "uniform"},
}
_DEVIATION = (0.229, 0.224, 0.225)
MOST_DROPPED = 0.2
"""How often the last block is left out in training; blocks before it less often."""


class _Stage(NamedTuple):
    kernel: int
    blocks: int
    filters_in: int
    filters: int
    expansion: int
    stride: int


_STAGES = (
    _Stage(3, 1, 32, 16, 1, 1),
    _Stage(3, 2, 16, 24, 6, 2),
    _Stage(5, 2, 24, 40, 6, 2),
    _Stage(3, 3, 40, 80, 6, 2),
    _Stage(5, 3, 80, 112, 6, 1),
    _Stage(5, 4, 112, 192, 6, 2),
    _Stage(3, 1, 192, 320, 6, 1),
)


def _files(number: int, with_top: str, without_top: str) -> Files:
    name = f"efficientnetb{number}"
    return files(EFFICIENTNETS, f"{name}.h5", f"{name}_notop.h5", with_top, without_top)


def _convolved(x: Tensor, filters: int, name: str, **options: Any) -> Tensor:
    given = {"padding": "same", "use_bias": False, **options}
    return layers.Conv2D(filters, 1, kernel_initializer=CONVOLUTION, name=name, **given)(x)


def _normalized(x: Tensor, name: str, activation: str | None = None) -> Tensor:
    x = layers.BatchNormalization(axis=channel_axis(), name=name)(x)
    return x if activation is None else layers.Activation("swish", name=activation)(x)


def _begin(net: Net, filters: int) -> Tensor:
    x = layers.Rescaling(1.0 / 255.0)(net.image)
    x = layers.Normalization(axis=channel_axis())(x)
    if net.learnt_on_imagenet:  # the weights' mean and variance are divided by the deviation once only
        x = layers.Rescaling([1.0 / math.sqrt(deviation) for deviation in _DEVIATION])(x)
    x = layers.ZeroPadding2D(padding=border_for(x, 3), name="stem_conv_pad")(x)
    x = layers.Conv2D(
        filters, 3, strides=2, padding="valid", use_bias=False, kernel_initializer=CONVOLUTION, name="stem_conv"
    )(x)
    return _normalized(x, "stem_bn", "stem_activation")


def _block(x: Tensor, stage: _Stage, filters_in: int, filters: int, stride: int, dropped: float, name: str) -> Tensor:
    before, wide = x, filters_in * stage.expansion
    if stage.expansion != 1:
        x = _convolved(x, wide, f"{name}expand_conv")
        x = _normalized(x, f"{name}expand_bn", f"{name}expand_activation")
    x = _depthwise(x, stage.kernel, stride, f"{name}dwconv")
    x = _normalized(x, f"{name}bn", f"{name}activation")
    x = weighed(x, wide, max(1, filters_in // 4), name)
    x = _normalized(_convolved(x, filters, f"{name}project_conv"), f"{name}project_bn")
    if stride != 1 or filters_in != filters:
        return x
    if dropped > 0:
        x = layers.Dropout(dropped, noise_shape=(None, 1, 1, 1), name=f"{name}drop")(x)
    return layers.add([x, before], name=f"{name}add")


def _depthwise(x: Tensor, kernel: int, stride: int, name: str) -> Tensor:
    if stride == 2:
        x = layers.ZeroPadding2D(padding=border_for(x, kernel), name=f"{name}_pad")(x)
    return layers.DepthwiseConv2D(
        kernel,
        strides=stride,
        padding="valid" if stride == 2 else "same",
        use_bias=False,
        depthwise_initializer=CONVOLUTION,
        name=name,
    )(x)


def weighed(x: Tensor, filters: int, squeezed: int, name: str) -> Tensor:
    """Each channel times a weight that all channels' averages give (squeeze and excite)."""
    weight = layers.GlobalAveragePooling2D(name=f"{name}se_squeeze")(x)
    weight = layers.Reshape(oriented(1, 1, filters), name=f"{name}se_reshape")(weight)
    weight = _convolved(weight, squeezed, f"{name}se_reduce", use_bias=True, activation="swish")
    weight = _convolved(weight, filters, f"{name}se_expand", use_bias=True, activation="sigmoid")
    return layers.multiply([x, weight], name=f"{name}se_excite")


def _efficientnet(net: Net, width: float, depth: float, dropout: float) -> Tensor:
    def scaled(filters: int) -> int:
        return divisible_by_8(filters * width)

    counts = [math.ceil(depth * stage.blocks) for stage in _STAGES]
    x = _begin(net, scaled(32))
    number = 0
    for place, (stage, count) in enumerate(zip(_STAGES, counts, strict=True), 1):
        filters = scaled(stage.filters)
        for block in range(count):
            filters_in, stride = (filters, 1) if block else (scaled(stage.filters_in), stage.stride)
            dropped = MOST_DROPPED * number / sum(counts)
            x = _block(x, stage, filters_in, filters, stride, dropped, f"block{place}{chr(ord('a') + block)}_")
            number += 1
    x = _normalized(_convolved(x, scaled(1280), "top_conv"), "top_bn", "top_activation")
    return net.end(x, lambda x: _top(net, x, dropout), "avg_pool", "max_pool")


def _top(net: Net, x: Tensor, dropout: float) -> Tensor:
    x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
    x = layers.Dropout(dropout, name="top_dropout")(x)
    return net.classifier(kernel_initializer=DENSE)(x)


@application(
    "efficientnetb0",
    _files(0, "902e53a9f72be733fc0bcb005b3ebbac", "50bc09e76180e00e4465e1a485ddc09d"),
    size=224,
)
def EfficientNetB0(net: Net) -> Tensor:
    """EfficientNet B0, for images of 224x224 with values of 0 to 255 (arXiv:1905.11946)."""
    return _efficientnet(net, 1.0, 1.0, 0.2)


@application(
    "efficientnetb1",
    _files(1, "1d254153d4ab51201f1646940f018540", "74c4e6b3e1f6a1eea24c589628592432"),
    size=240,
)
def EfficientNetB1(net: Net) -> Tensor:
    """EfficientNet B1, for images of 240x240 with values of 0 to 255 (arXiv:1905.11946)."""
    return _efficientnet(net, 1.0, 1.1, 0.2)


@application(
    "efficientnetb2",
    _files(2, "b15cce36ff4dcbd00b6dd88e7857a6ad", "111f8e2ac8aa800a7a99e3239f7bfb39"),
    size=260,
)
def EfficientNetB2(net: Net) -> Tensor:
    """EfficientNet B2, for images of 260x260 with values of 0 to 255 (arXiv:1905.11946)."""
    return _efficientnet(net, 1.1, 1.2, 0.3)


@application(
    "efficientnetb3",
    _files(3, "ffd1fdc53d0ce67064dc6a9c7960ede0", "af6d107764bb5b1abb91932881670226"),
    size=300,
)
def EfficientNetB3(net: Net) -> Tensor:
    """EfficientNet B3, for images of 300x300 with values of 0 to 255 (arXiv:1905.11946)."""
    return _efficientnet(net, 1.2, 1.4, 0.3)


@application(
    "efficientnetb4",
    _files(4, "18c95ad55216b8f92d7e70b3a046e2fc", "ebc24e6d6c33eaebbd558eafbeedf1ba"),
    size=380,
)
def EfficientNetB4(net: Net) -> Tensor:
    """EfficientNet B4, for images of 380x380 with values of 0 to 255 (arXiv:1905.11946)."""
    return _efficientnet(net, 1.4, 1.8, 0.4)


@application(
    "efficientnetb5",
    _files(5, "ace28f2a6363774853a83a0b21b9421a", "38879255a25d3c92d5e44e04ae6cec6f"),
    size=456,
)
def EfficientNetB5(net: Net) -> Tensor:
    """EfficientNet B5, for images of 456x456 with values of 0 to 255 (arXiv:1905.11946)."""
    return _efficientnet(net, 1.6, 2.2, 0.4)


@application(
    "efficientnetb6",
    _files(6, "165f6e37dce68623721b423839de8be5", "9ecce42647a20130c1f39a5d4cb75743"),
    size=528,
)
def EfficientNetB6(net: Net) -> Tensor:
    """EfficientNet B6, for images of 528x528 with values of 0 to 255 (arXiv:1905.11946)."""
    return _efficientnet(net, 1.8, 2.6, 0.5)


@application(
    "efficientnetb7",
    _files(7, "8c03f828fec3ef71311cd463b6759d99", "cbcfe4450ddf6f3ad90b1b398090fe4a"),
    size=600,
)
def EfficientNetB7(net: Net) -> Tensor:
    """EfficientNet B7, for images of 600x600 with values of 0 to 255 (arXiv:1905.11946)."""
    return _efficientnet(net, 2.0, 3.1, 0.5)
