"""An array of a Zarr store: each worker reads the chunks of its own rows."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from planish.distributed import parts
from planish.distributed.libraries import needed
from planish.distributed.parts import Array, Shape
from planish.errors import explain

MARKS = ("zarr.json", ".zarray", ".zgroup")
"""Files that make a folder a Zarr store."""


def library() -> Any:
    return needed("zarr", "Zarr stores need the zarr package, which is missing", "zarr")


@dataclass(frozen=True)
class ZarrArray:
    """An array [n, ...] in a store on disk; `chunk_rows` are those of its chunks (of its shards, if it has some)."""

    path: str
    shape: Shape
    dtype: np.dtype[Any]
    chunk_rows: int

    @classmethod
    def at(cls, path: str) -> ZarrArray:
        """ValueError if there is a group of arrays, or if the array does not hold images."""
        found = _opened(path)
        if not hasattr(found, "shape"):
            raise ValueError(_of_a_group(path, sorted(name for name, _ in found.arrays())))
        if len(found.shape) < 2 or not found.shape[0]:
            raise ValueError(
                explain(
                    what=f"{path!r} does not hold images",
                    expected="an array whose first axis counts the images",
                    received=tuple(found.shape),
                )
            )
        whole = getattr(found, "shards", None) or found.chunks
        return cls(path, tuple(found.shape), np.dtype(found.dtype), int(whole[0]))

    @property
    def image_shape(self) -> Shape:
        return self.shape[1:]

    def parts(self, rows: int) -> Sequence[parts.Part]:
        """Whole chunks, so that none is unpacked twice, unless a chunk alone has more than `rows`."""
        whole = rows // self.chunk_rows * self.chunk_rows
        return [ZarrRows(self, start, stop) for start, stop in parts.ranges(self.shape[0], whole or rows)]


@dataclass(frozen=True)
class ZarrRows:
    """Some rows of a store."""

    store: ZarrArray
    start: int
    stop: int

    @property
    def rows(self) -> int:
        return self.stop - self.start

    @property
    def image_type(self) -> tuple[Shape, np.dtype[Any]]:
        return self.store.image_shape, self.store.dtype

    def some(self, start: int, stop: int) -> parts.Part:
        return replace(self, start=self.start + start, stop=self.start + stop)

    def __call__(self) -> Array:
        path = self.store.path
        if not os.path.exists(path):
            raise parts.not_here(path, FileNotFoundError("there is no such folder"))
        found = _opened(path)
        if tuple(getattr(found, "shape", ())) != self.store.shape:
            raise parts.changed(path, self.store.shape, tuple(getattr(found, "shape", ())))
        try:
            return np.asarray(found[self.start : self.stop])
        except OSError:
            raise
        except Exception as error:  # whatever its codecs make of a damaged chunk
            raise _damaged(path, error, f" (images {self.start:,} to {self.stop - 1:,})") from error


def _opened(path: str) -> Any:
    zarr = library()
    try:
        return zarr.open(path, mode="r")
    except OSError:
        raise
    except Exception as error:  # damaged metadata make it raise nearly anything
        raise _damaged(path, error) from error


def _damaged(path: str, error: Exception, where: str = "") -> ValueError:
    reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
    return ValueError(explain(what=f"the Zarr store {path!r} is damaged{where}", received=reason))


def _of_a_group(path: str, names: Sequence[str]) -> str:
    return explain(
        what=f"{path!r} is a group of Zarr arrays",
        expected="the path of one array",
        received=", ".join(map(repr, names)) or "a group without arrays",
        remedy=repr(os.path.join(path, names[0])) if names else None,
    )
