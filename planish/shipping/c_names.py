"""Names that C and C++ take."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

_KEYWORDS = {
    "alignas", "alignof", "and", "and_eq", "asm", "auto", "bitand", "bitor", "bool", "break", "case", "catch",
    "char", "class", "compl", "const", "const_cast", "consteval", "constexpr", "constinit", "continue",
    "co_await", "co_return", "co_yield", "decltype", "default", "delete", "do", "double", "dynamic_cast",
    "else", "enum", "explicit", "export", "extern", "false", "float", "for", "friend", "goto", "if", "inline",
    "int", "long", "mutable", "namespace", "new", "noexcept", "not", "not_eq", "nullptr", "operator", "or",
    "or_eq", "private", "protected", "public", "register", "reinterpret_cast", "requires", "restrict", "return",
    "short", "signed", "sizeof", "static", "static_assert", "static_cast", "struct", "switch", "template",
    "this", "thread_local", "throw", "true", "try", "typedef", "typeid", "typename", "typeof", "union",
    "unsigned", "using", "virtual", "void", "volatile", "wchar_t", "while", "xor", "xor_eq", "main", "errno",
    "NULL", "I", "linux", "unix", "stdin", "stdout", "stderr", "offsetof", "complex", "imaginary", "near", "far",
    "small", "interface",
}  # fmt: skip
"""Of C and of C++, with names that are macros or functions in many headers."""

_MACRO_OR_TYPE = re.compile(r"[A-Z][A-Z0-9_]*[A-Z0-9]|\w+_t")  # by custom: EOF, INT_MAX, DIGITS_OK; size_t, float_t

_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,62}")  # all of its characters count, even in C90


def is_identifier(text: str) -> bool:
    """Whether functions and arrays may have the name."""
    return _IDENTIFIER.fullmatch(text) is not None and text not in _KEYWORDS


def identifier(text: str) -> str:
    """The nearest such name; "model" if nothing is left of the text."""
    found = re.sub(r"_{2,}", "_", re.sub(r"[^A-Za-z0-9]", "_", text)).strip("_")[:40]
    if not found:
        return "model"
    return f"{found}_" if found in _KEYWORDS else found if found[0].isalpha() else f"model_{found}"


def variable(text: str) -> str:
    """The nearest name for a variable, which headers, our own too, do not use for something else."""
    found = identifier(text)
    return f"{found}_" if _MACRO_OR_TYPE.fullmatch(found) else found


def apart(texts: Sequence[str], taken: Collection[str]) -> Iterator[str]:
    """A variable's name for each text, all different, also where capitals make no difference, and none of those
    taken."""
    used = {name.lower() for name in taken}
    for text in texts:
        base = name = variable(text)
        number = 1
        while name.lower() in used:
            number += 1
            name = f"{base}_{number}"
        used.add(name.lower())
        yield name
