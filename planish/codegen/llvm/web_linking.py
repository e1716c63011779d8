"""One WebAssembly module of an object file: without imports, with a memory of its own, and everything in its place.

LLVM writes relocatable object files, and nobody who uses planish has a linker for them. Programs are one object file,
of which only the addresses of constants are open: functions, types and the stack pointer keep their numbers, because
the module has nothing in front of them. So linking is choosing addresses and writing them where relocations say. The
memory has its last size from the beginning, so that nothing can grow.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from planish.codegen.llvm import web_object as form
from planish.codegen.llvm.web_object import NotLinkableError, Relocation, WebObject

PAGE_NBYTES = 65536
MOST_NBYTES = 2**31 - PAGE_NBYTES
"""Of memory: addresses are written as signed numbers of 32 bits."""
STACK_NBYTES = 65536
"""The stack is at the bottom of the memory and grows down, so that what overflows it ends the program."""

_FUNCTION_EXPORT, _MEMORY_EXPORT = 0, 2
_AT_PLACE, _BOUNDED = 0, 1


class Data(NamedTuple):
    """Bytes that are in memory at the beginning."""

    address: int
    content: bytes


def constants_nbytes(code: bytes) -> int:
    """The memory that the constants of an object file take, from an address that is a multiple of a cache line."""
    found = form.read(code)
    return _placed(found, 0)[1]


def link_web(
    code: bytes,
    constants: int,
    data: Sequence[Data],
    exports: Sequence[str],
    nbytes: int,
    sections: Mapping[str, bytes],
) -> bytes:
    """The module of an object file, whose constants begin at `constants`.

    `data` are further contents of the memory, whose size is `nbytes`; `exports` are names of functions, beside which
    "memory" is exported; `sections` are for whoever reads the module. NotLinkableError if anything is left open.
    """
    found = form.read(code)
    addresses, _ = _placed(found, constants)
    known = _addresses_of(found, addresses)
    body = bytearray(found.sections[form.CODE])
    _relocate(body, found, form.CODE, known)
    held = bytearray(found.sections.get(form.DATA, b"\0"))
    _relocate(held, found, form.DATA, known)
    own = [
        Data(address, bytes(held[start : start + len(segment.content)]))
        for address, start, segment in zip(addresses, found.starts, found.segments, strict=True)
    ]
    pages = -(-nbytes // PAGE_NBYTES)
    every = [
        _section(form.TYPES, found.sections[form.TYPES]),
        _section(form.FUNCTIONS, found.sections[form.FUNCTIONS]),
        _section(form.MEMORY, unsigned(1) + bytes([_BOUNDED]) + unsigned(pages) + unsigned(pages)),
        _section(form.GLOBALS, _stack_pointer()),
        _section(form.EXPORTS, _exports(found, exports)),
        _section(form.CODE, bytes(body)),
        _section(form.DATA, _data([*own, *data])),
        *(_section(form.CUSTOM, _text(name) + content) for name, content in sections.items()),
    ]
    return b"".join([form.MAGIC, *every])


def _placed(found: WebObject, start: int) -> tuple[list[int], int]:
    """The address of each segment, and of what may follow."""
    addresses, end = [], start
    for segment in found.segments:
        end += -end % segment.alignment
        addresses.append(end)
        end += len(segment.content)
    return addresses, end


def _addresses_of(found: WebObject, addresses: Sequence[int]) -> dict[int, int]:
    """Of the symbols that are in memory, by their numbers."""
    known = {}
    for number, symbol in enumerate(found.symbols):
        if symbol.kind == form.OBJECT:
            if symbol.number is None:
                raise NotLinkableError(f"the program needs {symbol.name!r} from outside")
            known[number] = addresses[symbol.number] + symbol.offset
    return known


def _relocate(content: bytearray, found: WebObject, kind: int, known: Mapping[int, int]) -> None:
    for relocation in found.relocations.get(kind, ()):
        if relocation.kind in _WRITTEN:
            written = _WRITTEN[relocation.kind](known[relocation.number] + relocation.addend)
            content[relocation.at : relocation.at + len(written)] = written
        else:
            _check_number(content, found, relocation)


def _check_number(content: bytearray, found: WebObject, relocation: Relocation) -> None:
    """What keeps its number has it already."""
    there = form.Reader(bytes(content[relocation.at : relocation.at + 5])).unsigned()
    if relocation.kind == form.TYPE_INDEX:
        expected: int | None = relocation.number
    elif relocation.kind in (form.FUNCTION_INDEX, form.GLOBAL_INDEX):
        expected = found.symbols[relocation.number].number
    else:
        raise NotLinkableError(f"a relocation of the kind {relocation.kind}")
    if there != expected:
        raise NotLinkableError(f"a number {there} in place of {expected}")


def _long(value: int) -> bytes:
    """In as many bytes as the compiler has left room for."""
    return bytes([*(value >> shift & 0x7F | 0x80 for shift in (0, 7, 14, 21)), value >> 28 & 0x7F])


def _plain(value: int) -> bytes:
    return struct.pack("<I", value)


_WRITTEN: Mapping[int, Callable[[int], bytes]] = {
    form.ADDRESS_LEB: _long, form.ADDRESS_SLEB: _long, form.ADDRESS_I32: _plain,
}  # fmt: skip


def unsigned(value: int) -> bytes:
    """In LEB128."""
    parts = bytearray()
    while value >= 0x80:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*parts, value])


def signed(value: int) -> bytes:
    """In LEB128; `value` is not negative."""
    parts = bytearray()
    while value >= 0x40:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*parts, value])


def _section(kind: int, content: bytes) -> bytes:
    return bytes([kind]) + unsigned(len(content)) + content


def _text(text: str) -> bytes:
    return unsigned(len(text.encode())) + text.encode()


def _constant(value: int) -> bytes:
    return bytes([form.I32_CONST]) + signed(value) + bytes([form.END])


def _stack_pointer() -> bytes:
    return unsigned(1) + bytes([form.I32, form.MUTABLE]) + _constant(STACK_NBYTES)


def _exports(found: WebObject, names: Sequence[str]) -> bytes:
    functions = {symbol.name: symbol.number for symbol in found.symbols if symbol.kind == form.FUNCTION}
    parts = [unsigned(len(names) + 1), _text("memory"), bytes([_MEMORY_EXPORT, 0])]
    for name in names:
        number = functions.get(name)
        if number is None:
            raise NotLinkableError(f"there is no function {name!r}")
        parts.append(_text(name) + bytes([_FUNCTION_EXPORT]) + unsigned(number))
    return b"".join(parts)


def _data(segments: Sequence[Data]) -> bytes:
    parts = [unsigned(len(segments))]
    for address, content in segments:
        parts.append(unsigned(_AT_PLACE) + _constant(address) + unsigned(len(content)) + content)
    return b"".join(parts)
