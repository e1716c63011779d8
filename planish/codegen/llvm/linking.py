"""Object code that can be mapped as it is: relocated within itself, so that what runs it needs no linker and no LLVM.

Programs call nothing outside themselves and have no variables (`tests/codegen/test_self_contained.py`). So all that the
object files of a program leave open is the distances between their own sections, which are settled here, once, on the
compiling side.
This is done for object files in the form of Linux (ELF), for x86-64 and AArch64. What else there is stays an object
file, which LLVM loads.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple


class Linked(NamedTuple):
    """Machine code that runs at any address which is a multiple of `PAGE_NBYTES`, and where its functions begin."""

    code: bytes
    functions: dict[str, int]


PAGE_NBYTES = 4096
"""Sections may ask for no larger alignment."""

_ELF64_LITTLE, _RELOCATABLE, _X86_64, _AARCH64 = b"\x7fELF\x02\x01", 1, 62, 183
_SYMTAB, _RELA, _NOBITS = 2, 4, 8
_WRITE, _ALLOC = 1, 2
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


Patch = Callable[[bytearray, int, int], None]
"""Writes into the image, at a place, what a relocation leaves open; last is where its symbol is, addend included."""


def _distance(image: bytearray, place: int, there: int) -> None:
    struct.pack_into("<i", image, place, there - place)


def _branch(image: bytearray, place: int, there: int) -> None:
    """A call or jump of AArch64: words between here and there in 26 bits."""
    _fill(image, place, (there - place) >> 2, bits=26, at=0)


def _page(image: bytearray, place: int, there: int) -> None:
    """Pages between here and there, the lowest two bits apart from the others (ADRP)."""
    pages = (there // PAGE_NBYTES) - (place // PAGE_NBYTES)
    _fill(image, place, pages, bits=2, at=29)
    _fill(image, place, pages >> 2, bits=19, at=5)


def _in_page(scale: int) -> Patch:
    """How far into its page the symbol is, in units of 2**scale bytes (the second half of an address)."""

    def patch(image: bytearray, place: int, there: int) -> None:
        _fill(image, place, there % PAGE_NBYTES >> scale, bits=12, at=10)

    return patch


def _fill(image: bytearray, place: int, value: int, *, bits: int, at: int) -> None:
    """Writes the lower bits of a value into an instruction, from bit `at` on."""
    (word,) = struct.unpack_from("<I", image, place)
    mask = (1 << bits) - 1
    struct.pack_into("<I", image, place, word & ~(mask << at) | (value & mask) << at)


# By machine and number: what ELF calls R_X86_64_PC32 and PLT32; R_AARCH64_PREL32, ADR_PREL_PG_HI21, ADD_ABS_LO12_NC,
# LDST8_ABS_LO12_NC, JUMP26, CALL26, and LDST16, 32, 64 and 128.
_PATCHES: Mapping[int, Mapping[int, Patch]] = {
    _X86_64: {2: _distance, 4: _distance},
    _AARCH64: {
        261: _distance, 275: _page, 277: _in_page(0), 278: _in_page(0), 282: _branch, 283: _branch,
        284: _in_page(1), 285: _in_page(2), 286: _in_page(3), 299: _in_page(4),
    },
}  # fmt: skip


def links(triple: str) -> bool:
    """Whether object files of this system can be linked here."""
    return triple.startswith(("x86_64-", "aarch64-")) and "-linux" in triple


def link(*codes: bytes) -> Linked | None:
    """Object files relocated within themselves and each other; None if they are of another system, or need anything
    from outside."""
    kinds = {struct.unpack_from("<HH", code, 16) if code.startswith(_ELF64_LITTLE) else () for code in codes}
    patches = next((of for machine, of in _PATCHES.items() if kinds == {(_RELOCATABLE, machine)}), None)
    if patches is None:
        return None
    try:
        return _linked(codes, patches)
    except _NotLinkableError:
        return None


def _linked(codes: Sequence[bytes], patches: Mapping[int, Patch]) -> Linked:
    image = bytearray()
    objects = [_laid_out(image, code) for code in codes]
    found = {symbol.name: own.place(symbol) for own in objects for symbol in own.functions()}
    for own in objects:
        for section in own.sections:
            if section.kind == _RELA and section.info in own.starts:
                _relocate(image, own, section, found, patches)
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


def _relocate(
    image: bytearray, own: _Object, relocations: _Section, found: Mapping[str, int], patches: Mapping[int, Patch]
) -> None:
    """Writes the distances that a section leaves open; `found` are the functions of all object files."""
    for at, number, kind, addend in _entries(own.code, relocations):
        symbol = own.symbols[number]
        there = own.place(symbol) if symbol.section in own.starts else found.get(symbol.name)
        if kind not in patches or there is None:
            raise _NotLinkableError
        patches[kind](image, own.starts[relocations.info] + at, there + addend)


def _entries(code: bytes, section: _Section) -> Iterator[tuple[int, int, int, int]]:
    """Place, number of the symbol, kind and addend of each relocation."""
    for at, info, addend in _RELOCATION.iter_unpack(code[section.offset : section.offset + section.nbytes]):
        yield at, info >> 32, info & 0xFFFFFFFF, addend
