"""HDF5's texts of any length: how much memory it would take to read them.

A text is in a heap, and is referred to by its length, the heap and its number there. HDF5's library believes the length
before it looks into the heap, and copies a text as often as it is referred to: a small file could fill the memory.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

import numpy as np

from planish.saving.contents import Contents

MOST_NAMES = 20_000
"""Names in one list: a net of a thousand layers has a tenth of them."""

_LONGEST_NBYTES = 64 << 20
_ALWAYS_ALLOWED_NBYTES = 16 << 20
_HEAP = b"GCOL\x01\x00\x00\x00"
_OBJECT = 16
_REFERENCE = struct.Struct("<IQI")  # bytes of the text, place of the heap, number in it


def _texts_at(contents: Contents, heap: int, size: int) -> Iterator[tuple[int, int]]:
    """The number and the bytes of each text of a heap. ValueError for a heap whose parts do not fill it: HDF5's library
    would follow them in a circle, or out of the heap."""
    place, end = heap + _OBJECT, heap + size
    while place + _OBJECT <= end:
        index, _, nbytes = struct.unpack("<HH4xQ", contents.read(place, _OBJECT))
        taken = _OBJECT + (nbytes + 7) // 8 * 8 if index else nbytes  # number 0 is the room that is left
        if not _OBJECT <= taken <= end - place:
            raise ValueError("a heap of texts does not add up")
        if index:
            yield index, nbytes
        place += taken


class TextsSeen:
    """Looks at the heaps, and at what refers to them, in whatever HDF5's library reads: a file need not be searched."""

    def __init__(self) -> None:
        self._heaps: dict[int, dict[int, int]] = {}
        self._no_heaps: set[int] = set()
        self._unseen: list[tuple[int, int]] = []
        self._counted: set[int] = set()
        self._nbytes = self._of_texts = 0

    def __call__(self, contents: Contents, start: int, nbytes: int) -> None:
        """ValueError if a heap that begins in this part of a file does not add up."""
        self._unseen.append((start, nbytes))
        first = max(0, start - len(_HEAP) + 1)
        part = contents.read(first, min(contents.nbytes, start + nbytes + len(_HEAP) - 1) - first)
        at = part.find(_HEAP)
        while at >= 0:
            self._texts_of(contents, first + at)
            at = part.find(_HEAP, at + 1)

    def check_references(self, contents: Contents) -> None:
        """ValueError if a text, of those that are referred to in what was read, is not as long as it is said to be, or
        if all of them together are much larger than the file."""
        while self._unseen:
            start, nbytes = self._unseen.pop()
            first = max(0, start - _REFERENCE.size + 1)
            for place in _possible_references(contents, first, min(contents.nbytes, start + nbytes)):
                if place not in self._counted:
                    self._counted.add(place)
                    self._check(contents, place)

    def _check(self, contents: Contents, place: int) -> None:
        nbytes, heap, number = _REFERENCE.unpack(contents.read(place, _REFERENCE.size))
        if heap in self._no_heaps:
            return
        if contents.read(heap, len(_HEAP)) != _HEAP:
            self._no_heaps.add(heap)
            return
        found = self._texts_of(contents, heap).get(number)
        if found is None:
            return
        if nbytes != found or nbytes > _LONGEST_NBYTES:
            if contents.read(max(0, place - 4), len(_HEAP)) == _HEAP:
                return  # the head of a heap: its version, and a size that is the place of a heap by chance
            raise ValueError(f"a text of {nbytes:,} bytes, in a place for {found:,}")
        self._of_texts += nbytes
        if self._of_texts > max(2 * contents.nbytes, _ALWAYS_ALLOWED_NBYTES):
            raise ValueError(f"long texts, many times: more than {self._of_texts:,} bytes in all")

    def _texts_of(self, contents: Contents, heap: int) -> dict[int, int]:
        """The bytes of a heap's texts, by their numbers."""
        if heap in self._heaps:
            return self._heaps[heap]
        head = contents.read(heap, min(_OBJECT, contents.nbytes - heap))
        size = int.from_bytes(head[8:], "little") if len(head) == _OBJECT else 0
        if not _OBJECT <= size <= contents.nbytes - heap:
            raise ValueError("a heap of texts is larger than the file")
        self._nbytes += size
        if self._nbytes > 2 * contents.nbytes:  # heaps inside of heaps
            raise ValueError("heaps of texts are larger than the file")
        self._heaps[heap] = dict(_texts_at(contents, heap, size))
        return self._heaps[heap]


def _possible_references(contents: Contents, start: int, end: int) -> list[int]:
    """The places in a part of the file where something could refer to a heap in it."""
    count = end - start - _REFERENCE.size + 1
    if count <= 0:
        return []
    part = np.frombuffer(contents.read(start, end - start), np.uint8)
    heaps = np.lib.stride_tricks.sliding_window_view(part, 8)[4 : 4 + count]
    places = np.ascontiguousarray(heaps).view("<u8").reshape(-1)
    return [start + int(at) for at in np.flatnonzero((places > 0) & (places <= max(0, contents.nbytes - _OBJECT)))]
