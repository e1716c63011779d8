"""VGG: blocks of 3x3 convolutions and a pool, then three dense layers (Simonyan, Zisserman, arXiv:1409.1556)."""

from __future__ import annotations

from planish import layers
from planish.applications.frame import Net, Tensor

_FILTERS = (64, 128, 256, 512, 512)
_UNITS = 4096


def vgg(net: Net, convolutions: tuple[int, ...]) -> Tensor:
    """`convolutions`: how many each of the five blocks has."""
    x = net.image
    for block, (filters, count) in enumerate(zip(_FILTERS, convolutions, strict=True), 1):
        for number in range(1, count + 1):
            name = f"block{block}_conv{number}"
            x = layers.Conv2D(filters, (3, 3), activation="relu", padding="same", name=name)(x)
        x = layers.MaxPooling2D((2, 2), strides=(2, 2), name=f"block{block}_pool")(x)

    def top(x: Tensor) -> Tensor:
        x = layers.Flatten(name="flatten")(x)
        x = layers.Dense(_UNITS, activation="relu", name="fc1")(x)
        x = layers.Dense(_UNITS, activation="relu", name="fc2")(x)
        return net.classifier()(x)

    return net.end(x, top, None, None)
