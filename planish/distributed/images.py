"""What users have - a path, paths, an array - as a Dask array of images [n, ...]."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from planish.distributed import npy_file, parquet_table, parts, zarr_array
from planish.distributed.libraries import dask_array
from planish.distributed.npy_file import NpyFile
from planish.distributed.parquet_table import Table
from planish.distributed.pictures import Pictures, Reader, in_folder
from planish.distributed.zarr_array import ZarrArray
from planish.errors import explain
from planish.models.data.run_arguments import checked_optional_count
from planish.regular_file import opened
from planish.tracebacks import short_in_notebooks

Shape = tuple[int, ...]

_FORMS = "a Dask array, or the path of a .npy file, a Zarr array, Parquet files or a folder of pictures"


@short_in_notebooks
def images(
    data: Any,
    batch_size: int | None = None,
    *,
    shape: Sequence[int] | None = None,
    column: str | None = None,
    reader: Reader | None = None,
) -> Any:
    """The images in files as a Dask array [n, ...], whose blocks are read by the workers that compute them.

    For whatever has to happen to them before `predict`: `predict(model, images("x.npy") / 255)`.

    `data`: the path of a `.npy` file, of a Zarr array, of a Parquet file or a folder of them, or of a folder of
    pictures; a list of paths of pictures; or a Dask array, which is given back. `batch_size`: how many images a block
    has, by default about 16 MiB of them. `shape`: that of an image, which Parquet tables of numbers do not tell.
    `column`: that of a Parquet table. `reader`: a function from the path of a picture (or a BytesIO) to an array.

    ValueError and OSError for files that cannot be read, TypeError for other data, ImportError for a missing library.
    """

    def no_reader() -> Reader:
        if reader is None:
            raise ValueError(
                explain(
                    what="pictures need a `reader`, which says what becomes of them",
                    remedy="reader=planish.utils.image_reader.ImageReader((64, 64), 'rgb')",
                )
            )
        return reader

    rows = checked_optional_count(batch_size, "batch_size")
    return found(data, rows, tuple(shape) if shape is not None else None, column, no_reader).images


class Found(NamedTuple):
    """Images as a Dask array [n, ...]; and, if they are in files, the parts in which they are read."""

    images: Any
    parts: Any = None


def found(
    data: Any,
    rows: int | None,
    shape: Shape | None,
    column: str | None,
    reader: Callable[[], Reader],
    label: str = "data",
) -> Found:
    """As `images`; `reader` is called if there are pictures, and `label` is how messages call the data."""
    da = dask_array()
    if isinstance(data, da.Array):
        return Found(data)
    if isinstance(data, np.ndarray):
        count = rows or parts.usual_rows(data.shape[1:], data.dtype.itemsize)
        return Found(da.from_array(data, chunks=(count, *data.shape[1:])) if data.ndim else da.from_array(data))
    if isinstance(data, str | os.PathLike):
        return _read(_at(_absolute(data), shape, column, reader), rows)
    if isinstance(data, list | tuple) and data and all(isinstance(item, str | os.PathLike) for item in data):
        return _read(Pictures.at([_absolute(path) for path in data], reader()), rows)
    raise TypeError(
        explain(
            what=f"`{label}` is not data that workers can read",
            expected=_FORMS,
            received=f"{type(data).__module__}.{type(data).__qualname__}",
            remedy="model.predict takes data in memory and generators of batches",
        )
    )


def _read(source: parts.Source, rows: int | None) -> Found:
    planned = parts.planned(source, rows)
    return Found(parts.read(source, planned), planned)


def _at(path: str, shape: Shape | None, column: str | None, reader: Callable[[], Reader]) -> parts.Source:
    """The source at a path, recognized by what is there."""
    if os.path.isdir(path):
        if any(os.path.exists(os.path.join(path, mark)) for mark in zarr_array.MARKS):
            return ZarrArray.at(path)
        if parquet_table.files_in(path):
            return Table.at(path, column, _needed_shape(path, shape), reader)
        return Pictures.at(in_folder(path), reader())
    with opened(path, "a .npy or Parquet file, or a folder") as file:
        begin = file.read(len(npy_file.MAGIC))
    if begin == npy_file.MAGIC:
        return NpyFile.at(path)
    if begin.startswith(parquet_table.MAGIC):
        return Table.at(path, column, _needed_shape(path, shape), reader)
    raise ValueError(
        explain(
            what=f"{path!r} is not a file of images that workers can read in parts",
            expected=_FORMS,
            remedy=_way_out(path, begin),
        )
    )


def _way_out(path: str, begin: bytes) -> str:
    if begin.startswith(b"PK"):
        return f"np.save('x.npy', np.load({os.path.basename(path)!r})['x']), once, and then data='x.npy'"
    return f"a list for a single picture: data=[{os.path.basename(path)!r}]"


def _needed_shape(path: str, shape: Shape | None) -> Shape:
    if shape is None or any(extent is None for extent in shape):
        raise ValueError(
            explain(
                what=f"the table {path!r} does not say which shape its images have",
                received=shape,
                remedy="planish.distributed.images(path, shape=(28, 28, 1))",
            )
        )
    return shape


def _absolute(path: str | os.PathLike[str]) -> str:
    """Workers have other working directories. ValueError for the address of a store elsewhere."""
    text = os.fspath(path)
    if "://" in text:
        raise ValueError(
            explain(
                what=f"{text!r} is an address, not a path",
                expected=_FORMS,
                remedy=f"a Dask array of it: dask.array.from_zarr({text!r})",
            )
        )
    return os.path.abspath(os.path.expanduser(text))
