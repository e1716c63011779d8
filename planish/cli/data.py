"""The DATA argument: the name of a data set, an .npz file in Keras's form, or a folder of class folders of images."""

from __future__ import annotations

import argparse
import importlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planish import datasets, utils
from planish.cli.console import did_you_mean
from planish.datasets import npz_file
from planish.errors import explain
from planish.utils.image_folder import class_folders
from planish.utils.image_reader import ImageReader, rounded

Array = NDArray[Any]

HELP = (
    "the name of a data set (" + ", ".join(datasets.__all__) + "), an .npz file with x_train, y_train, x_test, y_test,"
    " or a folder with a folder of images for each class (or with such folders in train/ and test/)"
)

_TEST_FOLDERS = ("test", "validation", "valid", "val")
_PART_FOR_TEST = 0.2
_FEWEST_CLASSES, _MOST_CLASSES = 2, 65_536


@dataclass(frozen=True, slots=True)
class Data:
    """Images [n, height, width, channels] with their values as they are in the files, and class indices [n]."""

    x_train: Array
    y_train: Array
    x_test: Array
    y_test: Array
    class_names: list[str]

    @property
    def image_shape(self) -> tuple[int, ...]:
        return tuple(self.x_train.shape[1:])


def load(
    text: str,
    size: tuple[int, int] | None = None,
    color_mode: str | None = None,
    class_names: Sequence[str] | None = None,
) -> Data:
    """The data that `text` names. `size` (height, width), `color_mode` and `class_names` are for folders; by default,
    images have the size and the channels of the first one, and classes are the folders in the order of their names.

    ValueError or OSError, in words for the user, if there is no such data.
    """
    if text in datasets.__all__:
        splits = importlib.import_module(f"planish.datasets.{text}").load_data()
    elif os.path.isdir(text):
        return _folder(text, size, color_mode, class_names)
    elif text.endswith(".npz"):
        splits = npz_file.read(text)
    else:
        raise ValueError(
            explain(
                what=f"DATA {text!r} is no data set, .npz file or folder",
                expected=HELP,
                remedy=did_you_mean(text, datasets.__all__),
            )
        )
    (x_train, y_train), (x_test, y_test) = splits
    x_train, x_test = _images(x_train, text), _images(x_test, text)
    y_train, y_test = _labels(y_train, text), _labels(y_test, text)
    classes = int(max(y_train.max(initial=0), y_test.max(initial=0))) + 1
    if not _FEWEST_CLASSES <= classes <= _MOST_CLASSES:
        raise ValueError(
            explain(
                what=f"the labels in {text!r} are no class indices to train with",
                expected=f"whole numbers from 0 on, of {_FEWEST_CLASSES} to {_MOST_CLASSES:,} classes",
                received=f"{classes - 1:,} as the largest",
            )
        )
    return Data(x_train, y_train, x_test, y_test, [str(index) for index in range(classes)])


def image_size(text: str) -> tuple[int, int]:
    """'28x20' as (height, width); for argparse."""
    height, _, width = text.lower().partition("x")
    if not (height.isdecimal() and width.isdecimal() and int(height) and int(width)):
        raise argparse.ArgumentTypeError(f"{text!r} is no size such as 64x64")
    return int(height), int(width)


def read_image(path: str, size: tuple[int, int], mode: str) -> Array:
    """An image file as those of a folder are read: uint8 [height, width, channels]."""
    return rounded(ImageReader(size, mode)(path), np.dtype(np.uint8))


def color_mode(channels: int) -> str:
    """How images are read for a model that takes this many channels."""
    modes = {1: "grayscale", 3: "rgb", 4: "rgba"}
    if channels not in modes:
        raise ValueError(explain(what=f"images have no {channels} channels", expected="1, 3 or 4"))
    return modes[channels]


def _folder(text: str, size: tuple[int, int] | None, mode: str | None, names: Sequence[str] | None) -> Data:
    training = os.path.join(text, "train")
    test = next((path for name in _TEST_FOLDERS if os.path.isdir(path := os.path.join(text, name))), None)
    if not os.path.isdir(training):
        test = None
    for folder in (text,) if test is None else (training, test):
        _check_names(folder, names)
    settings = _folder_settings(text if test is None else training, size, mode)
    if test is not None:
        first = utils.image_dataset_from_directory(training, class_names=names, **settings)
        second = utils.image_dataset_from_directory(test, class_names=first.class_names, **settings)
    else:
        settings |= {"class_names": names, "validation_split": _PART_FOR_TEST, "seed": 0}
        first = utils.image_dataset_from_directory(text, subset="training", **settings)
        second = utils.image_dataset_from_directory(text, subset="validation", **settings)
    (x_train, y_train), (x_test, y_test) = first.arrays(np.uint8), second.arrays(np.uint8)
    _check_classes(text, first.class_names, set(np.concatenate([y_train, y_test]).tolist()))
    return Data(x_train, y_train, x_test, y_test, first.class_names)


def _check_names(folder: str, names: Sequence[str] | None) -> None:
    found = class_folders(folder)
    if names is not None and found != sorted(names):
        raise ValueError(
            explain(
                what=f"the folders in {folder!r} are not the classes of the model",
                expected=", ".join(names),
                received=", ".join(found) or "none",
            )
        )


def _check_classes(text: str, names: Sequence[str], present: set[int]) -> None:
    """Every class has images, and there are two at least."""
    empty = [name for index, name in enumerate(names) if index not in present]
    if empty:
        raise ValueError(
            explain(
                what=f"there are no images in {os.path.join(text, empty[0])!r}",
                remedy="remove the folder, or add images",
            )
        )
    if len(names) < _FEWEST_CLASSES:
        raise ValueError(
            explain(
                what=f"{text!r} has one class, so there is nothing to tell apart",
                expected="a sub-folder of images for each class: cat/, dog/",
                received=f"{names[0]}/",
            )
        )


def _folder_settings(text: str, size: tuple[int, int] | None, mode: str | None) -> dict[str, Any]:
    """What the caller leaves open is as in the first image."""
    if size is None or mode is None:
        first = utils.image_dataset_from_directory(text, shuffle=False, verbose=False).file_paths[0]
        image = utils.load_img(first)
        red, green, blue = np.moveaxis(np.asarray(image), -1, 0)
        grey = np.array_equal(red, green) and np.array_equal(green, blue)
        size = size or (image.height, image.width)
        mode = mode or ("grayscale" if grey else "rgb")
    return {"image_size": size, "color_mode": mode, "verbose": False}


def _images(array: Array, text: str) -> Array:
    if array.ndim == 3:
        return array[..., None]
    if array.ndim != 4:
        raise ValueError(
            explain(
                what=f"the images in {text!r}", expected="shape (n, height, width[, channels])", received=array.shape
            )
        )
    return array


def _labels(array: Array, text: str) -> Array:
    if array.ndim == 2 and array.shape[1] > 1:
        return np.asarray(np.argmax(array, axis=1))
    if array.size != len(array) or array.dtype.kind not in "iu":
        raise ValueError(
            explain(
                what=f"the labels in {text!r}",
                expected="a class index for each image",
                received=f"shape {array.shape}, dtype {array.dtype}",
            )
        )
    return array.reshape(-1)
