"""ResNet: residual blocks of three convolutions (He, Zhang, Ren, Sun, arXiv:1512.03385)."""

from __future__ import annotations

from collections.abc import Callable

from planish import layers
from planish.applications.frame import Net, Tensor, application, channel_axis
from planish.applications.imagenet_utils import decode_predictions
from planish.applications.preprocessing import blue_first as preprocess_input
from planish.applications.pretrained import APPLICATIONS, Files, kernel_files

__all__ = ["ResNet50", "ResNet101", "ResNet152", "decode_predictions", "preprocess_input"]

_EPSILON = 1.001e-5
_FILTERS = (64, 128, 256, 512)

Stage = Callable[[Tensor, int, int, int, str], Tensor]
"""(x, filters, number of blocks, number of the stage, name) -> x."""


def files_of(name: str, with_top: str, without_top: str) -> Files:
    return kernel_files(APPLICATIONS + "resnet/", name, with_top, without_top)


def begin(image: Tensor, use_bias: bool) -> Tensor:
    x = layers.ZeroPadding2D(padding=((3, 3), (3, 3)), name="conv1_pad")(image)
    return layers.Conv2D(64, 7, strides=2, use_bias=use_bias, name="conv1_conv")(x)


def normalized(x: Tensor, name: str, relu: str) -> Tensor:
    """Batch normalization, then ReLU."""
    x = layers.BatchNormalization(axis=channel_axis(), epsilon=_EPSILON, name=name)(x)
    return layers.Activation("relu", name=relu)(x)


def stages(x: Tensor, blocks: tuple[int, ...], stage: Stage) -> Tensor:
    x = layers.ZeroPadding2D(padding=((1, 1), (1, 1)), name="pool1_pad")(x)
    x = layers.MaxPooling2D(3, strides=2, name="pool1_pool")(x)
    for number, (filters, count) in enumerate(zip(_FILTERS, blocks, strict=True), 2):
        x = stage(x, filters, count, number, f"conv{number}")
    return x


def end(net: Net, x: Tensor) -> Tensor:
    def top(x: Tensor) -> Tensor:
        return net.classifier()(layers.GlobalAveragePooling2D(name="avg_pool")(x))

    return net.end(x, top, "avg_pool", "max_pool")


def _stage(x: Tensor, filters: int, count: int, number: int, name: str) -> Tensor:
    x = _block(x, filters, 1 if number == 2 else 2, True, f"{name}_block1")
    for place in range(2, count + 1):
        x = _block(x, filters, 1, False, f"{name}_block{place}")
    return x


def _block(x: Tensor, filters: int, stride: int, convolved_shortcut: bool, name: str) -> Tensor:
    shortcut = x
    if convolved_shortcut:
        shortcut = layers.Conv2D(4 * filters, 1, strides=stride, name=f"{name}_0_conv")(x)
        shortcut = layers.BatchNormalization(axis=channel_axis(), epsilon=_EPSILON, name=f"{name}_0_bn")(shortcut)
    x = layers.Conv2D(filters, 1, strides=stride, name=f"{name}_1_conv")(x)
    x = normalized(x, f"{name}_1_bn", f"{name}_1_relu")
    x = layers.Conv2D(filters, 3, padding="same", name=f"{name}_2_conv")(x)
    x = normalized(x, f"{name}_2_bn", f"{name}_2_relu")
    x = layers.Conv2D(4 * filters, 1, name=f"{name}_3_conv")(x)
    x = layers.BatchNormalization(axis=channel_axis(), epsilon=_EPSILON, name=f"{name}_3_bn")(x)
    x = layers.Add(name=f"{name}_add")([shortcut, x])
    return layers.Activation("relu", name=f"{name}_out")(x)


def _resnet(net: Net, blocks: tuple[int, ...]) -> Tensor:
    x = normalized(begin(net.image, True), "conv1_bn", "conv1_relu")
    return end(net, stages(x, blocks, _stage))


@application(
    "resnet50",
    files_of("resnet50", "2cb95161c43110f7111970584f804107", "4d473c1dd8becc155b73f8504c6f6626"),
    size=224,
)
def ResNet50(net: Net) -> Tensor:
    """ResNet of 50 layers, for images of 224x224 (arXiv:1512.03385)."""
    return _resnet(net, (3, 4, 6, 3))


@application(
    "resnet101",
    files_of("resnet101", "f1aeb4b969a6efcfb50fad2f0c20cfc5", "88cf7a10940856eca736dc7b7e228a21"),
    size=224,
)
def ResNet101(net: Net) -> Tensor:
    """ResNet of 101 layers, for images of 224x224 (arXiv:1512.03385)."""
    return _resnet(net, (3, 4, 23, 3))


@application(
    "resnet152",
    files_of("resnet152", "100835be76be38e30d865e96f2aaae62", "ee4c566cf9a93f14d82f913c2dc6dd0c"),
    size=224,
)
def ResNet152(net: Net) -> Tensor:
    """ResNet of 152 layers, for images of 224x224 (arXiv:1512.03385)."""
    return _resnet(net, (3, 8, 36, 3))
