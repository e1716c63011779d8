"""What goes into the nets of `keras.applications`, and what their numbers mean."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import numpy as np

from planish import config, ops
from planish.applications import pretrained
from planish.errors import explain, unknown_name
from planish.layers.base.in_pipelines import changed_later, is_later
from planish.symbolic import SymbolicTensor, any_symbolic

_MEAN_BGR = (103.939, 116.779, 123.68)
_MEAN_RGB = (0.485, 0.456, 0.406)
_DEVIATION_RGB = (0.229, 0.224, 0.225)
_MODES = ("caffe", "tf", "torch")
_CLASSES = 1000

Prediction = tuple[str, str, Any]


def preprocess_input(x: Any, data_format: str | None = None, mode: str = "caffe") -> Any:
    """Images with values of 0 to 255, as a net was trained on them: arrays [n, height, width, 3] or [height, width, 3],
    symbolic tensors, or the tensors that functions in TensorFlow's pipelines get.

    `mode`: 'caffe' (blue, green, red, each without ImageNet's mean), 'tf' (-1 to 1) or 'torch' (0 to 1, without
    ImageNet's mean, divided by its deviation). Whole numbers become float32; the array that is given stays as it is.
    ValueError for another mode or data format, or for other than three channels.
    """
    if mode not in _MODES:
        raise ValueError(unknown_name("mode", mode, _MODES))
    axis = _channel_axis(data_format)
    if any_symbolic(x):
        return _preprocessed_tensor(x, axis, mode)
    if is_later(x):
        return changed_later(lambda values: preprocess_input(values, data_format, mode), x)
    images = np.asarray(x)
    return _preprocessed(images if np.issubdtype(images.dtype, np.floating) else images.astype(np.float32), axis, mode)


def decode_predictions(preds: Any, top: int = 5) -> list[list[Prediction]]:
    """For each image the `top` likeliest classes of ImageNet: (WordNet's number, name, value), the likeliest first.

    `preds`: what a net with ImageNet's classifier gives, [n, 1000]. The names are in a file of Keras's cache, which is
    downloaded if it is not there: OSError, naming the file and where to place it, without a connection.
    """
    values = np.asarray(preds)
    if values.ndim != 2 or values.shape[1] != _CLASSES:
        raise ValueError(
            explain(
                what="decode_predictions: these are not predictions of ImageNet's classes",
                expected="an array of shape (images, 1000)",
                received=f"shape {values.shape}",
                remedy="the output of a net with include_top=True and classes=1000",
            )
        )
    names = _class_names()
    order = np.argsort(values, axis=1, kind="stable")[:, ::-1][:, :top]
    return [[(*names[place], row[place]) for place in places] for row, places in zip(values, order, strict=True)]


@cache
def _class_names() -> list[tuple[str, str]]:
    path = pretrained.class_index()
    with open(path, encoding="utf-8") as file:
        listed = json.load(file)
    return [(listed[str(place)][0], listed[str(place)][1]) for place in range(_CLASSES)]


def _channel_axis(data_format: str | None) -> int:
    data_format = data_format or config.image_data_format()
    if data_format not in ("channels_last", "channels_first"):
        raise ValueError(unknown_name("data_format", data_format, ["channels_last", "channels_first"]))
    return -1 if data_format == "channels_last" else -3


def _preprocessed(images: Any, axis: int, mode: str) -> Any:
    if mode == "tf":
        return images / images.dtype.type(127.5) - images.dtype.type(1.0)
    _require_three(images.shape, axis)

    def along(numbers: tuple[float, ...]) -> Any:
        return np.asarray(numbers, images.dtype).reshape([-1] + [1] * (-1 - axis))

    if mode == "caffe":
        return np.flip(images, axis) - along(_MEAN_BGR)
    return (images / images.dtype.type(255.0) - along(_MEAN_RGB)) / along(_DEVIATION_RGB)


def _preprocessed_tensor(x: SymbolicTensor, axis: int, mode: str) -> Any:
    if mode == "tf":
        return x / 127.5 - 1.0
    _require_three(x.shape, axis)

    def along(numbers: tuple[float, ...]) -> Any:
        return np.asarray(numbers, np.float32).reshape([-1] + [1] * (-1 - axis))

    if mode == "caffe":
        return ops.flip(x, axis=axis) - along(_MEAN_BGR)
    return (x / 255.0 - along(_MEAN_RGB)) / along(_DEVIATION_RGB)


def _require_three(shape: Any, axis: int) -> None:
    if len(shape) < 3 or shape[axis] != 3:
        raise ValueError(
            explain(
                what="preprocess_input: these are not images of three channels",
                expected="(n, height, width, 3) or (height, width, 3)",
                received=f"shape {tuple(shape)}",
                remedy="three times the same channel, np.repeat(x, 3, axis=-1), for grey images",
            )
        )
