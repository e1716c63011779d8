"""Image files on the command line: which files are meant, and how they become a model's input."""

from __future__ import annotations

import argparse
import glob
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from planish.cli import data, digit, folder_data, model_files
from planish.errors import explain
from planish.utils.folders import images_in
from planish.utils.image_folder import ENDINGS
from planish.utils.image_reader import SMOOTHED, ImageReader, rounded
from planish.utils.resizing import resized

if TYPE_CHECKING:
    from planish.models.model import Model

_WHITE = 255
_PATTERN = frozenset("*?[")

Read = Callable[[str], model_files.Array]
Failure = OSError | ValueError


class Part(NamedTuple):
    """Some of the files: those that were read, the model's outputs for them, and why the others were not."""

    paths: list[str]
    outputs: model_files.Array | None
    failures: dict[str, Failure]


def tried(read: Read, path: str) -> model_files.Array | Failure:
    """The image of a file, or why it cannot be read."""
    try:
        return read(path)
    except (OSError, ValueError) as error:
        return error


def part(
    found: Mapping[str, model_files.Array | Failure], outputs: Callable[[model_files.Array], model_files.Array]
) -> Part:
    """What `outputs` gives for those of the files that could be read."""
    failures = {path: image for path, image in found.items() if isinstance(image, Exception)}
    good = {path: image for path, image in found.items() if not isinstance(image, Exception)}
    return Part([*good], outputs(np.stack([*good.values()])) if good else None, failures)


def add_options(parser: argparse.ArgumentParser) -> None:
    """--digit, --invert and --scale."""
    either = parser.add_mutually_exclusive_group()
    either.add_argument(
        "--digit", action="store_true",
        help="the image shows a digit on paper: crop, centre and invert it like MNIST's digits",
    )  # fmt: skip
    either.add_argument("--invert", action="store_true", help="swap dark and light")
    model_files.add_scale(parser)


def files(given: Sequence[str]) -> Iterator[str]:
    """The files that arguments name: files, the images in folders, and patterns where the shell leaves them alone.

    ValueError for folders without images; OSError for files that do not exist.
    """
    for path in given:
        for place in _matches(path):
            yield from _in_folder(place) if os.path.isdir(place) else [place]


def _matches(path: str) -> list[str]:
    if os.path.lexists(path) or not _PATTERN & set(path):
        os.stat(path)  # its error says what is wrong
        return [path]
    found = sorted(glob.glob(path, recursive=True))
    if not found:
        raise FileNotFoundError(explain(what=f"no file matches {path!r}"))
    return found


def _in_folder(place: str) -> list[str]:
    inside = images_in(place)
    if not inside:
        raise ValueError(
            explain(what=f"there are no images in {place!r}", expected="files named " + ", ".join(ENDINGS))
        )
    return inside


def reader(model: Model, arguments: argparse.Namespace) -> Read:
    """A function from a path to an image [height, width, channels] of bytes, as the model was trained with them."""
    height, width, *channels = model_files.image_shape(model)
    mode = data.color_mode(channels[0] if channels else 1)
    if arguments.digit:
        return _Digits((height, width), channels[0] if channels else 1)
    read = folder_data.reader_of((height, width), mode, model.notes.get(SMOOTHED) is True)
    return _Pictures(read, arguments.invert)


@dataclass(frozen=True)
class _Pictures:
    """Reads a picture as bytes, with dark and light swapped if asked. It may be sent to another process."""

    read: ImageReader
    invert: bool

    def __call__(self, path: str) -> model_files.Array:
        pixels = rounded(self.read(path), np.dtype(np.uint8))
        if self.invert:
            pixels[..., :3] = _WHITE - pixels[..., :3]  # and not the alpha channel
        return pixels


@dataclass(frozen=True)
class _Digits:
    """Reads a digit on paper as one of MNIST's."""

    size: tuple[int, int]
    channels: int

    def __call__(self, path: str) -> model_files.Array:
        sized = np.rint(resized(digit.like_mnist(path), self.size, antialias=True)).astype(np.uint8)
        return np.repeat(sized, self.channels, axis=-1)
