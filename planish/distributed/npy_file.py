"""A `.npy` file of images, mapped: each worker touches only the pages of its own rows."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from planish.distributed import parts
from planish.distributed.parts import Array, Shape
from planish.errors import explain

MAGIC = b"\x93NUMPY"


@dataclass(frozen=True)
class NpyFile:
    """An array [n, ...] in a file. `written` is when it was changed last, so that another array has another name."""

    path: str
    shape: Shape
    dtype: np.dtype[Any]
    written: int

    @classmethod
    def at(cls, path: str) -> NpyFile:
        """ValueError if the file does not hold an array of at least one image."""
        array = _mapped(path)
        if array.ndim < 2:
            raise ValueError(
                explain(
                    what=f"{path!r} does not hold images",
                    expected="an array whose first axis counts the images",
                    received=array.shape,
                )
            )
        return cls(path, array.shape, array.dtype, os.stat(path).st_mtime_ns)

    @property
    def image_shape(self) -> Shape:
        return self.shape[1:]

    def parts(self, rows: int) -> Sequence[parts.Part]:
        return [NpyRows(self, start, stop) for start, stop in parts.ranges(self.shape[0], rows)]


@dataclass(frozen=True)
class NpyRows:
    """Some rows of a file."""

    file: NpyFile
    start: int
    stop: int

    @property
    def rows(self) -> int:
        return self.stop - self.start

    @property
    def image_type(self) -> tuple[Shape, np.dtype[Any]]:
        return self.file.image_shape, self.file.dtype

    def some(self, start: int, stop: int) -> parts.Part:
        return replace(self, start=self.start + start, stop=self.start + stop)

    def __call__(self) -> Array:
        path = self.file.path
        try:
            array = _mapped(path)
        except OSError as error:
            raise parts.not_here(path, error) from error
        if (array.shape, array.dtype) != (self.file.shape, self.file.dtype):
            raise parts.changed(path, _told(self.file.shape, self.file.dtype), _told(array.shape, array.dtype))
        return array[self.start : self.stop]


def _mapped(path: str) -> Array:
    try:
        mapped: Array = np.load(path, mmap_mode="r", allow_pickle=False)
    except OSError:
        raise
    except Exception as error:  # a broken header makes NumPy raise nearly anything
        raise ValueError(
            explain(
                what=f"{path!r} is damaged, or holds something that is not an array of numbers",
                expected="a file that np.save wrote",
                received=str(error).splitlines()[0] if str(error) else type(error).__name__,
            )
        ) from error
    return mapped


def _told(shape: Shape, dtype: np.dtype[Any]) -> str:
    return f"{shape}, {dtype}"
