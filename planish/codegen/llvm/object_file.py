"""Has LLVM load an object file into this process, where it is not linked already (`linking.py`)."""

from __future__ import annotations

from planish.codegen.llvm.library import binding, initialize
from planish.codegen.llvm.target import current_target


class ObjectFile:
    """Machine code in memory; lives as long as this object."""

    def __init__(self, code: bytes) -> None:
        llvm, target = binding(), current_target()
        initialize()
        machine = llvm.Target.from_triple(target.triple).create_target_machine(
            cpu=target.cpu, features=target.features, opt=0, reloc="pic", codemodel="default", jit=True
        )
        self._engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
        self._engine.add_object_file(llvm.ObjectFileRef.from_data(code))
        self._engine.finalize_object()

    def address(self, name: str) -> int:
        """Where a function begins. KeyError if there is no such function."""
        address: int = self._engine.get_function_address(name)
        if not address:
            raise KeyError(name)
        return address

    entry = address

    def resting(self, address: int) -> int:
        return address  # LLVM makes code that calls as the system does
