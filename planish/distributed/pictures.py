"""A folder of pictures: each worker decodes its own files."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from planish.distributed import parts
from planish.distributed.parts import Array, Shape
from planish.errors import explain
from planish.layers.base.lineage import image_format
from planish.utils.folders import images_in
from planish.utils.image_folder import ENDINGS
from planish.utils.image_modes import CHANNELS
from planish.utils.image_reader import SMOOTHED, ImageReader, rounded

if TYPE_CHECKING:
    from planish.models.model import Model

Reader = Callable[[Any], Array]
"""From the path of a file, or a BytesIO of its bytes, to an image."""

_MODES = {count: mode for mode, count in CHANNELS.items()}


@dataclass(frozen=True)
class AsTrained:
    """Reads images as `planish train` does: averaged where they become smaller, as bytes."""

    reader: ImageReader

    def __call__(self, source: Any) -> Array:
        return rounded(self.reader(source), np.dtype(np.uint8))


def reader_for(model: Model) -> Reader:
    """How the pictures of a model are read: as it was trained with them if its notes say so, else as Keras's
    `image_dataset_from_directory` reads them. ValueError if it does not take images."""
    shape = model.input_specs[0].shape[1:]
    layers = [] if model.network is None else list(model.network.leaves())
    first = image_format(layers) == "channels_first" and len(shape) == 3
    height, width, channels = (*shape[1:], shape[0]) if first else (*shape, 1)[:3]
    if len(shape) not in (2, 3) or None in (height, width) or channels not in _MODES:
        raise ValueError(
            explain(
                layer=model.label,
                what="the model does not say how pictures become its images",
                expected="an input of (height, width) or (height, width, channels), with 1, 3 or 4 channels",
                received=(None, *shape),
                remedy="reader=planish.utils.image_reader.ImageReader((64, 64), 'rgb'), or a function of yours",
            )
        )
    smoothed = model.notes.get(SMOOTHED) is True
    order = "channels_first" if first else "channels_last"
    reader = ImageReader((height, width), _MODES[channels], antialias=smoothed, fast=smoothed, data_format=order)
    return AsTrained(reader) if smoothed else reader


@dataclass(frozen=True)
class Pictures:
    """Files of pictures, in the order of their paths in a folder, or in that of a list."""

    paths: tuple[str, ...]
    reader: Reader
    image_shape: Shape
    dtype: np.dtype[Any]

    @classmethod
    def at(cls, paths: Sequence[str], reader: Reader) -> Pictures:
        """The first file is read, to know the shape. UnreadableImageError if it is broken."""
        first = np.asarray(reader(paths[0]))
        return cls(tuple(paths), reader, first.shape, first.dtype)

    def parts(self, rows: int) -> Sequence[parts.Part]:
        return [
            PictureFiles(self.paths[start:stop], self.reader, self.image_shape, self.dtype)
            for start, stop in parts.ranges(len(self.paths), rows)
        ]


@dataclass(frozen=True)
class PictureFiles:
    """Some of the files."""

    paths: tuple[str, ...]
    reader: Reader
    image_shape: Shape
    dtype: np.dtype[Any]

    @property
    def rows(self) -> int:
        return len(self.paths)

    @property
    def image_type(self) -> tuple[Shape, np.dtype[Any]]:
        return self.image_shape, self.dtype

    def some(self, start: int, stop: int) -> parts.Part:
        return replace(self, paths=self.paths[start:stop])

    def __call__(self) -> Array:
        """One after another: Dask runs as many tasks as a worker has threads."""
        return np.stack([*map(self._read, self.paths)])

    def _read(self, path: str) -> Array:
        try:
            image = np.asarray(self.reader(path))
        except OSError as error:
            raise parts.not_here(path, error) from error
        if image.shape != self.image_shape:
            raise ValueError(
                explain(
                    what=f"the reader gave an image of another shape for {path!r}",
                    expected=self.image_shape,
                    received=image.shape,
                    remedy="a reader that gives all images the same shape",
                )
            )
        return image


def in_folder(folder: str) -> list[str]:
    """The pictures of a folder and of the folders in it. ValueError if there are none."""
    found = images_in(folder)
    if found:
        return found
    raise ValueError(
        explain(
            what=f"there are no pictures in {folder!r}",
            expected="files named " + ", ".join(ENDINGS) + ", a Zarr store, or Parquet files",
            received=_inside(folder),
            remedy="the path of the folder that holds them, as the workers see it",
        )
    )


def _inside(folder: str) -> str:
    names = sorted(os.listdir(folder))
    shown = ", ".join(map(repr, names[:5]))
    return f"{shown} and {len(names) - 5:,} more" if len(names) > 5 else shown or "an empty folder"
