"""The four ways in which nets of `keras.applications` take images: each net's module names its own `preprocess_input`.

Images have values of 0 to 255: arrays [n, height, width, 3] or [height, width, 3], or symbolic tensors. Whole numbers
become float32; the array that is given stays as it is.
"""

from __future__ import annotations

from typing import Any

from planish.applications import imagenet_utils


def minus_one_to_one(x: Any, data_format: str | None = None) -> Any:
    """Images with values of 0 to 255 as this net takes them: -1 to 1."""
    return imagenet_utils.preprocess_input(x, data_format, mode="tf")


def blue_first(x: Any, data_format: str | None = None) -> Any:
    """Images with values of 0 to 255 as this net takes them: blue, green, red, each without ImageNet's mean."""
    return imagenet_utils.preprocess_input(x, data_format, mode="caffe")


def normalized(x: Any, data_format: str | None = None) -> Any:
    """Images with values of 0 to 255 as this net takes them: 0 to 1, without ImageNet's mean, divided by its
    deviation."""
    return imagenet_utils.preprocess_input(x, data_format, mode="torch")


def unchanged(x: Any, data_format: str | None = None) -> Any:
    """`x` as it is: the net's first layers take images with values of 0 to 255. `data_format` changes nothing."""
    return x
