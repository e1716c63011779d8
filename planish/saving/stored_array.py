"""Arrays of a file that were looked at, but not read yet: they go straight into the variables that they are for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planish.errors import explain
from planish.saving.contents import Contents, in_threads, pieces
from planish.variable import Variable

Array = NDArray[Any]

_IN_THREADS_NBYTES = 1 << 22


@dataclass(frozen=True)
class Place:
    """Where the bytes of an array are in a file, whose name is `source`."""

    contents: Contents
    offset: int
    source: str


@dataclass(frozen=True)
class StoredArray:
    """An array of a file: at a place there, or, if it was packed, as it was read. `changed` makes it what it is today.

    Its shape, type and place are known to be right, so only a failing disk, or somebody who cuts the file in the
    meantime, can make reading it fail.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    values: Place | Array
    changed: Callable[[Array], Array] | None = None

    @classmethod
    def of(cls, array: Array) -> StoredArray:
        """What is in memory already."""
        return cls(array.shape, array.dtype, array)

    def then(self, changed: Callable[[Array], Array]) -> StoredArray:
        """The same, made what it is today by a function."""
        return replace(self, changed=changed)

    def read(self) -> Array:
        """The array, as it is today. OSError if the file cannot be read, or was cut."""
        if isinstance(self.values, Place):
            array = np.empty(self.shape, self.dtype)
            _read(self.values, 0, _bytes_of(array))
        else:
            array = self.values
        return array if self.changed is None else self.changed(array)


def assign_all(assignments: Sequence[tuple[Variable, StoredArray]]) -> None:
    """Gives variables the values of arrays that fit them. Those that are in the file as in memory are read into place,
    so that there is never a second copy, and by several threads if they are large.

    OSError if the file cannot be read, or was cut in the meantime: then some variables have new values, others not.
    """
    tasks: list[Callable[[], None]] = []
    nbytes = 0
    for variable, stored in assignments:
        if isinstance(stored.values, Place) and stored.changed is None and stored.dtype == np.dtype(variable.dtype):
            room = _bytes_of(variable.room())
            tasks += [partial(_read, stored.values, start, part) for start, part in pieces(0, room)]
            nbytes += room.size
        else:
            variable.assign(stored.read())
    try:
        if nbytes >= _IN_THREADS_NBYTES:
            in_threads(tasks)
        else:
            for task in tasks:
                task()
    finally:
        for variable, _ in assignments:
            variable.touch()


def _bytes_of(array: Array) -> NDArray[np.uint8]:
    return array.reshape(-1).view(np.uint8)


def _read(place: Place, start: int, room: NDArray[np.uint8]) -> None:
    try:
        place.contents.read_into(place.offset + start, room)
    except EOFError as error:
        told = f"{place.source!r} was cut while it was read: some weights have its values, and others those of before"
        raise OSError(explain(what=told, received=str(error), remedy="load it again once it is written")) from error
