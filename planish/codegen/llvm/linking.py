"""Object code that can be mapped as it is: relocated within itself, so that what runs it needs no linker and no LLVM.

Programs call nothing outside themselves and have no variables (`tests/codegen/test_self_contained.py`). So all that an
object file leaves open is the distances between its own sections, which are settled here, once, on the compiling side.
This is done for the object files of Linux on x86-64 (ELF). What else there is stays an object file, which LLVM loads.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple


class Linked(NamedTuple):
    """Machine code that runs at any address which is a multiple of `PAGE_NBYTES`, and where its functions begin."""

    code: bytes
    functions: dict[str, int]


PAGE_NBYTES = 4096
"""Sections may ask for no larger alignment."""

_ELF64_LITTLE, _RELOCATABLE, _X86_64 = b"\x7fELF\x02\x01", 1, 62
_SYMTAB, _RELA, _NOBITS = 2, 4, 8
_WRITE, _ALLOC = 1, 2
_PC32, _PLT32 = 2, 4  # both are the distance to the symbol, where the symbol is in the same piece of memory
_GLOBAL_FUNCTION = 1 << 4 | 2
_RELOCATION, _SYMBOL = struct.Struct("<QQq"), struct.Struct("<IBBHQQ")


class _NotLinkableError(Exception):
    """The object file has something that only a real linker can settle."""


class _Section(NamedTuple):
    name: int
    kind: int
    flags: int
    address: int
    offset: int
    nbytes: int
    link: int
    info: int
    alignment: int
    entry_nbytes: int

    @classmethod
    def all_of(cls, code: bytes) -> list[_Section]:
        (table,) = struct.unpack_from("<Q", code, 0x28)
        size, count = struct.unpack_from("<HH", code, 0x3A)
        return [cls(*struct.unpack_from("<IIQQQQIIQQ", code, table + size * place)) for place in range(count)]


class _Symbol(NamedTuple):
    name: str
    kind: int
    section: int
    value: int


def link(code: bytes) -> Linked | None:
    """An object file relocated within itself; None if it is of another system, or needs anything from outside."""
    kind = struct.unpack_from("<HH", code, 16) if code.startswith(_ELF64_LITTLE) else ()
    if kind != (_RELOCATABLE, _X86_64):
        return None
    try:
        return _linked(code, _Section.all_of(code))
    except _NotLinkableError:
        return None


def _linked(code: bytes, sections: list[_Section]) -> Linked:
    image, starts = _laid_out(code, sections)
    symbols = [_symbols(code, sections, section) for section in sections if section.kind == _SYMTAB]
    for section in sections:
        if section.kind == _RELA and section.info in starts:
            _relocate(image, code, section, starts, symbols[0])
    functions = {
        symbol.name: starts[symbol.section] + symbol.value
        for symbol in symbols[0]
        if symbol.kind == _GLOBAL_FUNCTION and symbol.section in starts
    }
    return Linked(bytes(image), functions)


def _laid_out(code: bytes, sections: list[_Section]) -> tuple[bytearray, dict[int, int]]:
    """The sections that are in memory when the program runs, one behind the other, and where each begins."""
    image, starts = bytearray(), {}
    for place, section in enumerate(sections):
        if not section.flags & _ALLOC:
            continue
        if section.flags & _WRITE or section.kind == _NOBITS or section.alignment > PAGE_NBYTES:
            raise _NotLinkableError
        image.extend(bytes(-len(image) % max(1, section.alignment)))
        starts[place] = len(image)
        image.extend(code[section.offset : section.offset + section.nbytes])
    return image, starts


def _symbols(code: bytes, sections: list[_Section], table: _Section) -> list[_Symbol]:
    strings = sections[table.link].offset

    def name(at: int) -> str:
        return code[strings + at : code.index(b"\0", strings + at)].decode()

    entries = _SYMBOL.iter_unpack(code[table.offset : table.offset + table.nbytes])
    return [_Symbol(name(at), kind, section, value) for at, kind, _, section, value, _ in entries]


def _relocate(
    image: bytearray, code: bytes, relocations: _Section, starts: dict[int, int], symbols: list[_Symbol]
) -> None:
    """Writes the distances that a section leaves open."""
    for at, number, kind, addend in _entries(code, relocations):
        symbol = symbols[number]
        if kind not in (_PC32, _PLT32) or symbol.section not in starts:
            raise _NotLinkableError
        place = starts[relocations.info] + at
        struct.pack_into("<i", image, place, starts[symbol.section] + symbol.value + addend - place)


def _entries(code: bytes, section: _Section) -> Iterator[tuple[int, int, int, int]]:
    """Place, number of the symbol, kind and addend of each relocation."""
    for at, info, addend in _RELOCATION.iter_unpack(code[section.offset : section.offset + section.nbytes]):
        yield at, info >> 32, info & 0xFFFFFFFF, addend
