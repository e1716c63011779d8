"""NASNet: cells that a search found (Zoph, Vasudevan, Shlens, Le, arXiv:1707.07012)."""

from __future__ import annotations

from typing import Any, NamedTuple

from planish import config, layers
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
    channels_of,
)
from planish.applications.imagenet_utils import decode_predictions
from planish.applications.preprocessing import minus_one_to_one as preprocess_input
from planish.applications.pretrained import APPLICATIONS, Files, files
from planish.models import Model

__all__ = ["NASNetLarge", "NASNetMobile", "decode_predictions", "preprocess_input"]


class _Kind(NamedTuple):
    """What makes the small or the large net. `stem`: the filters of the first convolution; `last`: those of the last
    map; `blocks`: cells between two that halve the map; `skipped`: whether the cell after a halving one sees what was
    before it."""

    label: str
    size: int
    last: int
    blocks: int
    stem: int
    skipped: bool
    files: Files


_FOLDER = APPLICATIONS + "nasnet/"
_MOBILE = _Kind(
    "NASNetMobile",
    224,
    1056,
    4,
    32,
    False,
    files(
        _FOLDER,
        "NASNet-mobile.h5",
        "NASNet-mobile-no-top.h5",
        "020fb642bf7360b370c678b08e0adf61",
        "1ed92395b5b598bdda52abe5c0dbfd63",
        names=("nasnet_mobile.h5", "nasnet_mobile_no_top.h5"),
    ),
)
_LARGE = _Kind(
    "NASNetLarge",
    331,
    4032,
    6,
    96,
    True,
    files(
        _FOLDER,
        "NASNet-large.h5",
        "NASNet-large-no-top.h5",
        "11577c9a518f0070763c2b964a382f17",
        "d81d89dc07e6e56530c4e77faddd61b5",
        names=("nasnet_large.h5", "nasnet_large_no_top.h5"),
    ),
)


def NASNetMobile(
    input_shape: ImageShape | None = None,
    include_top: bool = True,
    weights: Weights = IMAGENET,
    input_tensor: Any = None,
    pooling: str | None = None,
    classes: int = IMAGENET_CLASSES,
    classifier_activation: Any = "softmax",
    name: str = "nasnet_mobile",
) -> Model:
    """The small NASNet-A, for images of 224x224 (arXiv:1707.07012)."""
    shape = (224, 224, 3) if input_shape is None and not include_top else input_shape
    given = Arguments(include_top, weights, input_tensor, shape, pooling, classes, classifier_activation)
    return _model(_MOBILE, given, name)


def NASNetLarge(
    input_shape: ImageShape | None = None,
    include_top: bool = True,
    weights: Weights = IMAGENET,
    input_tensor: Any = None,
    pooling: str | None = None,
    classes: int = IMAGENET_CLASSES,
    classifier_activation: Any = "softmax",
    name: str = "nasnet_large",
) -> Model:
    """The large NASNet-A, for images of 331x331 (arXiv:1707.07012)."""
    given = Arguments(include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation)
    return _model(_LARGE, given, name)


NASNetMobile.__doc__ = f"{NASNetMobile.__doc__}\n{ARGUMENTS}"
NASNetLarge.__doc__ = f"{NASNetLarge.__doc__}\n{ARGUMENTS}"


def _model(kind: _Kind, given: Arguments, name: str) -> Model:
    net = Net(kind.label, given, size=kind.size)
    if config.image_data_format() == "channels_first":
        raise net.mistake("the data format", "'channels_last': Keras has NASNet in that one only", "channels_first")
    if net.learnt_on_imagenet and given.input_shape is not None and None in given.input_shape:
        raise net.mistake("input_shape", "numbers without None, with weights='imagenet'", given.input_shape)
    x = _normalized(_convolved(net.image, kind.stem, "stem_conv1", 3, 2, "valid"), "stem_bn1")
    x = _cells(x, kind)
    x = layers.Activation("relu")(x)

    def top(x: Tensor) -> Tensor:
        return net.classifier()(layers.GlobalAveragePooling2D()(x))

    return net.model(net.end(x, top, None, None), name, lambda: kind.files)


