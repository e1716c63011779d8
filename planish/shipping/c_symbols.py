"""What an object file leaves to the linker: nothing, or it does not run everywhere."""

from __future__ import annotations

import struct
from collections.abc import Iterator

_SYMTAB, _GLOBAL, _UNDEFINED = 2, 1, 0


def undefined(code: bytes) -> list[str]:
    """The names of functions that an ELF file, of 32 or 64 bits, needs from elsewhere."""
    long = code[4] == 2
    (table,) = struct.unpack_from("<Q" if long else "<I", code, 0x28 if long else 0x20)
    size, count = struct.unpack_from("<HH", code, 0x3A if long else 0x2E)
    form = "<IIQQQQIIQQ" if long else "<10I"
    sections = [struct.unpack_from(form, code, table + size * place) for place in range(count)]
    found = []
    for _, kind, _, _, offset, nbytes, link, *_ in sections:
        if kind == _SYMTAB:
            entries = code[offset : offset + nbytes]
            found += [_text(code, sections[link][4] + name) for name in _outside(entries, long=long)]
    return sorted(found)


def _outside(entries: bytes, *, long: bool) -> Iterator[int]:
    """Where the names are of symbols that are in no section."""
    for fields in struct.iter_unpack("<IBBHQQ" if long else "<IIIBBH", entries):
        name, information, section = (fields[0], fields[1], fields[3]) if long else (fields[0], fields[3], fields[5])
        if information >> 4 >= _GLOBAL and section == _UNDEFINED:
            yield name


def _text(code: bytes, at: int) -> str:
    return code[at : code.index(b"\0", at)].decode()
