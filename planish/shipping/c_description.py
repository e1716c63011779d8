"""What a library says of its model: constants of the module, laid out as the structures of the header.

Every field is as wide as an address, so that a structure is a list of words for every compiler.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from planish.shipping.c_interface import CArray, CInterface
from planish.shipping.freestanding import Freestanding

ARRAY_FIELDS = (
    ("const char *name", "as in Keras"),
    ("const char *type", "of an element: float32, uint8, ..."),
    ("size_t axes", "of one image"),
    ("const size_t *shape", "of one image: its extents"),
    ("size_t nbytes", "of one image"),
)
FIELDS = (
    ("const char *name", "of the model"),
    ("const char *version", "of planish, which wrote this"),
    ("const char *target", "the kind of processor"),
    ("const char *digest", "SHA-256 of code and weights"),
    ("const char *preprocessing", "what has to be done to images before; empty if nothing is known"),
    ("size_t work_nbytes", "of the work memory"),
    ("size_t input_count", ""),
    ("const {prefix}_array *inputs", "in the order of {prefix}_run"),
    ("size_t output_count", ""),
    ("const {prefix}_array *outputs", ""),
    ("size_t class_count", "0 if the classes have no names"),
    ("const char *const *class_names", ""),
)
"""Of the two structures: declarations in C, and what they say."""


def definitions(
    interface: CInterface, made: Freestanding, notes: Mapping[str, Any], name: str, version: str, target: str
) -> list[str]:
    """In LLVM's text: the constants, and the function that gives their address."""
    writing = _Writing(f"i{8 * made.target.pointer_nbytes}")
    classes = [writing.text(str(each)) for each in notes.get("class_names") or ()]
    inputs, outputs = (_arrays(writing, arrays) for arrays in (interface.inputs, interface.outputs))
    words = [
        *(writing.text(each) for each in (name, version, target, made.digest, str(notes.get("preprocessing") or ""))),
        writing.size(made.work_nbytes),
        *(writing.size(len(interface.inputs)), inputs),
        *(writing.size(len(interface.outputs)), outputs),
        *(writing.size(len(classes)), writing.table(classes) if classes else "ptr null"),
    ]
    assert len(words) == len(FIELDS)
    table = writing.table(words)
    return [*writing.lines, f"define {table.split(' ')[0]} @{interface.prefix}_describe() #0 {{\n  ret {table}\n}}"]


def _arrays(writing: _Writing, arrays: Sequence[CArray]) -> str:
    return writing.table([word for each in arrays for word in _array(writing, each)])


def _array(writing: _Writing, array: CArray) -> Iterator[str]:
    shape = [writing.size(extent) for extent in array.shape]
    yield writing.text(array.name)
    yield writing.text(array.dtype)
    yield writing.size(len(shape))
    yield writing.table(shape) if shape else "ptr null"
    yield writing.size(array.nbytes)


class _Writing:
    """Constants under construction: `lines` are their definitions; what methods give are words with their types."""

    def __init__(self, size: str) -> None:
        self._size = size
        self.lines: list[str] = []

    def size(self, number: int) -> str:
        return f"{self._size} {number}"

    def text(self, text: str) -> str:
        """The address of its UTF-8, with a zero behind."""
        content = text.encode(errors="replace") + b"\0"
        return self._constant(f'[{len(content)} x i8] c"\\{content.hex(chr(92))}"')

    def table(self, words: Sequence[str]) -> str:
        """The address of words one behind the other."""
        types = ", ".join(word.partition(" ")[0] for word in words)
        return self._constant(f"{{ {types} }} {{ {', '.join(words)} }}")

    def _constant(self, value: str) -> str:
        name = f"@described{len(self.lines)}"
        self.lines.append(f"{name} = internal constant {value}")
        return f"ptr {name}"
