"""Models on the command line: loading them, bringing images to their input, the names of their classes."""

from __future__ import annotations

import argparse
import math
import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planish import saving, utils
from planish.errors import explain

Array = NDArray[Any]

_OF_ONE_SCORE = 2

CLASSES = "classes.txt"
"""Beside a model that `planish train` saved: the names of its classes, one a line."""


def load(path: str, *, compile: bool = True) -> Any:
    """A saved model. ValueError if it is not built, besides the errors of `load_model`."""
    model = saving.load_model(path, compile=compile)
    if not model.built:
        raise ValueError(explain(what=f"{path!r} holds a model that was never built, so it has no weights"))
    return model


def make_folder(path: str) -> None:
    """The folder for what a command writes, before it does its work. OSError if there cannot be such a folder."""
    os.makedirs(path, exist_ok=True)
    if not os.access(path, os.W_OK):
        raise PermissionError(explain(what=f"the folder {path!r} cannot be written"))


def check_writable(path: str) -> None:
    """Whether a file can be written there, before the work for it is done. OSError if not."""
    folder = os.path.dirname(path) or "."
    if os.path.isdir(path):
        raise IsADirectoryError(explain(what=f"{path!r} is a folder", expected="the name of a file to write"))
    if not os.path.isdir(folder):
        raise FileNotFoundError(explain(what=f"there is no folder {folder!r} to write into", received=repr(path)))
    if not os.access(path if os.path.exists(path) else folder, os.W_OK):
        raise PermissionError(explain(what=f"{path!r} cannot be written"))


def write_class_names(names: Sequence[str], folder: str) -> None:
    with open(os.path.join(folder, CLASSES), "w", encoding="utf-8") as file:
        file.writelines(f"{name}\n" for name in names)


def class_names(path: str, classes: int) -> list[str]:
    """The names beside the model, if there are that many; else numbers."""
    names = known_class_names(path)
    return names if names is not None and len(names) == classes else [str(index) for index in range(classes)]


def known_class_names(path: str) -> list[str] | None:
    """The names beside the model, if there are any."""
    beside = os.path.join(os.path.dirname(path), CLASSES)
    if not os.path.isfile(beside):
        return None
    try:
        with open(beside, encoding="utf-8") as file:
            return file.read().splitlines()
    except UnicodeDecodeError as error:
        raise ValueError(explain(what=f"{beside!r} is no text in UTF-8", received=str(error))) from error


def class_count(model: Any) -> int:
    """How many classes a model tells apart: two if it gives one score. ValueError if it gives no scores."""
    shape = model.output_shape
    if len(shape) != 2 or shape[-1] is None:
        raise ValueError(
            explain(
                layer=model.label,
                what="the model gives no score for each class",
                expected="output of shape (None, classes)",
                received=shape,
            )
        )
    return max(int(shape[-1]), _OF_ONE_SCORE)


def class_scores(model: Any, outputs: Array) -> Array:
    """Outputs [n, scores] as one score for each class [n, classes]: one score is that of the second of two classes."""
    return np.concatenate([1 - outputs, outputs], axis=1) if model.output_shape[-1] == 1 else outputs


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


def count(text: str) -> int:
    """A whole number, 1 or more; for argparse."""
    if not (text.isascii() and text.isdecimal() and int(text)):
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number, 1 or more")
    return int(text)


def _scale(text: str) -> float:
    """A number above 0; for argparse."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is no number above 0")
    return number


def add_scale(parser: argparse.ArgumentParser) -> None:
    """The argument for models whose training data were divided before they got them."""
    text = "divide pixels by this: 255 for a model that was trained on x / 255 (%(default)s)"
    parser.add_argument("--scale", type=_scale, default=1, metavar="NUMBER", help=text)
