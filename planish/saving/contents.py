"""The bytes of a file, or of a part of it: read when they are needed, straight to where they are needed.

A file of weights is almost as large as its model, so it is never in memory as a whole. Large parts are read, and summed
up, by several threads: most of the time goes to the system, which copies, and to zlib.
"""

from __future__ import annotations

import bisect
import functools
import io
import itertools
import os
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from planish import regular_file
from planish_runtime.threads import get_num_threads

Bytes = NDArray[np.uint8]

_PIECE_NBYTES = 4 << 20
_SUMMED_NBYTES = 1 << 18
_BUFFER_NBYTES = 1 << 14
_MOST_THREADS = 4


class Contents:
    """`nbytes` of a file from `start` on; all of it without them. The file has to stay open."""

    def __init__(self, file: BinaryIO, start: int = 0, nbytes: int | None = None) -> None:
        self._file, self._start = file, start
        self.nbytes = file.seek(0, os.SEEK_END) - start if nbytes is None else nbytes
        self._seeking = threading.Lock()
        self._descriptor = _descriptor(file)

    def read(self, offset: int = 0, nbytes: int | None = None) -> bytes:
        """So many bytes from a place on; all that follow without them."""
        found = np.empty(self.nbytes - offset if nbytes is None else nbytes, np.uint8)
        self.read_into(offset, found)
        return found.tobytes()

    def read_into(self, offset: int, room: Bytes) -> None:
        """Fills an array. EOFError if the file was cut meanwhile, OSError for what the system says."""
        if not 0 <= offset <= self.nbytes - room.size:
            raise EOFError(f"{room.size:,} bytes from {offset:,} on are not within {self.nbytes:,}")
        done = 0
        while done < room.size:
            count = self._read_some(self._start + offset + done, room[done:])
            if not count:
                raise EOFError("the file became shorter while it was read")
            done += count

    def _read_some(self, place: int, room: Bytes) -> int:
        if self._descriptor is not None:
            return os.preadv(self._descriptor, [room.data], place)
        with self._seeking:
            self._file.seek(place)
            return self._file.readinto(room)  # type: ignore[attr-defined,no-any-return]

    def stream(self, watch: Callable[[Contents, int, int], None] | None = None) -> BinaryIO:
        """The bytes as a file of their own, for libraries. `watch` is told the place and number of bytes before any are
        given."""
        return io.BufferedReader(_Stream(self, watch), _BUFFER_NBYTES)

    def crc32(self) -> int:
        """The checksum that zips have of their members. Errors as in `read_into`."""
        parts = [*self._parts()]
        sums = {part: known for part, known in parts if known is not None}

        def sum_up(part: range) -> None:
            sums[part] = self._crc32_of(part.start, len(part))

        in_threads(functools.partial(sum_up, part) for part, known in parts if known is None)
        found = 0
        for part, _ in parts:
            found = _product(_shift_by(len(part)), found) ^ sums[part]
        return found

    def _parts(self) -> Iterator[tuple[range, int | None]]:
        """The ranges of bytes that make up the whole, in their order, and the checksums of those that are known."""
        return ((part, None) for part in _cut(0, self.nbytes))

    def _crc32_of(self, offset: int, nbytes: int) -> int:
        room = np.empty(min(nbytes, _SUMMED_NBYTES), np.uint8)
        found = 0
        for place in range(offset, offset + nbytes, _SUMMED_NBYTES):
            part = room[: offset + nbytes - place]
            Contents.read_into(self, place, part)  # a heir may sum up what it reads
            found = zlib.crc32(part.data, found)
        return found


class Summed(Contents):
    """Contents whose checksum takes no second look at what was read in large parts."""

    def __init__(self, file: BinaryIO, start: int, nbytes: int) -> None:
        super().__init__(file, start, nbytes)
        self._sums: dict[int, tuple[int, int]] = {}  # by the place of a part: the place of its end, and the checksum

    def read_into(self, offset: int, room: Bytes) -> None:
        if room.size < _SUMMED_NBYTES:
            super().read_into(offset, room)
            return
        found = 0
        for start in range(0, room.size, _SUMMED_NBYTES):  # each is summed up while it is in the cache
            part = room[start : start + _SUMMED_NBYTES]
            super().read_into(offset + start, part)
            found = zlib.crc32(part.data, found)
        self._sums[offset] = offset + room.size, found

    def _parts(self) -> Iterator[tuple[range, int | None]]:
        place = 0
        for start, (end, known) in sorted(self._sums.items()):
            if start >= place:  # an array that lies in another one is read again
                yield from ((part, None) for part in _cut(place, start))
                yield range(start, end), known
                place = end
        yield from ((part, None) for part in _cut(place, self.nbytes))


