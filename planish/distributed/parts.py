"""Data in files as a Dask array whose blocks are read by whoever computes them: each part of the files by itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from planish.distributed.libraries import dask_array, dask_module
from planish.errors import explain

Array = NDArray[Any]
Shape = tuple[int, ...]

PART_NBYTES = 16 << 20
"""Bytes of images that a task reads: enough that its own cost does not count, and little beside a worker's memory."""


@runtime_checkable
class Part(Protocol):
    """Some of the images of a source, as an object that is sent to a worker and called there."""

    @property
    def rows(self) -> int:
        """How many images they are."""
        ...

    @property
    def image_type(self) -> tuple[Shape, np.dtype[Any]]:
        """The shape and the element type of an image."""
        ...

    def some(self, start: int, stop: int) -> Part:
        """The images `start` to `stop` among them."""
        ...

    def __call__(self) -> Array:
        """Reads them: [rows, ...]."""
        ...


class Source(Protocol):
    """Images in files: [count, *image shape]."""

    @property
    def image_shape(self) -> Shape: ...
    @property
    def dtype(self) -> np.dtype[Any]: ...
    def parts(self, rows: int) -> Sequence[Part]:
        """All images in order, `rows` at once or what comes near to it."""
        ...


def planned(source: Source, batch_size: int | None) -> Any:
    """The parts of a source as a Dask array [count] of objects, each of whose blocks is a `Part`.

    Whatever is computed of a block belongs to one task with it, which reads its part first.
    """
    parts = source.parts(batch_size or usual_rows(source.image_shape, source.dtype.itemsize))
    rows = tuple(part.rows for part in parts)
    name = f"planish-parts-{token(source, rows)}"
    blocks = dask_module("dask.blockwise")
    given = blocks.BlockwiseDepDict({(place,): part for place, part in enumerate(parts)}, (len(parts),))
    layer = blocks.blockwise(_itself, name, ("n",), given, ("n",), numblocks={})
    graph = graphs().HighLevelGraph.from_collections(name, layer)
    return dask_array().Array(graph, name, (rows,), meta=np.empty(0, object))


def read(source: Source, parts: Any) -> Any:
    """The Dask array of the images of `planned` parts."""
    axes = tuple(f"x-{axis}" for axis in range(len(source.image_shape)))
    return dask_array().blockwise(
        _read,
        ("n", *axes),
        parts,
        ("n",),
        new_axes=dict(zip(axes, source.image_shape, strict=True)),
        dtype=source.dtype,
        meta=np.empty((0, *(0 for _ in axes)), source.dtype),
    )


def usual_rows(image_shape: Sequence[int], itemsize: int) -> int:
    """How many images a part has by default: a power of two."""
    nbytes = max(1, int(np.prod(image_shape, dtype=np.int64)) * itemsize)
    return 1 << max(0, (PART_NBYTES // nbytes).bit_length() - 1)


def token(*values: object) -> str:
    """A name for what is computed from these."""
    return str(dask_module("dask.base").tokenize(*values))


def graphs() -> Any:
    return dask_module("dask.highlevelgraph")


def _itself(part: Part) -> Part:
    return part


def _read(part: Part) -> Array:
    return part()


def ranges(count: int, rows: int) -> list[tuple[int, int]]:
    """(start, stop) of the parts of `count` images."""
    return [(start, min(start + rows, count)) for start in range(0, count, rows)]


def not_here(path: str, error: OSError) -> OSError:
    """The error of a worker that does not find the data."""
    import socket

    return type(error)(
        explain(
            what=f"a worker cannot open {path!r}",
            rule="workers read their own parts, so each needs the data under the same path",
            received=f"{error.strerror or error} on {socket.gethostname()!r}",
            remedy="a folder that all machines share, or a Dask array of data that all can reach",
        )
    )


def changed(path: str, expected: object, received: object) -> ValueError:
    """The error of a worker that finds other data than there were when the work was planned."""
    return ValueError(
        explain(
            what=f"{path!r} is not what it was when `predict` was called",
            expected=expected,
            received=received,
            remedy="call predict again; if machines have files of their own, give them the same ones",
        )
    )