def _cells(x: Tensor, kind: _Kind) -> Tensor:
    filters = kind.last // 24
    before: Tensor | None = None
    x, before = _smaller_cell(x, before, filters // 4, "stem_1")
    x, before = _smaller_cell(x, before, filters // 2, "stem_2")
    for third in range(3):
        if third:
            filters *= 2
            x, larger = _smaller_cell(x, before, filters, f"reduce_{third * kind.blocks}")
            before = before if kind.skipped else larger
        first = third * kind.blocks + (1 if third else 0)
        for number in range(first, first + kind.blocks):
            x, before = _cell(x, before, filters, str(number))
    return x


def _convolved(x: Tensor, filters: int, name: str, kernel: int = 1, stride: int = 1, padding: str = "same") -> Tensor:
    return layers.Conv2D(
        filters,
        (kernel, kernel),
        strides=(stride, stride),
        padding=padding,
        use_bias=False,
        kernel_initializer="he_normal",
        name=name,
    )(x)


def _normalized(x: Tensor, name: str) -> Tensor:
    return layers.BatchNormalization(axis=-1, momentum=0.9997, epsilon=1e-3, name=name)(x)


def _separable_twice(x: Tensor, filters: int, kernel: int, name: str, stride: int = 1) -> Tensor:
    x = layers.Activation("relu")(x)
    if stride == 2:
        x = layers.ZeroPadding2D(padding=border_for(x, kernel), name=f"separable_conv_1_pad_{name}")(x)
    x = layers.SeparableConv2D(
        filters,
        (kernel, kernel),
        strides=(stride, stride),
        padding="valid" if stride == 2 else "same",
        use_bias=False,
        name=f"separable_conv_1_{name}",
    )(x)
    x = layers.Activation("relu")(_normalized(x, f"separable_conv_1_bn_{name}"))
    x = layers.SeparableConv2D(
        filters, (kernel, kernel), padding="same", use_bias=False, name=f"separable_conv_2_{name}"
    )(x)
    return _normalized(x, f"separable_conv_2_bn_{name}")


def _adjusted(before: Tensor | None, x: Tensor, filters: int, name: str) -> Tensor:
    """The map before `x` in the height, width and channels of the cell."""
    if before is None:
        return x
    if before.shape[2] != x.shape[2]:
        return _halved(before, filters, name)
    if channels_of(before) != filters:
        before = _convolved(layers.Activation("relu")(before), filters, f"adjust_conv_projection_{name}")
        return _normalized(before, f"adjust_bn_{name}")
    return before


def _halved(x: Tensor, filters: int, name: str) -> Tensor:
    """Every second pixel, from the first and from the second on, each in half of the channels."""
    x = layers.Activation("relu", name=f"adjust_relu_1_{name}")(x)
    first = layers.AveragePooling2D((1, 1), strides=(2, 2), padding="valid", name=f"adjust_avg_pool_1_{name}")(x)
    first = _convolved(first, filters // 2, f"adjust_conv_1_{name}")
    second = layers.ZeroPadding2D(padding=((0, 1), (0, 1)))(x)
    second = layers.Cropping2D(cropping=((1, 0), (1, 0)))(second)
    second = layers.AveragePooling2D((1, 1), strides=(2, 2), padding="valid", name=f"adjust_avg_pool_2_{name}")(second)
    second = _convolved(second, filters // 2, f"adjust_conv_2_{name}")
    return _normalized(layers.concatenate([first, second], axis=-1), f"adjust_bn_{name}")


def _averaged(x: Tensor, name: str) -> Tensor:
    return layers.AveragePooling2D((3, 3), strides=(1, 1), padding="same", name=name)(x)


def _cell(x: Tensor, before: Tensor | None, filters: int, name: str) -> tuple[Tensor, Tensor]:
    """What the cell makes, and what it took."""
    p = _adjusted(before, x, filters, name)
    h = _convolved(layers.Activation("relu")(x), filters, f"normal_conv_1_{name}")
    h = _normalized(h, f"normal_bn_1_{name}")
    left = _separable_twice(h, filters, 5, f"normal_left1_{name}")
    first = layers.add([left, _separable_twice(p, filters, 3, f"normal_right1_{name}")], name=f"normal_add_1_{name}")
    left = _separable_twice(p, filters, 5, f"normal_left2_{name}")
    second = layers.add([left, _separable_twice(p, filters, 3, f"normal_right2_{name}")], name=f"normal_add_2_{name}")
    third = layers.add([_averaged(h, f"normal_left3_{name}"), p], name=f"normal_add_3_{name}")
    fourth = layers.add(
        [_averaged(p, f"normal_left4_{name}"), _averaged(p, f"normal_right4_{name}")], name=f"normal_add_4_{name}"
    )
    fifth = layers.add([_separable_twice(h, filters, 3, f"normal_left5_{name}"), h], name=f"normal_add_5_{name}")
    joined = layers.concatenate([p, first, second, third, fourth, fifth], axis=-1, name=f"normal_concat_{name}")
    return joined, x


def _smaller_cell(x: Tensor, before: Tensor | None, filters: int, name: str) -> tuple[Tensor, Tensor]:
    """A cell that halves height and width: what it makes, and what it took."""
    p = _adjusted(before, x, filters, name)
    h = _convolved(layers.Activation("relu")(x), filters, f"reduction_conv_1_{name}")
    h = _normalized(h, f"reduction_bn_1_{name}")
    bordered = layers.ZeroPadding2D(padding=border_for(h, 3), name=f"reduction_pad_1_{name}")(h)
    left = _separable_twice(h, filters, 5, f"reduction_left1_{name}", 2)
    right = _separable_twice(p, filters, 7, f"reduction_right1_{name}", 2)
    first = layers.add([left, right], name=f"reduction_add_1_{name}")
    left = layers.MaxPooling2D((3, 3), strides=(2, 2), padding="valid", name=f"reduction_left2_{name}")(bordered)
    right = _separable_twice(p, filters, 7, f"reduction_right2_{name}", 2)
    second = layers.add([left, right], name=f"reduction_add_2_{name}")
    left = layers.AveragePooling2D((3, 3), strides=(2, 2), padding="valid", name=f"reduction_left3_{name}")(bordered)
    right = _separable_twice(p, filters, 5, f"reduction_right3_{name}", 2)
    third = layers.add([left, right], name=f"reduction_add3_{name}")
    fourth = layers.add([second, _averaged(first, f"reduction_left4_{name}")])
    left = _separable_twice(first, filters, 3, f"reduction_left4_{name}")
    right = layers.MaxPooling2D((3, 3), strides=(2, 2), padding="valid", name=f"reduction_right5_{name}")(bordered)
    fifth = layers.add([left, right], name=f"reduction_add4_{name}")
    return layers.concatenate([second, third, fourth, fifth], axis=-1, name=f"reduction_concat_{name}"), x
