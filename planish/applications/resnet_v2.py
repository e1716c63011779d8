"""ResNet V2: residual blocks that normalize before they convolve (He, Zhang, Ren, Sun, arXiv:1603.05027)."""

from __future__ import annotations

from planish import layers
from planish.applications.frame import Net, Tensor, application
from planish.applications.imagenet_utils import decode_predictions
from planish.applications.preprocessing import minus_one_to_one as preprocess_input
from planish.applications.resnet import begin, end, files_of, normalized, stages

__all__ = ["ResNet50V2", "ResNet101V2", "ResNet152V2", "decode_predictions", "preprocess_input"]

_LAST_STAGE = 5


def _stage(x: Tensor, filters: int, count: int, number: int, name: str) -> Tensor:
    """The last block of a stage halves height and width; the last stage keeps them."""
    x = _block(x, filters, 1, True, f"{name}_block1")
    for place in range(2, count):
        x = _block(x, filters, 1, False, f"{name}_block{place}")
    return _block(x, filters, 1 if number == _LAST_STAGE else 2, False, f"{name}_block{count}")


def _block(x: Tensor, filters: int, stride: int, convolved_shortcut: bool, name: str) -> Tensor:
    before = normalized(x, f"{name}_preact_bn", f"{name}_preact_relu")
    shortcut = _shortcut(x, before, filters, stride, f"{name}_0_conv" if convolved_shortcut else None)
    x = layers.Conv2D(filters, 1, strides=1, use_bias=False, name=f"{name}_1_conv")(before)
    x = normalized(x, f"{name}_1_bn", f"{name}_1_relu")
    x = layers.ZeroPadding2D(padding=((1, 1), (1, 1)), name=f"{name}_2_pad")(x)
    x = layers.Conv2D(filters, 3, strides=stride, use_bias=False, name=f"{name}_2_conv")(x)
    x = normalized(x, f"{name}_2_bn", f"{name}_2_relu")
    x = layers.Conv2D(4 * filters, 1, name=f"{name}_3_conv")(x)
    return layers.Add(name=f"{name}_out")([shortcut, x])


def _shortcut(x: Tensor, normalized_x: Tensor, filters: int, stride: int, convolution: str | None) -> Tensor:
    if convolution is not None:
        return layers.Conv2D(4 * filters, 1, strides=stride, name=convolution)(normalized_x)
    return layers.MaxPooling2D(1, strides=stride)(x) if stride > 1 else x


def _resnet(net: Net, blocks: tuple[int, ...]) -> Tensor:
    x = stages(begin(net.image, True), blocks, _stage)
    return end(net, normalized(x, "post_bn", "post_relu"))


@application(
    "resnet50v2",
    files_of("resnet50v2", "3ef43a0b657b3be2300d5770ece849e0", "fac2f116257151a9d068a22e544a4917"),
    size=224,
)
def ResNet50V2(net: Net) -> Tensor:
    """ResNet V2 of 50 layers, for images of 224x224 (arXiv:1603.05027)."""
    return _resnet(net, (3, 4, 6, 3))


@application(
    "resnet101v2",
    files_of("resnet101v2", "6343647c601c52e1368623803854d971", "c0ed64b8031c3730f411d2eb4eea35b5"),
    size=224,
)
def ResNet101V2(net: Net) -> Tensor:
    """ResNet V2 of 101 layers, for images of 224x224 (arXiv:1603.05027)."""
    return _resnet(net, (3, 4, 23, 3))


@application(
    "resnet152v2",
    files_of("resnet152v2", "a49b44d1979771252814e80f8ec446f9", "ed17cf2e0169df9d443503ef94b23b33"),
    size=224,
)
def ResNet152V2(net: Net) -> Tensor:
    """ResNet V2 of 152 layers, for images of 224x224 (arXiv:1603.05027)."""
    return _resnet(net, (3, 8, 36, 3))
