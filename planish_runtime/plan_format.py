"""The form of a `.plan` file, which planish writes and this package reads.

Page 0 is the prefix: magic, version, the length of the file, then for each part of PARTS where it begins, its bytes and
their SHA-256, then the SHA-256 of all of the page but this last one. Parts follow each other without a gap, each from a
page on; what fills up their last page belongs to them. So every byte of a file is checked by some digest.

    facts      JSON: the model, its inputs and outputs, the programs, and where in the other parts what they need is
    code       machine code of the programs, each from a page on
    weights    what programs read: packed weights and others, each from a cache line on, and equal ones once
    test       images, and what the model makes of them
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator, Mapping
from typing import NamedTuple

MAGIC, VERSION = b"planish plan\r\n\x1a\n", 1
PARTS = ("facts", "code", "weights", "test")
PAGE_NBYTES, LINE_NBYTES = 4096, 64

_HEAD, _PART, _DIGEST_NBYTES = struct.Struct("<16sQQ"), struct.Struct("<QQ32s"), 32
_CHECKED_NBYTES = PAGE_NBYTES - _DIGEST_NBYTES


class Part(NamedTuple):
    """Where a part begins in the file, its bytes, and their SHA-256."""

    offset: int
    nbytes: int
    digest: bytes


def digest_of(content: bytes | bytearray | memoryview) -> bytes:
    return hashlib.sha256(content).digest()


def filled(content: bytes | bytearray, unit: int) -> bytes:
    """With zeros up to a multiple of so many bytes."""
    return bytes(content) + bytes(-len(content) % unit)


def written(parts: Mapping[str, bytes | bytearray]) -> bytes:
    """A whole file."""
    contents = [filled(parts[name], PAGE_NBYTES) for name in PARTS]
    offset = PAGE_NBYTES
    table = b""
    for content in contents:
        table += _PART.pack(offset, len(content), digest_of(content))
        offset += len(content)
    prefix = (_HEAD.pack(MAGIC, VERSION, offset) + table).ljust(_CHECKED_NBYTES, b"\0")
    return b"".join([prefix, digest_of(prefix), *contents])


class DamagedError(Exception):
    """Bytes are not as the form has them; the text says which."""


def read(whole: memoryview) -> dict[str, Part]:
    """Where the parts are, every one of which was checked. DamagedError for bytes that are not such a file."""
    if len(whole) < PAGE_NBYTES or bytes(whole[: len(MAGIC)]) != MAGIC:
        raise DamagedError("it does not begin as a plan does")
    _, version, nbytes = _HEAD.unpack_from(whole)
    if version != VERSION:
        raise DamagedError(f"its form has version {version}, and this package reads version {VERSION}")
    if digest_of(whole[:_CHECKED_NBYTES]) != whole[_CHECKED_NBYTES:PAGE_NBYTES]:
        raise DamagedError("its first page is damaged")
    if nbytes != len(whole):
        raise DamagedError(f"it has {len(whole):,} bytes, and says that there are {nbytes:,}")
    parts = dict(zip(PARTS, _parts(whole), strict=True))
    for name, part in parts.items():
        if digest_of(whole[part.offset : part.offset + part.nbytes]) != part.digest:
            raise DamagedError(f"its part {name!r} is damaged")
    return parts


def _parts(whole: memoryview) -> Iterator[Part]:
    end = PAGE_NBYTES
    for place in range(len(PARTS)):
        part = Part(*_PART.unpack_from(whole, _HEAD.size + place * _PART.size))
        if part.offset != end or part.nbytes > len(whole) - end or part.nbytes % PAGE_NBYTES:
            raise DamagedError(f"its part {PARTS[place]!r} is not where it should be")
        end += part.nbytes
        yield part
    if end != len(whole):
        raise DamagedError("there is something behind its last part")
