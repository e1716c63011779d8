"""Object files of WebAssembly, as LLVM writes them: read, strictly.

Sections, imports, the symbol table and relocations are those of the tool conventions that LLVM and its linker follow.
What planish's programs never have is refused by name, so that nothing is linked half.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

MAGIC = b"\0asm\1\0\0\0"
CUSTOM, TYPES, IMPORTS, FUNCTIONS, MEMORY, GLOBALS, EXPORTS, DATA_COUNT, CODE, DATA = 0, 1, 2, 3, 5, 6, 7, 12, 10, 11
_KNOWN = {CUSTOM, TYPES, IMPORTS, FUNCTIONS, DATA_COUNT, CODE, DATA}

_CONVENTIONS = 2  # the version of the section "linking"
_SEGMENT_INFO, _SYMBOL_TABLE = 5, 8
_UNDEFINED, _NAMED = 0x10, 0x40
FUNCTION, OBJECT, GLOBAL = 0, 1, 2

FUNCTION_INDEX, ADDRESS_LEB, ADDRESS_SLEB, ADDRESS_I32, TYPE_INDEX, GLOBAL_INDEX = 0, 3, 4, 5, 6, 7
"""Relocations: what is written at their place."""

STACK_POINTER = "__stack_pointer"
_MEMORY_NAME = "__linear_memory"
I32, MUTABLE, I32_CONST, END = 0x7F, 1, 0x41, 0x0B


class NotLinkableError(RuntimeError):
    """The object file has something that planish's programs never have."""


class Reader:
    """Bytes from a place on; every read checks that they are there."""

    def __init__(self, content: bytes, at: int = 0, end: int | None = None) -> None:
        self._content, self.at = content, at
        self._end = len(content) if end is None else end

    @property
    def more(self) -> bool:
        return self.at < self._end

    def take(self, nbytes: int) -> bytes:
        if nbytes > self._end - self.at:
            raise NotLinkableError("an object file of WebAssembly ends too early")
        self.at += nbytes
        return self._content[self.at - nbytes : self.at]

    def byte(self) -> int:
        return self.take(1)[0]

    def unsigned(self) -> int:
        """In LEB128."""
        return self._number()[0]

    def signed(self) -> int:
        """In LEB128."""
        value, bits = self._number()
        return value - (1 << bits) if value >> (bits - 1) else value

    def _number(self) -> tuple[int, int]:
        """What is there in sevens of bits, the lowest first, and how many bits there are."""
        value, bits, byte = 0, 0, 0x80
        while byte >= 0x80:
            byte = self.byte()
            value |= (byte & 0x7F) << bits
            bits += 7
        return value, bits

    def text(self) -> str:
        return self.take(self.unsigned()).decode()


class Section(NamedTuple):
    """`name` is that of a custom section; `at` is where its contents begin in the file."""

    kind: int
    name: str
    at: int
    content: bytes


class Symbol(NamedTuple):
    """`number` is that of a function or global, or of the segment that an object is in, `offset` bytes from its start;
    None for what is defined elsewhere."""

    kind: int
    name: str
    number: int | None
    offset: int = 0


class Segment(NamedTuple):
    """Constant bytes, at a multiple of `alignment`."""

    content: bytes
    alignment: int


class Relocation(NamedTuple):
    """`at` counts from the start of its section; `number` is that of a symbol or, if the kind says so, of a type."""

    kind: int
    at: int
    number: int
    addend: int


class WebObject(NamedTuple):
    """What there is in an object file."""

    sections: dict[int, bytes]
    symbols: list[Symbol]
    segments: list[Segment]
    relocations: dict[int, list[Relocation]]
    """Those of the code and of the data, by the kind of section; of data they count from the start of the section."""
    starts: list[int]
    """Where the bytes of each segment begin in the section of data."""


def read(code: bytes) -> WebObject:
    """The contents of an object file. NotLinkableError for what programs never have."""
    if not code.startswith(MAGIC):
        raise NotLinkableError("this is not an object file of WebAssembly")
    sections = list(_sections(code))
    plain = {section.kind: section.content for section in sections if section.kind != CUSTOM}
    named = {section.name: section.content for section in sections if section.kind == CUSTOM}
    if unknown := plain.keys() - _KNOWN:
        raise NotLinkableError(f"sections of the kinds {sorted(unknown)} in an object file of WebAssembly")
    _check_imports(Reader(plain.get(IMPORTS, b"\0")))
    contents, starts = _segments(Reader(plain.get(DATA, b"\0")))
    if "linking" not in named or not {TYPES, FUNCTIONS, CODE} <= plain.keys():
        raise NotLinkableError("this is not an object file with functions")
    alignments, symbols = _linking(Reader(named["linking"]))
    if len(alignments) != len(contents):
        raise NotLinkableError("segments without an alignment")
    relocations = {
        kind: _relocations(Reader(named[name]), sections, kind)
        for name, kind in (("reloc.CODE", CODE), ("reloc.DATA", DATA))
        if name in named
    }
    return WebObject(plain, symbols, list(map(Segment, contents, alignments)), relocations, starts)