class Joined(Contents):
    """Files one after the other, each of a known size. They are opened when they are read: there may be many."""

    def __init__(self, paths: Sequence[str], sizes: Sequence[int], what: str) -> None:
        self._paths, self._what = paths, what
        self._ends = [*itertools.accumulate(sizes)]
        self.nbytes = self._ends[-1] if self._ends else 0

    def read_into(self, offset: int, room: Bytes) -> None:
        if not 0 <= offset <= self.nbytes - room.size:
            raise EOFError(f"{room.size:,} bytes from {offset:,} on are not within {self.nbytes:,}")
        done = 0
        while done < room.size:
            number = bisect.bisect_right(self._ends, offset + done)
            part = room[done : done + self._ends[number] - offset - done]
            start = self._ends[number - 1] if number else 0
            with regular_file.opened(self._paths[number], self._what) as file:
                Contents(file).read_into(offset + done - start, part)
            done += part.size


def _descriptor(file: BinaryIO) -> int | None:
    """What the system can read from at any place; None for a file in memory, and on Windows."""
    try:
        return file.fileno() if hasattr(os, "preadv") else None
    except OSError:
        return None


class _Stream(io.RawIOBase):
    def __init__(self, contents: Contents, watch: Callable[[Contents, int, int], None] | None) -> None:
        self._contents, self._watch, self._place = contents, watch, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._place = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self._contents.nbytes}[whence]
        return self._place

    def readinto(self, buffer: Any) -> int:
        room = np.frombuffer(buffer, np.uint8)[: max(0, self._contents.nbytes - self._place)]
        if room.size and self._watch is not None:
            self._watch(self._contents, self._place, room.size)
        if room.size:
            self._contents.read_into(self._place, room)
        self._place += room.size
        return room.size


def _cut(start: int, end: int) -> Iterator[range]:
    return (range(place, min(place + _PIECE_NBYTES, end)) for place in range(start, end, _PIECE_NBYTES))


def pieces(offset: int, room: Bytes) -> Iterable[tuple[int, Bytes]]:
    """The places and rooms of the pieces in which so much is read."""
    for start in range(0, room.size, _PIECE_NBYTES):
        yield offset + start, room[start : start + _PIECE_NBYTES]


def in_threads(tasks: Iterable[Callable[[], None]]) -> None:
    """Runs tasks that leave the interpreter to others. Raises the first error."""
    waiting = [*tasks]
    count = min(_MOST_THREADS, get_num_threads(), len(waiting))
    if count <= 1:
        for task in waiting:
            task()
        return
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(count, thread_name_prefix="planish-reading") as pool:
        for done in [pool.submit(task) for task in waiting]:
            done.result()


# -- checksums ---------------------------------------------------------------------------------------------------------
# CRC-32 is the rest of a division of polynomials over GF(2), the coefficient of x^0 in the highest bit. That of two
# parts in a row is the first one's times x^(8n), where n is the number of bytes of the second, plus the second's.

_POLYNOMIAL = 0xEDB88320
_ONE, _BYTE = 1 << 31, 1 << 23


def _product(a: int, b: int) -> int:
    found = 0
    for bit in range(31, -1, -1):
        if a >> bit & 1:
            found ^= b
        b = b >> 1 ^ (_POLYNOMIAL if b & 1 else 0)
    return found


@functools.lru_cache(maxsize=8)  # nearly all pieces are as large
def _shift_by(nbytes: int) -> int:
    """x^(8n), by squaring."""
    found, power = _ONE, _BYTE
    while nbytes:
        if nbytes & 1:
            found = _product(power, found)
        power = _product(power, power)
        nbytes >>= 1
    return found
