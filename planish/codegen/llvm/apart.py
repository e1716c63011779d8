"""Object code of a module that shares nothing with others: threads can make several at the same time."""

from __future__ import annotations

import ctypes
from typing import Any

from planish.codegen.llvm.library import binding, inside, unlocked


def object_code_apart(text: str, machine: Any) -> bytes:
    """Relocatable object code of a module's text; nobody else uses `machine` meanwhile."""
    llvm = binding()
    context, parse, emit = (
        llvm.create_context(),
        unlocked("LLVMPY_ParseAssembly"),
        unlocked("LLVMPY_TargetMachineEmitToMemory"),
    )
    with llvm.ffi.OutputString() as error:
        with inside():
            found = parse(context, ctypes.c_char_p(text.encode()), error)
        if error:
            raise RuntimeError(f"LLVM cannot read what planish wrote: {error}")
    module = llvm.ModuleRef(found, context)
    module.verify()
    with llvm.ffi.OutputString() as error:
        with inside():
            buffer = emit(machine, module, 1, error)
        if not buffer:
            raise RuntimeError(f"LLVM cannot make code of what planish wrote: {error}")
    library = llvm.ffi.lib
    try:
        return ctypes.string_at(library.LLVMPY_GetBufferStart(buffer), library.LLVMPY_GetBufferSize(buffer))
    finally:
        library.LLVMPY_DisposeMemoryBuffer(buffer)
