"""EfficientNet V2: its first stages convolve in full, without depthwise convolutions (Tan, Le, arXiv:2104.00298)."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from planish import layers
from planish.applications.efficientnet import CONVOLUTION, DENSE, MOST_DROPPED, weighed
from planish.applications.frame import (
    IMAGENET,
    IMAGENET_CLASSES,
    Arguments,
    ImageShape,
    Net,
    Tensor,
    Weights,
    channel_axis,
    channels_of,
    named_as,
)
from planish.applications.imagenet_utils import decode_predictions
from planish.applications.preprocessing import unchanged as preprocess_input
from planish.applications.pretrained import APPLICATIONS, files
from planish.models import Model

__all__ = [
    "EfficientNetV2B0",
    "EfficientNetV2B1",
    "EfficientNetV2B2",
    "EfficientNetV2B3",
    "EfficientNetV2L",
    "EfficientNetV2M",
    "EfficientNetV2S",
    "decode_predictions",
    "preprocess_input",
]

_MEAN = [0.485, 0.456, 0.406]
_VARIANCE = [0.229**2, 0.224**2, 0.225**2]
_MOMENTUM = 0.9
_DROPPED = 0.2


class _Stage(NamedTuple):
    """Kernels are 3x3. `whole`: blocks convolve in full, and weigh no channels."""

    whole: bool
    blocks: int
    filters_in: int
    filters: int
    expansion: int
    stride: int


_STAGES_B = (
    _Stage(True, 1, 32, 16, 1, 1),
    _Stage(True, 2, 16, 32, 4, 2),
    _Stage(True, 2, 32, 48, 4, 2),
    _Stage(False, 3, 48, 96, 4, 2),
    _Stage(False, 5, 96, 112, 6, 1),
    _Stage(False, 8, 112, 192, 6, 2),
)
_STAGES_S = (
    _Stage(True, 2, 24, 24, 1, 1),
    _Stage(True, 4, 24, 48, 4, 2),
    _Stage(True, 4, 48, 64, 4, 2),
    _Stage(False, 6, 64, 128, 4, 2),
    _Stage(False, 9, 128, 160, 6, 1),
    _Stage(False, 15, 160, 256, 6, 2),
)
_STAGES_M = (
    _Stage(True, 3, 24, 24, 1, 1),
    _Stage(True, 5, 24, 48, 4, 2),
    _Stage(True, 5, 48, 80, 4, 2),
    _Stage(False, 7, 80, 160, 4, 2),
    _Stage(False, 14, 160, 176, 6, 1),
    _Stage(False, 18, 176, 304, 6, 2),
    _Stage(False, 5, 304, 512, 6, 1),
)
_STAGES_L = (
    _Stage(True, 4, 32, 32, 1, 1),
    _Stage(True, 7, 32, 64, 4, 2),
    _Stage(True, 7, 64, 96, 4, 2),
    _Stage(False, 10, 96, 192, 4, 2),
    _Stage(False, 19, 192, 224, 6, 1),
    _Stage(False, 25, 224, 384, 6, 2),
    _Stage(False, 7, 384, 640, 6, 1),
)


def _convolved(x: Tensor, filters: int, kernel: int, stride: int, name: str) -> Tensor:
    return layers.Conv2D(
        filters, kernel, strides=stride, padding="same", use_bias=False, kernel_initializer=CONVOLUTION, name=name
    )(x)


def _normalized(x: Tensor, name: str, activation: str | None = None) -> Tensor:
    x = layers.BatchNormalization(axis=channel_axis(), momentum=_MOMENTUM, name=name)(x)
    return x if activation is None else layers.Activation("swish", name=activation)(x)


def _scaled_to_learn(x: Tensor, of_colors: bool) -> Tensor:
    """Values of 0 to 255 as the weights were learnt on: `of_colors` without ImageNet's mean, by its deviation."""
    if of_colors:
        x = layers.Rescaling(1.0 / 255)(x)
        return layers.Normalization(mean=_MEAN, variance=_VARIANCE, axis=channel_axis())(x)
    return layers.Rescaling(1.0 / 128.0, offset=-1)(x)


