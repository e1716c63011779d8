"""A compiled program as bytes, for the cache on disk, and back."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from planish.runtime.native import native_code
from planish_runtime.compiled import Compiled
from planish_runtime.native import NativeCode


def program_of(stored: bytes) -> Compiled:
    """What `to_bytes` gave, ready to be called. It is run: only trusted bytes may come here."""
    code, facts = loaded(stored)
    return Compiled(code, **facts)


def renamed_program(program: Compiled, names: Mapping[str, str]) -> Compiled:
    """The same program with other names for its parameters."""
    return program._replace(arguments=renamed(program.arguments, names))


def loaded(stored: bytes) -> tuple[NativeCode, dict[str, Any]]:
    """The code that `to_bytes` was given, ready to be called, and the facts. It is run: only trusted bytes may come
    here."""
    head, _, code = stored.partition(b"\n")
    facts = ast.literal_eval(head.decode())
    return native_code(code, facts.pop("functions")), facts


def to_bytes(code: bytes, facts: Mapping[str, object]) -> bytes:
    """A program as bytes, for a file. `facts` are the fields of `Compiled` without the code, and `functions`: where
    each begins in the code, or none if the code is an object file.
    """
    return repr(dict(facts)).encode() + b"\n" + code


def renamed(arguments: tuple[str, ...], names: Mapping[str, str]) -> tuple[str, ...]:
    """The arguments of a program with other names for the parameters."""
    pairs = [argument.split(" ", 1) for argument in arguments]
    return tuple(f"{kind} {names[name] if kind == 'parameter' else name}" for kind, name in pairs)
