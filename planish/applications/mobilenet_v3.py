"""MobileNet V3: blocks that weigh their channels, and hard swish (Howard and others, arXiv:1905.02244).

The functions are names of `keras.applications`, as in Keras; this module has what they share.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

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
    oriented,
    shape_of_image,
)
from planish.applications.imagenet_utils import decode_predictions
from planish.applications.preprocessing import unchanged as preprocess_input
from planish.applications.pretrained import APPLICATIONS, Files, files
from planish.layers.base import arguments
from planish.models import Model

__all__ = ["decode_predictions", "preprocess_input"]

Activation = Callable[[Tensor], Tensor]

_HASHES = {
    "large_224_0.75_float": ("765b44a33ad4005b3ac83185abf1d0eb", "40af19a13ebea4e2ee0c676887f69a2e"),
    "large_224_1.0_float": ("59e551e166be033d707958cf9e29a6a7", "07fb09a5933dd0c8eaafa16978110389"),
    "large_minimalistic_224_1.0_float": ("675e7b876c45c57e9e63e6d90a36599c", "ec5221f64a2f6d1ef965a614bdae7973"),
    "small_224_0.75_float": ("cb65d4e5be93758266aa0a7f2c6708b7", "ebdb5cc8e0b497cd13a7c275d475c819"),
    "small_224_1.0_float": ("8768d4c2e7dee89b9d02b2d03d65d862", "d3e8ec802a04aa4fc771ee12a9a9b836"),
    "small_minimalistic_224_1.0_float": ("99cd97fb2fcdad2bf028eb838de69e37", "cde8136e733e811080d9fcd8a252f7e4"),
}


class _Block(NamedTuple):
    expansion: float
    filters: int
    large_kernel: bool
    stride: int
    squeezed: bool
    swish: bool


_SMALL = (
    _Block(1, 16, False, 2, True, False),
    _Block(72 / 16, 24, False, 2, False, False),
    _Block(88 / 24, 24, False, 1, False, False),
    _Block(4, 40, True, 2, True, True),
    _Block(6, 40, True, 1, True, True),
    _Block(6, 40, True, 1, True, True),
    _Block(3, 48, True, 1, True, True),
    _Block(3, 48, True, 1, True, True),
    _Block(6, 96, True, 2, True, True),
    _Block(6, 96, True, 1, True, True),
    _Block(6, 96, True, 1, True, True),
)
_LARGE = (
    _Block(1, 16, False, 1, False, False),
    _Block(4, 24, False, 2, False, False),
    _Block(3, 24, False, 1, False, False),
    _Block(3, 40, True, 2, True, False),
    _Block(3, 40, True, 1, True, False),
    _Block(3, 40, True, 1, True, False),
    _Block(6, 80, False, 2, False, True),
    _Block(2.5, 80, False, 1, False, True),
    _Block(2.3, 80, False, 1, False, True),
    _Block(2.3, 80, False, 1, False, True),
    _Block(6, 112, False, 1, True, True),
    _Block(6, 112, False, 1, True, True),
    _Block(6, 160, True, 2, True, True),
    _Block(6, 160, True, 1, True, True),
    _Block(6, 160, True, 1, True, True),
)


class _Kind(NamedTuple):
    """What is small or large, as the user chose it."""

    label: str
    size_name: str
    blocks: tuple[_Block, ...]
    last_filters: int


_KIND_SMALL = _Kind("MobileNetV3Small", "small", _SMALL, 1024)
_KIND_LARGE = _Kind("MobileNetV3Large", "large", _LARGE, 1280)


class _Options(NamedTuple):
    alpha: float
    minimalistic: bool
    dropout_rate: float
    include_preprocessing: bool


def MobileNetV3Small(
    input_shape: ImageShape | None = None,
    alpha: float = 1.0,
    minimalistic: bool = False,
    include_top: bool = True,
    weights: Weights = IMAGENET,
    input_tensor: Any = None,
    classes: int = IMAGENET_CLASSES,
    pooling: str | None = None,
    dropout_rate: float = 0.2,
    classifier_activation: Any = "softmax",
    include_preprocessing: bool = True,
    name: str = "MobileNetV3Small",
) -> Model:
    """The small MobileNet V3, for images of 224x224 with values of 0 to 255 (arXiv:1905.02244).

    `alpha` scales the number of filters; `minimalistic` leaves out what other hardware than a CPU does slowly.
    Without `include_preprocessing`, values are -1 to 1."""
    given = Arguments(include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation)
    alpha = arguments.number("MobileNetV3Small", "alpha", alpha, 0.0)
    return _model(_KIND_SMALL, given, _Options(alpha, minimalistic, dropout_rate, include_preprocessing), name)


def MobileNetV3Large(
    input_shape: ImageShape | None = None,
    alpha: float = 1.0,
    minimalistic: bool = False,
    include_top: bool = True,
    weights: Weights = IMAGENET,
    input_tensor: Any = None,
    classes: int = IMAGENET_CLASSES,
    pooling: str | None = None,
    dropout_rate: float = 0.2,
    classifier_activation: Any = "softmax",
    include_preprocessing: bool = True,
    name: str = "MobileNetV3Large",
) -> Model:
    """The large MobileNet V3, for images of 224x224 with values of 0 to 255 (arXiv:1905.02244).

    `alpha` scales the number of filters; `minimalistic` leaves out what other hardware than a CPU does slowly.
    Without `include_preprocessing`, values are -1 to 1."""
    given = Arguments(include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation)
    alpha = arguments.number("MobileNetV3Large", "alpha", alpha, 0.0)
    return _model(_KIND_LARGE, given, _Options(alpha, minimalistic, dropout_rate, include_preprocessing), name)


MobileNetV3Small.__doc__ = f"{MobileNetV3Small.__doc__}\n{ARGUMENTS}"
MobileNetV3Large.__doc__ = f"{MobileNetV3Large.__doc__}\n{ARGUMENTS}"


def _model(kind: _Kind, given: Arguments, options: _Options, name: str) -> Model:
    shape = given.input_shape or shape_of_image(given.input_tensor) or oriented(None, None, 3)
    given = given._replace(input_shape=shape)
    net = Net(kind.label, given, size=224, sizes_are_open=True)
    if net.learnt_on_imagenet:
        _check_learnt(net, options)
    activation = _relu if options.minimalistic else _hard_swish
    x = _begin(net.image, activation, options)
    for number, block in enumerate(kind.blocks):
        x = _block(x, block, options, number)
    x = _convolved(x, divisible_by_8(channels_of(x) * 6), "conv_1")
    x = activation(_normalized(x, "conv_1_bn"))
    x = net.end(x, lambda x: _top(net, x, kind, activation, options), "avg_pool", "max_pool")
    return net.model(x, name, lambda: _files(kind, options))


def _check_learnt(net: Net, options: _Options) -> None:
    alphas = (1.0,) if options.minimalistic else (0.75, 1.0)
    if options.alpha not in alphas:
        raise net.mistake("alpha", f"{' or '.join(map(str, alphas))}, with weights='imagenet'", options.alpha)
    if net.sides != (224, 224):
        warned.warn(f"{net.label}: the weights for images of 224x224 are loaded")


def _files(kind: _Kind, options: _Options) -> Files:
    minimalistic = "_minimalistic" if options.minimalistic else ""
    which = f"{kind.size_name}{minimalistic}_224_{options.alpha}_float"
    stem = f"weights_mobilenet_v3_{which}"
    return files(APPLICATIONS + "mobilenet_v3/", f"{stem}.h5", f"{stem}_no_top_v2.h5", *_HASHES[which])


def _convolved(x: Tensor, filters: int, name: str) -> Tensor:
    return layers.Conv2D(filters, kernel_size=1, padding="same", use_bias=False, name=name)(x)


def _normalized(x: Tensor, name: str) -> Tensor:
    return layers.BatchNormalization(axis=channel_axis(-1), epsilon=1e-3, momentum=0.999, name=name)(x)


def _relu(x: Tensor) -> Tensor:
    return layers.ReLU()(x)


def _hard_swish(x: Tensor) -> Tensor:
    return layers.Activation("hard_swish")(x)


def _begin(x: Tensor, activation: Activation, options: _Options) -> Tensor:
    if options.include_preprocessing:
        x = layers.Rescaling(scale=1.0 / 127.5, offset=-1.0)(x)
    x = layers.Conv2D(16, kernel_size=3, strides=(2, 2), padding="same", use_bias=False, name="conv")(x)
    return activation(_normalized(x, "conv_bn"))


def _block(x: Tensor, block: _Block, options: _Options, number: int) -> Tensor:
    before, channels = x, channels_of(x)
    filters = divisible_by_8(block.filters * options.alpha)
    wide = divisible_by_8(channels * block.expansion)
    kernel = 5 if block.large_kernel and not options.minimalistic else 3
    activation = _hard_swish if block.swish and not options.minimalistic else _relu
    name = f"expanded_conv_{number}_" if number else "expanded_conv_"
    if number:
        x = activation(_normalized(_convolved(x, wide, f"{name}expand"), f"{name}expand_bn"))
    x = activation(_normalized(_depthwise(x, kernel, block.stride, name), f"{name}depthwise_bn"))
    if block.squeezed and not options.minimalistic:
        x = _weighed(x, wide, name)
    x = _normalized(_convolved(x, filters, f"{name}project"), f"{name}project_bn")
    return layers.Add(name=f"{name}add")([before, x]) if block.stride == 1 and channels == filters else x


def _depthwise(x: Tensor, kernel: int, stride: int, name: str) -> Tensor:
    if stride == 2:
        x = layers.ZeroPadding2D(padding=border_for(x, kernel), name=f"{name}depthwise_pad")(x)
    padding = "same" if stride == 1 else "valid"
    return layers.DepthwiseConv2D(kernel, strides=stride, padding=padding, use_bias=False, name=f"{name}depthwise")(x)


def _weighed(x: Tensor, filters: int, name: str) -> Tensor:
    """Each channel times a weight that all channels' averages give (squeeze and excite)."""
    name = f"{name}squeeze_excite_"
    weight = layers.GlobalAveragePooling2D(keepdims=True, name=f"{name}avg_pool")(x)
    weight = layers.Conv2D(divisible_by_8(filters * 0.25), kernel_size=1, padding="same", name=f"{name}conv")(weight)
    weight = layers.ReLU(name=f"{name}relu")(weight)
    weight = layers.Conv2D(filters, kernel_size=1, padding="same", name=f"{name}conv_1")(weight)
    weight = layers.ReLU(6.0)(weight + 3.0) * (1.0 / 6.0)
    return layers.Multiply(name=f"{name}mul")([x, weight])


def _top(net: Net, x: Tensor, kind: _Kind, activation: Activation, options: _Options) -> Tensor:
    last = divisible_by_8(kind.last_filters * options.alpha) if options.alpha > 1.0 else kind.last_filters
    x = layers.GlobalAveragePooling2D(keepdims=True)(x)
    x = layers.Conv2D(last, kernel_size=1, padding="same", use_bias=True, name="conv_2")(x)
    x = activation(x)
    if options.dropout_rate > 0:
        x = layers.Dropout(options.dropout_rate)(x)
    x = layers.Conv2D(net.given.classes, kernel_size=1, padding="same", name="logits")(x)
    x = layers.Flatten()(x)
    return layers.Activation(activation=net.given.classifier_activation, name="predictions")(x)