def _block(x: Tensor, stage: _Stage, filters_in: int, filters: int, stride: int, dropped: float, name: str) -> Tensor:
    before = x
    make = _whole if stage.whole else _depthwise
    x = make(x, stage.expansion, filters_in, filters, stride, name)
    if stride != 1 or filters_in != filters:
        return x
    if dropped > 0:
        x = layers.Dropout(dropped, noise_shape=(None, 1, 1, 1), name=f"{name}drop")(x)
    return layers.add([x, before], name=f"{name}add")


def _whole(x: Tensor, expansion: int, filters_in: int, filters: int, stride: int, name: str) -> Tensor:
    if expansion == 1:
        x = _convolved(x, filters, 3, stride, f"{name}project_conv")
        return _normalized(x, f"{name}project_bn", f"{name}project_activation")
    x = _convolved(x, filters_in * expansion, 3, stride, f"{name}expand_conv")
    x = _normalized(x, f"{name}expand_bn", f"{name}expand_activation")
    return _normalized(_convolved(x, filters, 1, 1, f"{name}project_conv"), f"{name}project_bn")


def _depthwise(x: Tensor, expansion: int, filters_in: int, filters: int, stride: int, name: str) -> Tensor:
    wide = filters_in * expansion
    x = _normalized(_convolved(x, wide, 1, 1, f"{name}expand_conv"), f"{name}expand_bn", f"{name}expand_activation")
    x = layers.DepthwiseConv2D(
        3, strides=stride, padding="same", use_bias=False, depthwise_initializer=CONVOLUTION, name=f"{name}dwconv2"
    )(x)
    x = weighed(_normalized(x, f"{name}bn", f"{name}activation"), wide, max(1, filters_in // 4), name)
    return _normalized(_convolved(x, filters, 1, 1, f"{name}project_conv"), f"{name}project_bn")


def _efficientnet(net: Net, stages: tuple[_Stage, ...], width: float, depth: float, x: Tensor) -> Tensor:
    def scaled(filters: int) -> int:
        return max(8, int(filters * width + 4) // 8 * 8)

    x = _convolved(x, scaled(stages[0].filters_in), 3, 2, "stem_conv")
    x = _normalized(x, "stem_bn", "stem_activation")
    number, blocks = 0, sum(stage.blocks for stage in stages)
    for place, stage in enumerate(stages, 1):
        filters = scaled(stage.filters)
        for block in range(math.ceil(depth * stage.blocks)):
            filters_in, stride = (filters, 1) if block else (scaled(stage.filters_in), stage.stride)
            dropped = MOST_DROPPED * number / blocks
            x = _block(x, stage, filters_in, filters, stride, dropped, f"block{place}{chr(ord('a') + block)}_")
            number += 1
    x = _normalized(_convolved(x, scaled(1280), 1, 1, "top_conv"), "top_bn", "top_activation")
    return net.end(x, lambda x: _top(net, x), "avg_pool", "max_pool")


def _top(net: Net, x: Tensor) -> Tensor:
    x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
    x = layers.Dropout(_DROPPED, name="top_dropout")(x)
    return net.classifier(kernel_initializer=DENSE, bias_initializer="zeros")(x)


_Build = Callable[[Net, Tensor], Tensor]
"""(net, what its first convolution takes) -> the end."""


def _application(kind: str, with_top: str, without_top: str, *, size: int) -> Callable[[_Build], Callable[..., Model]]:
    """Makes Keras's function of the layers of a net, which the decorated function calls. `kind`: b0, ... or s, m, l."""
    default_name = f"efficientnetv2-{kind}"
    weight_files = files(
        APPLICATIONS + "efficientnet_v2/", f"{default_name}.h5", f"{default_name}_notop.h5", with_top, without_top
    )

    def decorated(build: _Build) -> Callable[..., Model]:
        def function(
            include_top: bool = True,
            weights: Weights = IMAGENET,
            input_tensor: Any = None,
            input_shape: ImageShape | None = None,
            pooling: str | None = None,
            classes: int = IMAGENET_CLASSES,
            classifier_activation: Any = "softmax",
            include_preprocessing: bool = True,
            name: str = default_name,
        ) -> Model:
            given = Arguments(include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation)
            net = Net(build.__name__, given, size=size)
            x = net.image
            if include_preprocessing:
                x = _scaled_to_learn(x, kind.startswith("b") and channels_of(x) == 3)
            return net.model(build(net, x), name, lambda: weight_files)

        named = named_as(function, build)
        named.__doc__ = f"{named.__doc__}\n{_PREPROCESSING}"
        return named

    return decorated


_PREPROCESSING = """
    Without `include_preprocessing`, the net takes values of -1 to 1.
    """


@_application("b0", "21ecbf6da12460d5c40bb2f29ceb2188", "893217f2bb855e2983157299931e43ff", size=224)
def EfficientNetV2B0(net: Net, x: Tensor) -> Tensor:
    """EfficientNet V2 B0, for images of 224x224 with values of 0 to 255 (arXiv:2104.00298)."""
    return _efficientnet(net, _STAGES_B, 1.0, 1.0, x)


@_application("b1", "069f0534ff22adf035c89e2d9547a9dc", "0e80663031ca32d657f9caa404b6ec37", size=240)
def EfficientNetV2B1(net: Net, x: Tensor) -> Tensor:
    """EfficientNet V2 B1, for images of 240x240 with values of 0 to 255 (arXiv:2104.00298)."""
    return _efficientnet(net, _STAGES_B, 1.0, 1.1, x)


@_application("b2", "424e49f28180edbde1e94797771950a7", "1dfe2e7a5d45b6632553a8961ea609eb", size=260)
def EfficientNetV2B2(net: Net, x: Tensor) -> Tensor:
    """EfficientNet V2 B2, for images of 260x260 with values of 0 to 255 (arXiv:2104.00298)."""
    return _efficientnet(net, _STAGES_B, 1.1, 1.2, x)


@_application("b3", "1f1fc43bd98a6e4fd8fdfd551e02c7a0", "f6abf7b5849ac99a89b50dd3fd532856", size=300)
def EfficientNetV2B3(net: Net, x: Tensor) -> Tensor:
    """EfficientNet V2 B3, for images of 300x300 with values of 0 to 255 (arXiv:2104.00298)."""
    return _efficientnet(net, _STAGES_B, 1.2, 1.4, x)


@_application("s", "e1d88a8495beba45748fedd0cecbe016", "af0682fb74e8c54910f2d4393339c070", size=384)
def EfficientNetV2S(net: Net, x: Tensor) -> Tensor:
    """EfficientNet V2 S, for images of 384x384 with values of 0 to 255 (arXiv:2104.00298)."""
    return _efficientnet(net, _STAGES_S, 1.0, 1.0, x)


@_application("m", "a3bf6aa3276309f4fc6a34aa114c95cd", "1b8dc055df72dde80d614482840fe342", size=480)
def EfficientNetV2M(net: Net, x: Tensor) -> Tensor:
    """EfficientNet V2 M, for images of 480x480 with values of 0 to 255 (arXiv:2104.00298)."""
    return _efficientnet(net, _STAGES_M, 1.0, 1.0, x)


@_application("l", "27e6d408b53c7ebc868fefa357689935", "b0b66b5c863aef5b46e8608fe1711615", size=480)
def EfficientNetV2L(net: Net, x: Tensor) -> Tensor:
    """EfficientNet V2 L, for images of 480x480 with values of 0 to 255 (arXiv:2104.00298)."""
    return _efficientnet(net, _STAGES_L, 1.0, 1.0, x)
