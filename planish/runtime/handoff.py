"""The helpers of this process, and where their code comes from: the disk, or the compiler."""

from __future__ import annotations

import hashlib

from planish.runtime import object_cache
from planish.runtime.compiled import loaded, to_bytes
from planish.runtime.compiler_identity import compiler_identity
from planish.runtime.processor import current_target
from planish_runtime.handoff import Crew
from planish_runtime.native import NativeCode


def _code() -> NativeCode:
    """From disk, or compiled."""
    target = current_target()
    key = hashlib.sha256("\0".join((compiler_identity(), target.key, "handoff")).encode()).hexdigest()
    stored = object_cache.load(key, object_cache.NOTE)
    if stored is None:
        from planish.codegen import compile as compiler
        from planish.codegen import handoff
        from planish.runtime.aside import aside

        linked = aside(lambda: compiler.machine_code(handoff.text(target), target))
        stored = to_bytes(linked.code, {"functions": linked.functions})
        object_cache.store(key, stored, object_cache.NOTE)
    return loaded(stored)[0]


CREW = Crew(_code)
