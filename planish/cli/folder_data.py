"""A folder as data: its images in one size, as bytes in memory, divided into parts."""

from __future__ import annotations

import math
import os
import statistics
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from planish import warned
from planish.cli import splitting
from planish.cli.data import Array, Data, Part
from planish.cli.folders import ALL, TRAINING, VALIDATION, ImageFile, Listing, listed
from planish.errors import explain
from planish.utils.image_batches import ImageFolder
from planish.utils.image_files import image_size
from planish.utils.image_modes import CHANNELS
from planish.utils.image_reader import SMOOTHED, ImageReader
from planish_runtime.memory import machine_nbytes

HELD_OUT = "held_out"
"""The name among a model's notes of the rule by which images were held out."""

LARGEST_BY_ITSELF = 64
"""Pixels of a side of images if no size was asked for."""

_LOOKED_AT = 100  # files, for the usual size
_BATCH = 64

_SHARE = 4  # of the memory, that images and model may take
_MODEL_NBYTES = 8192  # for each pixel of an image: weights, gradients and Adam's slots of the default model


def for_training(
    root: str,
    size: tuple[int, int] | None = None,
    color_mode: str | None = None,
    names: Sequence[str] | None = None,
    rule: splitting.Rule | None = None,
) -> Data:
    """The images of a folder, with a part to train with and one that is held out.

    By default, images have their usual size if that is small, and one channel if all are grey. `names` and `rule` are
    those of a model that is trained further. ValueError, MemoryError in words for the user.
    """
    found = listed(root, names)
    if ALL not in found.parts and TRAINING not in found.parts:
        raise ValueError(
            explain(
                what=f"{root!r} has no images to train with",
                expected=f"a folder {os.path.join(root, 'train')!r} beside the others",
                received=", ".join(found.parts),
            )
        )
    _check_class_count(root, found)
    parts, notes = _with_validation(found, rule)
    size = size or _usual_size(parts[TRAINING])
    files = _Files(found.class_names)
    training = files.read(parts[TRAINING], reader_of(size, color_mode or "rgb"))
    if color_mode is None and _is_grey(training.x):
        color_mode, training = "grayscale", Part(training.x[..., :1].copy(), training.y, training.paths)
    reader = reader_of(size, color_mode or "rgb")
    others = {name: files.read(part, reader) for name, part in parts.items() if name != TRAINING}
    files.warn_of_broken()
    _check_classes(root, found.class_names, training)
    read = {TRAINING: training} | {name: part for name, part in others.items() if len(part)}
    return Data(read, found.class_names, {**notes, SMOOTHED: True})


def everything(
    root: str, size: tuple[int, int], color_mode: str, names: Sequence[str] | None, *, smoothed: bool
) -> tuple[Part, list[str]]:
    """All images of a folder, of whatever part, for a model; and the names of the classes."""
    found = listed(root, names)
    files = [file for part in found.parts.values() for file in part]
    return _read_all(files, found.class_names, reader_of(size, color_mode, smoothed)), found.class_names


def held_out(
    root: str, size: tuple[int, int], color_mode: str, names: Sequence[str] | None, notes: Any, *, smoothed: bool
) -> tuple[Part, list[str]]:
    """The images of a folder that a model was not trained with: its test images, or what its notes say."""
    found = listed(root, names)
    part = next((name for name in found.parts if name not in (ALL, TRAINING)), None)
    if part is not None:
        chosen = found.parts.get("test", found.parts[part])
    else:
        rule = splitting.checked_rule(notes, found.class_names)
        if rule is None:
            raise ValueError(
                explain(
                    what=f"which images of {root!r} were held out is not known",
                    expected="a model that `planish train` saved, or a folder with images in test/ or val/",
                    remedy="leave out --split: all images are taken then",
                )
            )
        _, chosen = splitting.divided(next(iter(found.parts.values())), found.class_names, rule)
        if not chosen:
            raise ValueError(explain(what=f"no images of {root!r} were held out", remedy="leave out --split"))
    return _read_all(chosen, found.class_names, reader_of(size, color_mode, smoothed)), found.class_names


def _with_validation(found: Listing, rule: splitting.Rule | None) -> tuple[dict[str, list[ImageFile]], dict[str, Any]]:
    """Parts, of which one is held out; and the rule for that, if it was not the folder's own."""
    if len(found.parts) > 1:
        return found.parts, {}
    (files,) = found.parts.values()
    chosen = rule or splitting.rule_for(files, found.class_names)
    training, held = splitting.divided(files, found.class_names, chosen)
    return {TRAINING: training} | ({VALIDATION: held} if held else {}), {HELD_OUT: dict(chosen)}


