"""Makes object code callable. Only this file and `codegen` know llvmlite."""

from __future__ import annotations

import ctypes
import functools
from typing import Any

from planish.codegen.llvm.library import binding
from planish.codegen.llvm.target import Target


class NativeCode:
    """Machine code in memory; lives as long as this object."""

    def __init__(self, code: bytes, target: Target) -> None:
        llvm = binding()
        machine = _jit_machine(target)
        self._engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
        self._engine.add_object_file(llvm.ObjectFileRef.from_data(code))
        self._engine.finalize_object()

    def function(self, name: str, argument_types: list[Any]) -> Any:
        """A callable that releases the interpreter lock. KeyError if there is no such function."""
        address = self._engine.get_function_address(name)
        if not address:
            raise KeyError(name)
        return ctypes.CFUNCTYPE(None, *argument_types)(address)


def _jit_machine(target: Target) -> Any:
    llvm = binding()
    _initialize()
    return llvm.Target.from_triple(target.triple).create_target_machine(
        cpu=target.cpu, features=target.features, opt=0, reloc="pic", codemodel="default", jit=True
    )


@functools.cache
def _initialize() -> None:
    llvm = binding()
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
