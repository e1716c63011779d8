"""A compiled program: its code, and what whoever runs it has to provide. It says nothing of how it was made."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any, NamedTuple

from planish.runtime.native import NativeCode


class Compiled(NamedTuple):
    """A program ready to be called. Sizes in bytes.

    `arguments` are the arrays that it reads and writes, in order ("input x", "parameter conv2d/kernel"). `batched` are
    the outputs with a row for each image; a training program has a row of the others for each step, and takes batches
    of up to `max_batch` images. It stops at an image of a `checked` input that holds NaN or infinity. `multiply_adds`
    are the products of kernels with one image in the forward pass: how much work an image is. Threads can share the
    work inside of images if these are at most `most_cut`.
    """

    code: NativeCode
    arguments: tuple[str, ...]
    batched: tuple[str, ...]
    max_batch: int
    arena_nbytes: int
    scratch_nbytes: int
    block: int
    multiply_adds: int
    checked: tuple[str, ...]
    most_cut: int

    @classmethod
    def from_bytes(cls, stored: bytes) -> Compiled:
        """What `to_bytes` gave, ready to be called. It is run: only trusted bytes may come here."""
        code, facts = loaded(stored)
        return cls(code, **facts)

    def renamed(self, names: Mapping[str, str]) -> Compiled:
        """The same program with other names for its parameters."""
        return self._replace(arguments=renamed(self.arguments, names))


def loaded(stored: bytes) -> tuple[NativeCode, dict[str, Any]]:
    """The code that `to_bytes` was given, ready to be called, and the facts. It is run: only trusted bytes may come
    here."""
    head, _, code = stored.partition(b"\n")
    facts = ast.literal_eval(head.decode())
    return NativeCode(code, facts.pop("functions")), facts


def to_bytes(code: bytes, facts: Mapping[str, object]) -> bytes:
    """A program as bytes, for a file. `facts` are the fields of `Compiled` without the code, and `functions`: where
    each begins in the code, or none if the code is an object file.
    """
    return repr(dict(facts)).encode() + b"\n" + code


def renamed(arguments: tuple[str, ...], names: Mapping[str, str]) -> tuple[str, ...]:
    """The arguments of a program with other names for the parameters."""
    pairs = [argument.split(" ", 1) for argument in arguments]
    return tuple(f"{kind} {names[name] if kind == 'parameter' else name}" for kind, name in pairs)
