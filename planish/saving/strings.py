"""HDF5's texts of any length: how much memory it would take to read them.

A list of texts refers to each by its place in a heap, and HDF5's library copies a text as often as it is referred to:
a small file could fill the memory with copies of one long text.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from planish.saving.contents import Contents

MOST_NAMES = 20_000
"""Names in one list: a net of a thousand layers has a tenth of them."""

_SHORT = 1024
_MOST_LONG = 64
_ALWAYS_ALLOWED_NBYTES = 16 << 20
_HEAP = b"GCOL\x01\x00\x00\x00"
_OBJECT = 16


def within_bounds(contents: bytes) -> bool:
    """Whether the long texts of an HDF5 file, as often as they are referred to, take at most twice the file's size, or
    some megabytes. ValueError for damage that HDF5's library does not notice."""
    total = long = 0
    for number, (heap, index, nbytes) in enumerate(_texts(contents)):
        if number * _OBJECT > len(contents):  # heaps inside of heaps, which would be walked through again and again
            return False
        if nbytes <= _SHORT:
            continue
        long += 1
        if long > _MOST_LONG:
            return False
        total += nbytes * contents.count(struct.pack("<QI", heap, index))
        if total > max(2 * len(contents), _ALWAYS_ALLOWED_NBYTES):
            return False
    return True


def _texts(contents: bytes) -> Iterator[tuple[int, int, int]]:
    """The heap, the number in it and the bytes of each text. ValueError for a heap whose parts do not fill it: HDF5's
    library would follow them in a circle, or out of the heap."""
    heap = contents.find(_HEAP)
    while heap >= 0:
        yield from ((heap, index, nbytes) for index, nbytes in _texts_at(contents, heap))
        heap = contents.find(_HEAP, heap + 1)


def _texts_at(contents: bytes, heap: int) -> Iterator[tuple[int, int]]:
    (size,) = struct.unpack_from("<Q", contents, heap + 8) if heap + _OBJECT <= len(contents) else (0,)
    if not _OBJECT <= size <= len(contents) - heap:
        raise ValueError("a heap of texts is larger than the file")
    place, end = heap + _OBJECT, heap + size
    while place + _OBJECT <= end:
        index, _, nbytes = struct.unpack_from("<HH4xQ", contents, place)
        taken = _OBJECT + (nbytes + 7) // 8 * 8 if index else nbytes  # number 0 is the room that is left
        if not _OBJECT <= taken <= end - place:
            raise ValueError("a heap of texts does not add up")
        if index:
            yield index, nbytes
        place += taken


class HeapsSeen:
    """Looks at the heaps in whatever HDF5's library reads, before it follows them: a file need not be searched."""

    def __init__(self) -> None:
        self._seen: set[int] = set()
        self._nbytes = 0

    def __call__(self, contents: Contents, start: int, nbytes: int) -> None:
        """ValueError if a heap that begins in this part of a file does not add up."""
        first = max(0, start - len(_HEAP) + 1)
        part = contents.read(first, min(contents.nbytes, start + nbytes + len(_HEAP) - 1) - first)
        at = part.find(_HEAP)
        while at >= 0:
            self._look_at(contents, first + at)
            at = part.find(_HEAP, at + 1)

    def _look_at(self, contents: Contents, heap: int) -> None:
        if heap in self._seen:
            return
        self._seen.add(heap)
        size = int.from_bytes(contents.read(heap, min(_OBJECT, contents.nbytes - heap))[8:], "little")
        self._nbytes += size
        if self._nbytes > 2 * contents.nbytes:  # heaps inside of heaps
            raise ValueError("heaps of texts are larger than the file")
        for _ in _texts_at(contents.read(heap, min(size, contents.nbytes - heap)), 0):
            pass
