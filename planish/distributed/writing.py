"""Outputs that workers write themselves, part by part, so that nobody holds all of them."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from planish.distributed import parquet_table, zarr_array
from planish.distributed.libraries import dask_array, dask_module
from planish.distributed.parts import Array, graphs, token
from planish.distributed.worker import PartTooLargeError
from planish.errors import explain

_ZARR, _PARQUET = ".zarr", ".parquet"
_UNFINISHED = ".unfinished-"
_SMALLER, _MOST_TIMES = 4, 3
_SECONDS_UNTIL_GONE, _MOST_REMOVALS = 0.05, 100
"""Between removing a folder and looking whether it is there again, and how often."""

_SECONDS_BETWEEN, _SECONDS_WITHOUT = 5.0, 30.0
"""Between two looks at the workers; without any of them, until nothing is waited for."""

_CHUNK_NBYTES = 1 << 20
"""Bytes of a chunk of a Zarr array, at most: whoever reads one row unpacks one chunk."""


class Writer(Protocol):
    """Writes the outputs of parts into a folder, on a worker: `writer(outputs, place, start)` gives their number."""

    @property
    def names(self) -> tuple[str, ...]: ...

    def begin(self, arrays: Sequence[Any]) -> None:
        """Prepares the folder, before the first part."""
        ...

    def __call__(self, outputs: Sequence[Array], place: int, start: int) -> Array: ...

    def end(self) -> None:
        """Removes what killed workers have left, after the last part."""
        ...


@dataclass(frozen=True)
class ZarrWriter:
    """One array of a store, or a group with one for each of several outputs."""

    folder: str
    names: tuple[str, ...]

    def begin(self, arrays: Sequence[Any]) -> None:
        zarr = zarr_array.library()
        several = len(arrays) > 1
        if several:
            zarr.open_group(self.folder, mode="w")
        for name, array in zip(self.names, arrays, strict=True):
            of_row = max(1, array.dtype.itemsize * int(np.prod(array.shape[1:], dtype=np.int64)))
            rows = _common(array.chunks[0], max(1, _CHUNK_NBYTES // of_row))
            chunks = (rows, *(max(1, extent) for extent in array.shape[1:]))
            path = os.path.join(self.folder, name) if several else self.folder
            zarr.create_array(path, shape=array.shape, chunks=chunks, dtype=array.dtype)

    def __call__(self, outputs: Sequence[Array], place: int, start: int) -> Array:
        zarr = zarr_array.library()
        for name, output in zip(self.names, outputs, strict=True):
            path = os.path.join(self.folder, name) if len(outputs) > 1 else self.folder
            zarr.open_array(path, mode="r+")[start : start + len(output)] = output
        return np.array([len(outputs[0])])

    def end(self) -> None:
        """A chunk that was cut off is written again by whoever does the part again."""


def _check_names(names: Sequence[str]) -> None:
    """ValueError for outputs whose arrays would not be in the store, or in groups of others."""
    wrong = [name for name in names if name in ("", ".", "..") or set(name) & {"/", "\\"} or name.startswith("__")]
    if wrong:
        raise ValueError(
            explain(
                what=f"the output {wrong[0]!r} cannot be the name of an array in a Zarr store",
                expected="names without slashes, that are not '.' or '..' and do not begin with '__'",
                received=", ".join(map(repr, names)),
                remedy="another key for it among the model's outputs\n"
                "or to='scores.parquet', where columns have any name",
            )
        )


def _common(rows: Sequence[int], most: int) -> int:
    """Rows of a chunk, such that no chunk belongs to two parts: two workers would overwrite each other's."""
    common = int(np.gcd.reduce(np.array(rows[:-1], np.int64))) if len(rows) > 1 else rows[0]
    return max(divisor for divisor in range(1, min(common, most) + 1) if common % divisor == 0)


@dataclass(frozen=True)
class ParquetWriter:
    """A folder of files, one for each part, whose names are in the order of the parts; a column for each output."""

    folder: str
    names: tuple[str, ...]

    def begin(self, arrays: Sequence[Any]) -> None:
        parquet_table.library()
        os.mkdir(self.folder)

    def __call__(self, outputs: Sequence[Array], place: int, start: int) -> Array:
        parquet, arrow = parquet_table.library(), parquet_table.library("pyarrow")
        columns = {name: _column(arrow, output) for name, output in zip(self.names, outputs, strict=True)}
        path = os.path.join(self.folder, f"part-{place:06}{_PARQUET}")
        unfinished = os.path.join(self.folder, f"{_UNFINISHED}{place:06}-{os.getpid()}")
        parquet.write_table(arrow.table(columns), unfinished)
        os.replace(unfinished, path)  # a worker that is killed leaves nothing that looks like a part
        return np.array([len(outputs[0])])

    def end(self) -> None:
        for name in os.listdir(self.folder):
            if name.startswith(_UNFINISHED):
                os.remove(os.path.join(self.folder, name))


def _column(arrow: Any, output: Array) -> Any:
    """Numbers, or a list of as many numbers in each row: outputs of more axes are flattened in C order."""
    flat = arrow.array(np.ascontiguousarray(output).reshape(-1))
    if output.ndim == 1:
        return flat
    return arrow.FixedSizeListArray.from_arrays(flat, int(np.prod(output.shape[1:], dtype=np.int64)))


_WRITERS: dict[str, Callable[[str, tuple[str, ...]], Writer]] = {_ZARR: ZarrWriter, _PARQUET: ParquetWriter}