def _usual_size(files: Sequence[ImageFile]) -> tuple[int, int]:
    """The middle one of the sizes, if it is small; (64, 64) for photographs."""
    step = -(-len(files) // _LOOKED_AT)
    sizes = [size for file in files[::step] if (size := image_size(file.path)) is not None]
    height, width = (statistics.median_low(side) for side in zip(*sizes, strict=True)) if sizes else (0, 0)
    if not sizes or max(height, width) > LARGEST_BY_ITSELF:
        return LARGEST_BY_ITSELF, LARGEST_BY_ITSELF
    return height, width


def reader_of(size: tuple[int, int], color_mode: str, smoothed: bool = True) -> ImageReader:
    """How the images of a model are read: averaged, or as Keras reads them."""
    return ImageReader(size, color_mode, antialias=smoothed, fast=smoothed, data_format="channels_last")


class _Files:
    """Reads the files of a folder. Files that cannot be read are left out, and all are named at once."""

    def __init__(self, class_names: Sequence[str]) -> None:
        self._class_names = class_names
        self._count = 0
        self._broken: dict[str, str] = {}

    def read(self, files: Sequence[ImageFile], reader: ImageReader) -> Part:
        """The images as bytes; perhaps none of them can be read."""
        labels = [file.label for file in files]
        folder = ImageFolder([file.path for file in files], labels, self._class_names, reader=reader, batch_size=_BATCH)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)
                x, y = folder.arrays(np.uint8)
        except MemoryError as error:
            raise MemoryError(_out_of_memory(len(files), reader)) from error
        except ValueError:
            if len(folder.broken) < len(files):
                raise
            x, y = np.empty((0, *reader.image_shape), np.uint8), np.empty(0, np.int32)
        self._count += len(files)
        self._broken |= folder.broken
        return Part(x, y, folder.file_paths)

    def warn_of_broken(self) -> None:
        """ValueError if no file could be read."""
        if not self._broken:
            return
        listed = "\n".join(f"{path!r} {reason}" for path, reason in sorted(self._broken.items()))
        what = f"{len(self._broken):,} of {self._count:,} images cannot be read"
        if len(self._broken) == self._count:
            raise ValueError(explain(what=what, received=listed))
        warned.warn(explain(what=f"{what}, and are left out", received=listed))


def _read_all(files: Sequence[ImageFile], class_names: Sequence[str], reader: ImageReader) -> Part:
    reading = _Files(class_names)
    part = reading.read(files, reader)
    reading.warn_of_broken()
    return part


def _out_of_memory(count: int, reader: ImageReader) -> str:
    height, width = reader.image_size
    channels = CHANNELS[reader.color_mode]
    nbytes = count * height * width * channels
    return explain(
        what="the images do not fit into memory",
        received=f"{count:,} images of {height}x{width} pixels, {nbytes / 2**20:,.0f} MiB",
        remedy=f"smaller images: --size {_fitting_side(min(height, width) // 2, count * channels)}",
    )


def _fitting_side(wanted: int, image_nbytes: int) -> int:
    """At most `wanted`, so that images and model take a part of the memory. `image_nbytes`: of all, for each pixel."""
    pixels = machine_nbytes() // _SHARE // (image_nbytes + _MODEL_NBYTES)
    return max(1, min(wanted, math.isqrt(pixels)))


def _is_grey(images: Array) -> bool:
    return len(images) > 0 and all(bool((image[..., 1:] == image[..., :1]).all()) for image in images)


def _check_class_count(root: str, found: Listing) -> None:
    if len(found.class_names) > 1:
        return
    (name,) = found.class_names
    inside = os.path.join(root, name)
    deeper = [entry.name for entry in os.scandir(inside) if entry.is_dir()] if os.path.isdir(inside) else []
    raise ValueError(
        explain(
            what=f"{root!r} has one class, so there is nothing to tell apart",
            expected="a folder of images for each class: cat/, dog/",
            received=f"{name}/",
            remedy=f"if the classes are further down, give {inside!r}" if len(deeper) > 1 else None,
        )
    )


def _check_classes(root: str, names: Sequence[str], training: Part) -> None:
    """ValueError unless every class has an image to train with."""
    present = set(training.y.tolist())
    empty = [name for label, name in enumerate(names) if label not in present]
    if empty:
        raise ValueError(
            explain(
                what=f"class {empty[0]!r} in {root!r} has no image that can be read to train with",
                remedy="remove the folder, or add images",
            )
        )
