"""What a trunk gave for the images of a data set: computed once, and kept during a run of `fit`."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from planish import settings
from planish.models.data.arrays import Array
from planish.models.data.in_memory import Arrays
from planish.models.data.streams import Stream
from planish.models.programs.trunk import Trunk, taken
from planish_runtime import memory

Numbers = NDArray[np.int64]

_MEBI = 1 << 20
_LEAST_WORK_IN_FILE = 50
"""Multiply-adds for each byte that is kept in a file: a disk gives some 500 MB/s, a core does some 25 GFLOP/s."""


class Room:
    """The memory, and the space in a file, that the outputs kept by one run of `fit` may take, in bytes."""

    def __init__(self) -> None:
        own, file = settings.value("PLANISH_TRUNK_MEMORY"), settings.value("PLANISH_TRUNK_FILE")
        self._memory = memory.spare_nbytes() if own is None else own * _MEBI
        self._file = None if file is None else file * _MEBI

    def array(self, shape: tuple[int, ...], dtype: np.dtype[Any], multiply_adds: int) -> Array | None:
        """A new array, in memory or mapped from a file that has no name; None if there is no room for it.

        Reading a file costs more than computing what `multiply_adds`, for each row, are too few for.
        """
        nbytes = dtype.itemsize * int(np.prod(shape, dtype=object))
        if nbytes <= self._memory:
            self._memory -= nbytes
            try:
                return np.empty(shape, dtype)
            except MemoryError:
                self._memory = 0
        worth = multiply_adds * shape[0] >= _LEAST_WORK_IN_FILE * nbytes
        return self._mapped(shape, dtype, nbytes) if worth else None

    def _mapped(self, shape: tuple[int, ...], dtype: np.dtype[Any], nbytes: int) -> Array | None:
        """Its space on disk is taken now: writing to a mapped file on a full disk would kill the process."""
        try:
            left = _free_nbytes() // 2 if self._file is None else min(self._file, _free_nbytes())
            if nbytes > left:
                return None
            with tempfile.TemporaryFile() as file:
                os.posix_fallocate(file.fileno(), 0, nbytes)
                mapped = np.memmap(file, dtype, "r+", shape=shape)
        except (AttributeError, OSError, ValueError):  # not on macOS and Windows; a full disk
            return None
        if self._file is not None:
            self._file -= nbytes
        return np.asarray(mapped)


def _free_nbytes() -> int:
    import shutil

    return shutil.disk_usage(tempfile.gettempdir()).free


class TrunkOutputs:
    """A row for each of `count` images, filled when the image first comes.

    They belong to a process, to a trunk, and to its weights: where these are others, all rows are computed anew.
    """

    def __init__(self, count: int, room: Room) -> None:
        self._room = room
        self._key: Any = None
        self._shapes: Mapping[str, tuple[int, ...]] | None = None
        self._dtype: np.dtype[Any] | None = None
        self.arrays: dict[str, Array] | None = None
        self._known = np.zeros(count, bool)

    def has_room(self, trunk: Trunk) -> bool:
        """Makes ready for what this trunk gives; False if there is no room for it."""
        key = (os.getpid(), trunk.identity)
        if key != self._key:
            if self._key is not None and self._key[0] != key[0]:
                self._shapes = None  # what is mapped from a file is the parent's as well
            self._key = key
            self._known[:] = False
            if self._shapes != trunk.shapes or self._dtype != trunk.dtype:
                self._shapes, self._dtype, self.arrays = trunk.shapes, trunk.dtype, self._made(trunk)
        return self.arrays is not None

    def _made(self, trunk: Trunk) -> dict[str, Array] | None:
        count, work = len(self._known), trunk.multiply_adds
        found = {name: self._room.array((count, *shape), trunk.dtype, work) for name, shape in trunk.shapes.items()}
        there = {name: array for name, array in found.items() if array is not None}
        return there if len(there) == len(found) else None

    def knows(self, numbers: Any = slice(None)) -> bool:
        """Whether all of these rows are there."""
        return bool(self._known[numbers].all())

    def fill(self, trunk: Trunk, inputs: Mapping[str, Array], rows: Numbers, numbers: Numbers) -> dict[str, Array]:
        """All arrays, with those of the rows `numbers` that are missing computed from the `rows` of `inputs`."""
        assert self.arrays is not None
        missing = ~self._known[numbers]
        if missing.any():
            wanted, first = np.unique(numbers[missing], return_index=True)
            read = taken({name: inputs[name] for name in trunk.inputs}, rows[missing][first])
            made = trunk.outputs(read, len(wanted))
            trunk.check_finite(made)
            for name, array in made.items():
                self.arrays[name][wanted] = array
            self._known[wanted] = True
        return self.arrays


def kept_of(data: Arrays | Stream, room: Room) -> TrunkOutputs | None:
    """For data whose images are the same in all epochs: arrays, or a folder that is gone through as a whole."""
    if isinstance(data, Arrays):
        return TrunkOutputs(len(data), room)
    whole = data.folder is not None and data.asked is None
    return TrunkOutputs(data.folder.count_of_files, room) if whole and data.folder is not None else None


class Kept(NamedTuple):
    """Where the trunk's outputs for the rows of some arrays are kept: in the rows `numbers`; None: in their own."""

    outputs: TrunkOutputs
    numbers: Numbers | None = None

    def of(self, rows: Numbers) -> Numbers:
        return rows if self.numbers is None else self.numbers[rows]


def outputs_of(trunk: Trunk, inputs: Mapping[str, Array], count: int, kept: Kept | None) -> dict[str, Array]:
    """What the trunk gives for `inputs` [count, ...]."""
    if kept is None:
        return trunk.outputs(inputs, count)
    rows = np.arange(count)
    numbers = kept.of(rows)
    return taken(kept.outputs.fill(trunk, inputs, rows, numbers), numbers)


def usable(kept: Kept | None, trunk: Trunk | None) -> Kept | None:
    """`kept`, if there is a trunk and room for what it gives."""
    return kept if kept is not None and trunk is not None and kept.outputs.has_room(trunk) else None
