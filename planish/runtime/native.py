"""Makes machine code callable. Only object files that are not linked are left to LLVM."""

from __future__ import annotations

from collections.abc import Mapping

from planish_runtime.native import Mapped, NativeCode


def native_code(code: bytes, functions: Mapping[str, int]) -> NativeCode:
    """`functions` says where the functions of linked code begin. Without any, `code` is an object file."""
    if functions:
        return NativeCode(Mapped(code, functions))
    from planish.codegen.llvm.object_file import ObjectFile

    return NativeCode(ObjectFile(code))