def _sections(code: bytes) -> Iterator[Section]:
    reader = Reader(code, len(MAGIC))
    while reader.more:
        kind, nbytes = reader.byte(), reader.unsigned()
        at = reader.at
        content = reader.take(nbytes)
        if kind == CUSTOM:
            inside = Reader(content)
            name = inside.text()
            yield Section(kind, name, at + inside.at, content[inside.at :])
        else:
            yield Section(kind, "", at, content)


def _check_imports(reader: Reader) -> None:
    """The memory and the stack pointer, which the linked module has itself; nothing else."""
    for _ in range(reader.unsigned()):
        reader.text()
        name, kind = reader.text(), reader.byte()
        if kind == 2 and name == _MEMORY_NAME:
            for _ in range(1 + reader.byte() % 2):
                reader.unsigned()
        elif kind == 3 and name == STACK_POINTER:
            if (reader.byte(), reader.byte()) != (I32, MUTABLE):
                raise NotLinkableError(f"{name} is not a variable of 32 bits")
        else:
            raise NotLinkableError(f"the program needs {name!r} from outside")


def _segments(reader: Reader) -> tuple[list[bytes], list[int]]:
    contents, starts = [], []
    for _ in range(reader.unsigned()):
        if (reader.unsigned(), reader.byte()) != (0, I32_CONST):
            raise NotLinkableError("a segment that is not at a constant place of the memory")
        reader.signed()
        if reader.byte() != END:
            raise NotLinkableError("a segment whose place is computed")
        nbytes = reader.unsigned()
        starts.append(reader.at)
        contents.append(reader.take(nbytes))
    return contents, starts


def _linking(reader: Reader) -> tuple[list[int], list[Symbol]]:
    """The alignments of segments, and the symbol table."""
    if reader.unsigned() != _CONVENTIONS:
        raise NotLinkableError("an object file of other conventions")
    alignments: list[int] = []
    symbols: list[Symbol] = []
    readers: dict[int, Callable[[Reader], None]] = {
        _SEGMENT_INFO: lambda part: alignments.extend(_alignments(part)),
        _SYMBOL_TABLE: lambda part: symbols.extend(_symbols(part)),
    }
    while reader.more:
        kind, nbytes = reader.byte(), reader.unsigned()
        part = Reader(reader.take(nbytes))
        if kind not in readers:
            raise NotLinkableError(f"a part {kind} of the section 'linking'")
        readers[kind](part)
    return alignments, symbols


def _alignments(reader: Reader) -> Iterator[int]:
    for _ in range(reader.unsigned()):
        reader.text()
        alignment, flags = reader.unsigned(), reader.unsigned()
        if flags & 2:
            raise NotLinkableError("variables of threads")
        yield 1 << alignment


def _symbols(reader: Reader) -> Iterator[Symbol]:
    for _ in range(reader.unsigned()):
        kind, flags = reader.byte(), reader.unsigned()
        defined = not flags & _UNDEFINED
        if kind in (FUNCTION, GLOBAL):
            number = reader.unsigned()
            name = reader.text() if defined or flags & _NAMED else STACK_POINTER if kind == GLOBAL else ""
            yield Symbol(kind, name, number)
        elif kind == OBJECT:
            name = reader.text()
            place = (reader.unsigned(), reader.unsigned()) if defined else (None, 0)
            if defined:
                reader.unsigned()
            yield Symbol(kind, name, *place)
        else:
            raise NotLinkableError(f"a symbol of the kind {kind}")


def _relocations(reader: Reader, sections: list[Section], kind: int) -> list[Relocation]:
    place = reader.unsigned()
    if place >= len(sections) or sections[place].kind != kind:
        raise NotLinkableError("relocations of another section than their name says")
    return [_relocation(reader) for _ in range(reader.unsigned())]


def _relocation(reader: Reader) -> Relocation:
    kind, at, number = reader.byte(), reader.unsigned(), reader.unsigned()
    return Relocation(kind, at, number, reader.signed() if kind in (ADDRESS_LEB, ADDRESS_SLEB, ADDRESS_I32) else 0)
