"""The DATA argument: the name of a data set, an .npz file in Keras's form, or a folder of class folders of images."""

from __future__ import annotations

import argparse
import importlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planish import datasets
from planish.cli.console import did_you_mean
from planish.cli.folders import TEST, TRAINING, VALIDATION
from planish.datasets import npz_file
from planish.errors import explain

Array = NDArray[Any]

HELP = (
    "the name of a data set (" + ", ".join(datasets.__all__) + "), an .npz file with x_train, y_train, x_test, y_test,"
    " or a folder with a folder of images for each class (or with such folders in train/, val/ and test/)"
)

_FEWEST_CLASSES, _MOST_CLASSES = 2, 65_536


@dataclass(frozen=True, slots=True)
class Part:
    """Images [n, height, width, channels] with their values as they are in the files, and class indices [n].

    `paths` are the files that they come from, if they come from files.
    """

    x: Array
    y: Array
    paths: Sequence[str] = ()

    def __len__(self) -> int:
        return len(self.x)


@dataclass(frozen=True, slots=True)
class Data:
    """The images of each part, `TRAINING` at least; the names of the classes; and what a model keeps of them."""

    parts: dict[str, Part]
    class_names: list[str]
    notes: dict[str, Any] = field(default_factory=dict)

    @property
    def training(self) -> Part:
        return self.parts[TRAINING]

    @property
    def validation(self) -> Part | None:
        """The images by which an epoch is judged: the part for validation, or else the test images."""
        return self.parts.get(VALIDATION, self.parts.get(TEST))

    @property
    def test(self) -> Part | None:
        """The images for the final results, not seen before; None if validation needs them."""
        return self.parts.get(TEST) if VALIDATION in self.parts else None

    @property
    def image_shape(self) -> tuple[int, ...]:
        return tuple(self.training.x.shape[1:])

    def __len__(self) -> int:
        return sum(len(part) for part in self.parts.values())


def is_folder(text: str) -> bool:
    return text not in datasets.__all__ and os.path.isdir(text)


def arrays(text: str) -> Data:
    """The data set or the .npz file that `text` names.

    ValueError or OSError, in words for the user, if there is no such data.
    """
    if text in datasets.__all__:
        splits = importlib.import_module(f"planish.datasets.{text}").load_data()
    elif text.endswith(".npz"):
        splits = npz_file.read(text)
    else:
        raise ValueError(
            explain(
                what=f"DATA {text!r} is not a data set, an .npz file or a folder",
                expected=HELP,
                remedy=did_you_mean(text, datasets.__all__),
            )
        )
    (x_train, y_train), (x_test, y_test) = splits
    parts = {
        name: Part(_images(x, text), _labels(y, text))
        for name, x, y in ((TRAINING, x_train, y_train), (TEST, x_test, y_test))
    }
    shapes = {part.x.shape[1:] for part in parts.values()}
    if len(shapes) > 1:
        raise ValueError(
            explain(
                what=f"the images in {text!r} have different shapes",
                expected="images in x_test like those of x_train",
                received=" and ".join(str(part.x.shape[1:]) for part in parts.values()),
            )
        )
    classes = max(int(part.y.max(initial=0)) for part in parts.values()) + 1
    if not _FEWEST_CLASSES <= classes <= _MOST_CLASSES:
        raise ValueError(
            explain(
                what=f"the labels in {text!r} are not class indices to train with",
                expected=f"whole numbers from 0 on, of {_FEWEST_CLASSES} to {_MOST_CLASSES:,} classes",
                received=f"{classes - 1:,} as the largest",
            )
        )
    return Data(parts, [str(index) for index in range(classes)])


def image_size(text: str) -> tuple[int, int]:
    """'28x20' as (height, width), '64' as (64, 64); for argparse."""
    height, x, width = text.lower().partition("x")
    width = width if x else height
    if not all(side.isascii() and side.isdecimal() and int(side) for side in (height, width)):
        raise argparse.ArgumentTypeError(f"{text!r} is not a size such as 64 or 64x48 (height x width)")
    return int(height), int(width)


def color_mode(channels: int) -> str:
    """How images are read for a model that takes this many channels."""
    modes = {1: "grayscale", 3: "rgb", 4: "rgba"}
    if channels not in modes:
        raise ValueError(explain(what=f"images do not have {channels} channels", expected="1, 3 or 4"))
    return modes[channels]


def _images(array: Array, text: str) -> Array:
    if array.ndim == 3:
        return array[..., None]
    if array.ndim != 4:
        raise ValueError(
            explain(
                what=f"the images in {text!r} have the wrong shape",
                expected="(n, height, width[, channels])",
                received=array.shape,
            )
        )
    return array


def _labels(array: Array, text: str) -> Array:
    if array.ndim == 2 and array.shape[1] > 1:
        return np.asarray(np.argmax(array, axis=1))
    if array.size != len(array) or array.dtype.kind not in "iu":
        raise ValueError(
            explain(
                what=f"the labels in {text!r} are not class indices",
                expected="a class index for each image",
                received=f"shape {array.shape}, dtype {array.dtype}",
            )
        )
    return array.reshape(-1)
