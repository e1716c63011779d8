"""Models on the command line: loading them, bringing images to their input, the names of their classes."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planish import saving, utils
from planish.errors import explain

Array = NDArray[Any]

CLASSES = "classes.txt"
"""Beside a model that `planish train` saved: the names of its classes, one a line."""


def load(path: str, *, compile: bool = True) -> Any:
    """A saved model. ValueError if it is not built, besides the errors of `load_model`."""
    model = saving.load_model(path, compile=compile)
    if not model.built:
        raise ValueError(explain(what=f"{path!r} holds a model that was never built, so it has no weights"))
    return model


def write_class_names(names: Sequence[str], folder: str) -> None:
    with open(os.path.join(folder, CLASSES), "w", encoding="utf-8") as file:
        file.writelines(f"{name}\n" for name in names)


def class_names(path: str, classes: int) -> list[str]:
    """The names beside the model, if there are as many as it has outputs; else numbers."""
    beside = os.path.join(os.path.dirname(path), CLASSES)
    if os.path.isfile(beside):
        with open(beside, encoding="utf-8") as file:
            names = file.read().splitlines()
        if len(names) == classes:
            return names
    return [str(index) for index in range(classes)]


def as_input(model: Any, images: Array, scale: float = 1) -> Array:
    """Images [n, height, width, channels] as the model takes them: divided by `scale`, without a channel axis if it
    has none."""
    if model.built and len(model.input_shape) == 3 and images.shape[-1] == 1:
        images = images[..., 0]
    return images if scale == 1 else np.divide(images, scale, dtype=np.float32)


def as_targets(model: Any, labels: Array, classes: int) -> Array:
    """Class indices as the model's loss takes them: one-hot vectors for those that compare whole distributions."""
    name = getattr(model.loss, "name", model.loss)
    if isinstance(name, str) and "categorical" in name and "sparse" not in name:
        return utils.to_categorical(labels, classes)
    return labels


def image_shape(model: Any) -> tuple[int, ...]:
    """(height, width) or (height, width, channels) of the images that a model takes. ValueError if it takes others."""
    shape: tuple[int, ...] = model.input_shape[1:]
    if len(shape) not in (2, 3):
        raise ValueError(explain(layer=model.label, what="the model takes no images", received=model.input_shape))
    return shape


def add_scale(parser: argparse.ArgumentParser) -> None:
    """The argument for models whose training data were divided before they got them."""
    text = "divide pixels by this: 255 for a model that was trained on x / 255 (%(default)s)"
    parser.add_argument("--scale", type=float, default=1, metavar="NUMBER", help=text)
