"""DenseNet: each layer sees what all before it in its block made (Huang, Liu, van der Maaten, arXiv:1608.06993)."""

from __future__ import annotations

from planish import config, layers
from planish.applications.frame import Net, Tensor, application, channel_axis, channels_of
from planish.applications.imagenet_utils import decode_predictions
from planish.applications.preprocessing import normalized as preprocess_input
from planish.applications.pretrained import APPLICATIONS, Files, kernel_files

__all__ = ["DenseNet121", "DenseNet169", "DenseNet201", "decode_predictions", "preprocess_input"]

_EPSILON = 1.001e-5
_GROWTH = 32


def _files(name: str, with_top: str, without_top: str) -> Files:
    return kernel_files(APPLICATIONS + "densenet/", name, with_top, without_top)


def _normalized(x: Tensor, name: str, relu: str) -> Tensor:
    x = layers.BatchNormalization(axis=channel_axis(), epsilon=_EPSILON, name=name)(x)
    return layers.Activation("relu", name=relu)(x)


def _layer(x: Tensor, name: str) -> Tensor:
    new = _normalized(x, f"{name}_0_bn", f"{name}_0_relu")
    new = layers.Conv2D(4 * _GROWTH, 1, use_bias=False, name=f"{name}_1_conv")(new)
    new = _normalized(new, f"{name}_1_bn", f"{name}_1_relu")
    new = layers.Conv2D(_GROWTH, 3, padding="same", use_bias=False, name=f"{name}_2_conv")(new)
    return layers.Concatenate(axis=channel_axis(), name=f"{name}_concat")([x, new])


def _transition(x: Tensor, name: str) -> Tensor:
    """Half as many channels, half the height and width."""
    x = _normalized(x, f"{name}_bn", f"{name}_relu")
    x = layers.Conv2D(channels_of(x) // 2, 1, use_bias=False, name=f"{name}_conv")(x)
    return layers.AveragePooling2D(2, strides=2, name=f"{name}_pool")(x)


def _densenet(net: Net, blocks: tuple[int, ...]) -> Tensor:
    if config.image_data_format() == "channels_first":
        raise net.mistake("the data format", "'channels_last': Keras has DenseNet in that one only", "channels_first")
    x = layers.ZeroPadding2D(padding=((3, 3), (3, 3)))(net.image)
    x = layers.Conv2D(64, 7, strides=2, use_bias=False, name="conv1_conv")(x)
    x = _normalized(x, "conv1_bn", "conv1_relu")
    x = layers.ZeroPadding2D(padding=((1, 1), (1, 1)))(x)
    x = layers.MaxPooling2D(3, strides=2, name="pool1")(x)
    for number, count in enumerate(blocks, 2):
        for place in range(1, count + 1):
            x = _layer(x, f"conv{number}_block{place}")
        if number <= len(blocks):
            x = _transition(x, f"pool{number}")
    x = _normalized(x, "bn", "relu")

    def top(x: Tensor) -> Tensor:
        return net.classifier()(layers.GlobalAveragePooling2D(name="avg_pool")(x))

    return net.end(x, top, "avg_pool", "max_pool")


@application(
    "densenet121",
    _files("densenet121", "9d60b8095a5708f2dcce2bca79d332c7", "30ee3e1110167f948a6b9946edeeb738"),
    size=224,
)
def DenseNet121(net: Net) -> Tensor:
    """DenseNet of 121 layers, for images of 224x224 (arXiv:1608.06993)."""
    return _densenet(net, (6, 12, 24, 16))


@application(
    "densenet169",
    _files("densenet169", "d699b8f76981ab1b30698df4c175e90b", "b8c4d4c20dd625c148057b9ff1c1176b"),
    size=224,
)
def DenseNet169(net: Net) -> Tensor:
    """DenseNet of 169 layers, for images of 224x224 (arXiv:1608.06993)."""
    return _densenet(net, (6, 12, 32, 32))


@application(
    "densenet201",
    _files("densenet201", "1ceb130c1ea1b78c3bf6114dbdfd8807", "c13680b51ded0fb44dff2d8f86ac8bb1"),
    size=224,
)
def DenseNet201(net: Net) -> Tensor:
    """DenseNet of 201 layers, for images of 224x224 (arXiv:1608.06993)."""
    return _densenet(net, (6, 12, 48, 32))
