"""Inception V3: branches of small convolutions side by side (Szegedy and others, arXiv:1512.00567)."""

from __future__ import annotations

from planish import layers
from planish.applications.frame import Net, Tensor, application, channel_axis
from planish.applications.imagenet_utils import decode_predictions
from planish.applications.preprocessing import minus_one_to_one as preprocess_input
from planish.applications.pretrained import APPLICATIONS, kernel_files

__all__ = ["InceptionV3", "decode_predictions", "preprocess_input"]

_FILES = kernel_files(
    APPLICATIONS + "inception_v3/",
    "inception_v3",
    "9a0d58056eeedaa3f26cb7ebd46da564",
    "bcbd6486424b2319ff4ef7d526e38f63",
)


def _convolved(x: Tensor, filters: int, rows: int, columns: int, stride: int = 1, padding: str = "same") -> Tensor:
    x = layers.Conv2D(filters, (rows, columns), strides=(stride, stride), padding=padding, use_bias=False)(x)
    x = layers.BatchNormalization(axis=channel_axis(), scale=False)(x)
    return layers.Activation("relu")(x)


def _chain(x: Tensor, *steps: tuple[int, int, int]) -> Tensor:
    """Convolutions one after another: (filters, rows, columns) of each."""
    for filters, rows, columns in steps:
        x = _convolved(x, filters, rows, columns)
    return x


def _joined(branches: list[Tensor], name: str | None) -> Tensor:
    return layers.concatenate(branches, axis=channel_axis(), name=name)


def _averaged(x: Tensor, filters: int) -> Tensor:
    x = layers.AveragePooling2D((3, 3), strides=(1, 1), padding="same")(x)
    return _convolved(x, filters, 1, 1)


def _wide(x: Tensor, pooled: int, name: str) -> Tensor:
    """Branches of 1x1, 5x5, two of 3x3, and a pool."""
    one = _convolved(x, 64, 1, 1)
    five = _chain(x, (48, 1, 1), (64, 5, 5))
    three_twice = _chain(x, (64, 1, 1), (96, 3, 3), (96, 3, 3))
    return _joined([one, five, three_twice, _averaged(x, pooled)], name)


def _smaller(x: Tensor) -> Tensor:
    """To half the height and width, 35 to 17."""
    three = _convolved(x, 384, 3, 3, 2, "valid")
    three_twice = _convolved(_chain(x, (64, 1, 1), (96, 3, 3)), 96, 3, 3, 2, "valid")
    pooled = layers.MaxPooling2D((3, 3), strides=(2, 2))(x)
    return _joined([three, three_twice, pooled], "mixed3")


def _sevens(x: Tensor, inner: int, name: str) -> Tensor:
    """Branches of 1x1, one and two 7x7, each in a row and a column, and a pool."""
    one = _convolved(x, 192, 1, 1)
    seven = _chain(x, (inner, 1, 1), (inner, 1, 7), (192, 7, 1))
    seven_twice = _chain(x, (inner, 1, 1), (inner, 7, 1), (inner, 1, 7), (inner, 7, 1), (192, 1, 7))
    return _joined([one, seven, seven_twice, _averaged(x, 192)], name)


def _smallest(x: Tensor) -> Tensor:
    """To half the height and width, 17 to 8."""
    three = _convolved(_convolved(x, 192, 1, 1), 320, 3, 3, 2, "valid")
    seven = _convolved(_chain(x, (192, 1, 1), (192, 1, 7), (192, 7, 1)), 192, 3, 3, 2, "valid")
    pooled = layers.MaxPooling2D((3, 3), strides=(2, 2))(x)
    return _joined([three, seven, pooled], "mixed8")


def _crossed(x: Tensor, name: str | None) -> Tensor:
    """A row and a column of three, side by side."""
    return _joined([_convolved(x, 384, 1, 3), _convolved(x, 384, 3, 1)], name)


def _last(x: Tensor, place: int) -> Tensor:
    one = _convolved(x, 320, 1, 1)
    three = _crossed(_convolved(x, 384, 1, 1), f"mixed9_{place}")
    three_twice = _crossed(_chain(x, (448, 1, 1), (384, 3, 3)), None)
    return _joined([one, three, three_twice, _averaged(x, 192)], f"mixed{9 + place}")


def _begin(x: Tensor) -> Tensor:
    x = _convolved(x, 32, 3, 3, 2, "valid")
    x = _convolved(x, 32, 3, 3, 1, "valid")
    x = _convolved(x, 64, 3, 3)
    x = layers.MaxPooling2D((3, 3), strides=(2, 2))(x)
    x = _convolved(x, 80, 1, 1, 1, "valid")
    x = _convolved(x, 192, 3, 3, 1, "valid")
    return layers.MaxPooling2D((3, 3), strides=(2, 2))(x)


@application("inception_v3", _FILES, size=299, least_size=75)
def InceptionV3(net: Net) -> Tensor:
    """Inception V3, for images of 299x299 (arXiv:1512.00567)."""
    x = _begin(net.image)
    for place, pooled in enumerate((32, 64, 64)):
        x = _wide(x, pooled, f"mixed{place}")
    x = _smaller(x)
    for place, inner in enumerate((128, 160, 160, 192), 4):
        x = _sevens(x, inner, f"mixed{place}")
    x = _smallest(x)
    for place in range(2):
        x = _last(x, place)

    def top(x: Tensor) -> Tensor:
        return net.classifier()(layers.GlobalAveragePooling2D(name="avg_pool")(x))

    return net.end(x, top, None, None)
