"""HDF5's chunks: how much memory it would take to read an array that was cut into pieces and packed.

HDF5's library allocates a whole chunk, however small the array, and whatever a packed chunk grows to. Keras
writes arrays in one piece; files that were packed again by other tools have chunks of reasonable sizes.
"""

from __future__ import annotations

import math
import zlib
from typing import Any

from planish.saving.contents import Contents

_ALWAYS_ALLOWED_NBYTES = 1 << 20
_PIECE_NBYTES = 1 << 16
_CHECKSUM_NBYTES = 4


def reads_in_bounds(dataset: Any, contents: Contents) -> bool:
    """Whether reading a dataset (h5py's low-level one) of the file `contents` takes at most twice the array's memory,
    or a megabyte."""
    from h5py import h5d, h5z

    properties = dataset.get_create_plist()
    if properties.get_layout() != h5d.CHUNKED:
        return True
    nbytes = dataset.dtype.itemsize * math.prod(dataset.shape)
    chunk_nbytes = dataset.dtype.itemsize * math.prod(properties.get_chunk())
    if chunk_nbytes > max(_ALWAYS_ALLOWED_NBYTES, 2 * nbytes):
        return False
    filters = [properties.get_filter(number)[0] for number in range(properties.get_nfilters())]
    known = {h5z.FILTER_DEFLATE, h5z.FILTER_SHUFFLE, h5z.FILTER_FLETCHER32}
    if len(set(filters)) < len(filters) or not known.issuperset(filters):
        return False
    if h5z.FILTER_DEFLATE not in filters:
        return True
    return _chunks_inflate_within(dataset, contents, chunk_nbytes + _CHECKSUM_NBYTES)


def _chunks_inflate_within(dataset: Any, contents: Contents, most_nbytes: int) -> bool:
    def too_large(chunk: Any) -> bool | None:
        end = min(chunk.byte_offset + chunk.size, contents.nbytes)
        packed = memoryview(contents.read(chunk.byte_offset, max(0, end - chunk.byte_offset)))
        return None if _inflates_within(packed, most_nbytes) else True  # anything but None ends the walk

    return dataset.chunk_iter(too_large) is None


def _inflates_within(packed: memoryview, most_nbytes: int) -> bool:
    """Whether a chunk is not larger than that; one that is damaged is left to HDF5, which says so."""
    inflater = zlib.decompressobj()
    nbytes = 0
    rest: memoryview | bytes = packed
    try:
        while rest and not inflater.eof:
            nbytes += len(inflater.decompress(rest, _PIECE_NBYTES))
            if nbytes > most_nbytes:
                return False
            rest = inflater.unconsumed_tail
    except zlib.error:
        return True
    return True
