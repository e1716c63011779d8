"""Object code that can be mapped as it is: relocated within itself, so that what runs it needs no linker and no LLVM.

Programs call nothing outside themselves and have no variables (`tests/codegen/test_self_contained.py`). So all that the
object files of a program leave open is the distances between their own sections, which are settled here, once, on the
compiling side.
This is done for the object files of Linux on x86-64 (ELF). What else there is stays an object file, which LLVM loads.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
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
_GLOBAL_FUNCTION, _HIDDEN = 1 << 4 | 2, 2
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
    hidden: bool
    section: int
    value: int


class _Object(NamedTuple):
    """An object file, and where each of its sections begins in memory."""

    code: bytes
    sections: list[_Section]
    starts: dict[int, int]
    symbols: list[_Symbol]

    def functions(self) -> Iterator[_Symbol]:
        """Those that others may call."""
        return (symbol for symbol in self.symbols if symbol.kind == _GLOBAL_FUNCTION and symbol.section in self.starts)

    def place(self, symbol: _Symbol) -> int:
        return self.starts[symbol.section] + symbol.value


def links(triple: str) -> bool:
    """Whether object files of this system can be linked here."""
    return triple.startswith("x86_64-") and "-linux" in triple


def link(*codes: bytes) -> Linked | None:
    """Object files relocated within themselves and each other; None if they are of another system, or need anything
    from outside."""
    for code in codes:
        kind = struct.unpack_from("<HH", code, 16) if code.startswith(_ELF64_LITTLE) else ()
        if kind != (_RELOCATABLE, _X86_64):
            return None
    try:
        return _linked(codes)
    except _NotLinkableError:
        return None


def _linked(codes: Sequence[bytes]) -> Linked:
    image = bytearray()
    objects = [_laid_out(image, code) for code in codes]
    found = {symbol.name: own.place(symbol) for own in objects for symbol in own.functions()}
    for own in objects:
        for section in own.sections:
            if section.kind == _RELA and section.info in own.starts:
                _relocate(image, own, section, found)
    asked = {symbol.name for own in objects for symbol in own.functions() if not symbol.hidden}
    return Linked(bytes(image), {name: place for name, place in found.items() if name in asked})


def _laid_out(image: bytearray, code: bytes) -> _Object:
    """Puts the sections that are in memory when the program runs behind what is there, one behind the other."""
    sections, starts = _Section.all_of(code), {}
    for place, section in enumerate(sections):
        if not section.flags & _ALLOC:
            continue
        if section.flags & _WRITE or section.kind == _NOBITS or section.alignment > PAGE_NBYTES:
            raise _NotLinkableError
        image.extend(bytes(-len(image) % max(1, section.alignment)))
        starts[place] = len(image)
        image.extend(code[section.offset : section.offset + section.nbytes])
    symbols = [_symbols(code, sections, section) for section in sections if section.kind == _SYMTAB]
    return _Object(code, sections, starts, symbols[0])


def _symbols(code: bytes, sections: list[_Section], table: _Section) -> list[_Symbol]:
    strings = sections[table.link].offset

    def name(at: int) -> str:
        return code[strings + at : code.index(b"\0", strings + at)].decode()

    entries = _SYMBOL.iter_unpack(code[table.offset : table.offset + table.nbytes])
    return [
        _Symbol(name(at), kind, other & 3 == _HIDDEN, section, value) for at, kind, other, section, value, _ in entries
    ]


def _relocate(image: bytearray, own: _Object, relocations: _Section, found: Mapping[str, int]) -> None:
    """Writes the distances that a section leaves open; `found` are the functions of all object files."""
    for at, number, kind, addend in _entries(own.code, relocations):
        symbol = own.symbols[number]
        there = own.place(symbol) if symbol.section in own.starts else found.get(symbol.name)
        if kind not in (_PC32, _PLT32) or there is None:
            raise _NotLinkableError
        place = own.starts[relocations.info] + at
        struct.pack_into("<i", image, place, there + addend - place)


def _entries(code: bytes, section: _Section) -> Iterator[tuple[int, int, int, int]]:
    """Place, number of the symbol, kind and addend of each relocation."""
    for at, info, addend in _RELOCATION.iter_unpack(code[section.offset : section.offset + section.nbytes]):
        yield at, info >> 32, info & 0xFFFFFFFF, addend