def checked_destination(to: str | os.PathLike[str]) -> str:
    """The absolute path. TypeError for what is not a path, ValueError for another ending, FileExistsError if there is
    something already."""
    if not isinstance(to, str | os.PathLike):
        raise TypeError(explain(what="`to` is not a path", received=repr(to), remedy="to='scores.zarr'"))
    path = os.path.abspath(os.path.expanduser(os.fspath(to)))
    if os.path.splitext(path)[1] not in _WRITERS:
        raise ValueError(
            explain(
                what=f"`to` does not say what to write: {os.fspath(to)!r}",
                expected=f"a path that ends in {_ZARR!r} or {_PARQUET!r}",
                remedy="to='scores.zarr'",
            )
        )
    if os.path.lexists(path):
        raise FileExistsError(
            explain(
                what=f"there is something at {os.fspath(to)!r} already",
                expected="a name that is not in use",
                remedy=f"another name, or import shutil; shutil.rmtree({os.fspath(to)!r})",
            )
        )
    if not os.path.isdir(os.path.dirname(path)):
        raise FileNotFoundError(
            explain(
                what=f"there is no folder {os.path.dirname(path)!r} to write into",
                received=repr(os.fspath(to)),
                remedy=f"import os; os.makedirs({os.path.dirname(path)!r})",
            )
        )
    return path


def write(
    outputs: Callable[[int | None], list[Any]],
    destination: str,
    names: Callable[[], list[str]],
    batch_size: int | None,
    client: Any,
    shown: bool,
) -> None:
    """Computes the arrays that `outputs` gives for a number of images in a part, and writes them.

    Where workers die for want of memory, again with smaller parts. WorkersDiedError if they die of these, too.
    """
    unfinished = f"{destination}.unfinished"
    kind = _WRITERS[os.path.splitext(destination)[1]]
    rows = batch_size
    for attempt in range(_MOST_TIMES):
        shutil.rmtree(unfinished, ignore_errors=True)
        arrays = outputs(rows)
        made = kind(unfinished, tuple(names()))
        if kind is ZarrWriter and len(arrays) > 1:
            _check_names(made.names)
        made.begin(arrays)
        try:
            with killed():
                _computed(_written(arrays, made), client, shown)
            break
        except BaseException as error:
            _remove(unfinished)
            of_part = max(arrays[0].chunks[0])
            if (
                not isinstance(error, WorkersDiedError | PartTooLargeError)
                or attempt + 1 == _MOST_TIMES
                or of_part == 1
            ):
                raise
            rows = max(1, of_part // _SMALLER)
    made.end()
    os.replace(unfinished, destination)


def _remove(folder: str) -> None:
    """Until it stays away: tasks that had begun when another one failed may still write into it."""
    for _ in range(_MOST_REMOVALS):
        shutil.rmtree(folder, ignore_errors=True)
        time.sleep(_SECONDS_UNTIL_GONE)
        if not os.path.lexists(folder):
            return


class WorkersDiedError(MemoryError):
    """Several workers were killed, one after another, while they computed the same part."""


@contextlib.contextmanager
def killed() -> Iterator[None]:
    """Says what Dask's error about such workers means."""
    try:
        yield
    except Exception as error:
        if type(error).__name__ != "KilledWorker":
            raise
        raise WorkersDiedError(
            explain(
                what="workers were killed while they computed, each that tried the same images",
                expected="workers whose memory holds the model and some of the images",
                received=str(error).splitlines()[0],
                remedy="workers with more memory: dask worker --memory-limit, or fewer of them on a machine\n"
                "fewer images in a task: batch_size=64\n"
                "the workers' own logs say what killed them: client.get_worker_logs()",
            )
        ) from error


def _written(arrays: list[Any], writer: Writer) -> Any:
    """A Dask array that has the number of images of each part: to compute it is to write them."""
    da = dask_array()
    name = f"planish-written-{token(writer, [array.name for array in arrays])}"
    rows = arrays[0].chunks[0]
    starts = np.concatenate([[0], np.cumsum(rows)[:-1]])
    graph = {
        (name, place): (writer, [(array.name, place, *(0,) * (array.ndim - 1)) for array in arrays], place, int(start))
        for place, start in enumerate(starts)
    }
    layers = graphs().HighLevelGraph.from_collections(name, graph, dependencies=arrays)
    return da.Array(layers, name, ((1,) * len(rows),), meta=np.empty(0, np.int64))


def _awaited(future: Any, client: Any) -> None:
    """Waits for the end. WorkersDiedError where the last worker has died of it and nobody will start another one."""
    since: float | None = None
    while True:
        try:
            future.result(timeout=_SECONDS_BETWEEN)
            return
        except dask_module("distributed").TimeoutError:
            if future.done():
                raise
        since = None if client.scheduler_info()["workers"] else since or time.monotonic()
        if since is not None and time.monotonic() - since > _SECONDS_WITHOUT and _is_local(client):
            raise WorkersDiedError(
                explain(
                    what="all workers have died, and this cluster does not start others",
                    expected="workers whose memory holds the model and some of the images",
                    remedy="workers with more memory: LocalCluster(n_workers=1, memory_limit='8GB')\n"
                    "fewer images in a task: batch_size=64",
                )
            )


def _is_local(client: Any) -> bool:
    """Whether the cluster has the workers that it was made with, and no others."""
    cluster = client.cluster
    adaptive = getattr(cluster, "_adaptive", None)
    return adaptive is None and isinstance(cluster, dask_module("distributed").LocalCluster)


def _computed(written: Any, client: Any, shown: bool) -> None:
    """Waits for it, with Dask's own progress bar."""
    if client is not None:
        future = client.compute(written)
        try:
            if shown:
                dask_module("distributed").progress(future)
            _awaited(future, client)
        finally:
            future.cancel()
    elif shown:
        with dask_module("dask.diagnostics").ProgressBar():
            written.compute()
    else:
        written.compute()
