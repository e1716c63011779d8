"""What LLVM says of this processor, remembered on disk: a program that is found there runs without LLVM.

What is remembered holds for this compiler, and for a processor that the system describes in the same words. Linux does
so on x86-64; elsewhere LLVM is asked in every process.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import struct
import sys

from planish.codegen.llvm.target import Host, Target, ask_llvm, chosen_on
from planish.runtime import object_cache
from planish.runtime.compiler_identity import compiler_identity

_DESCRIPTION = "/proc/cpuinfo"
_MOST_NBYTES = 16 * 1024  # the first processor's lines are a tenth of that
_WORDS = ("vendor_id", "cpu family", "model", "model name", "stepping", "flags")


def current_target() -> Target:
    """The host's own target, or the lower one that PLANISH_TARGET names."""
    return chosen_on(_host())


@functools.cache
def _host() -> Host:
    return known_or_asked(description(_DESCRIPTION) if sys.platform == "linux" else None)


def known_or_asked(described: str | None) -> Host:
    """What LLVM said when a processor of this description was first seen."""
    if described is None:
        return ask_llvm()
    parts = ("processor", compiler_identity(), str(struct.calcsize("P")), described)
    key = hashlib.sha256("\0".join(parts).encode()).hexdigest()
    known = object_cache.load(key, object_cache.NOTE)
    if known is not None:
        return Host(*ast.literal_eval(known.decode()))
    host = ask_llvm()
    object_cache.store(key, repr(tuple(host)).encode(), object_cache.NOTE)
    return host


def description(path: str) -> str | None:
    """The system's own words about the first processor; None if it does not name everything that it can do."""
    try:
        with open(path, "rb", buffering=0) as file:
            first, end, _ = file.read(_MOST_NBYTES).partition(b"\n\n")
    except OSError:
        return None
    lines = [line.partition(":") for line in first.decode(errors="replace").splitlines()]
    told = {name.strip(): value.strip() for name, _, value in lines}
    return "\n".join(told[word] for word in _WORDS) if end and told.keys() >= set(_WORDS) else None
