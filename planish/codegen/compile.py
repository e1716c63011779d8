"""From a graph to object code: the plan, its text, LLVM."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Protocol

from planish import settings
from planish.codegen.emitted import Program
from planish.codegen.llvm.apart import object_code_apart
from planish.codegen.llvm.library import binding, initialize
from planish.codegen.llvm.linking import Linked, link, links
from planish.codegen.llvm.module import Module
from planish.codegen.llvm.target import Target, architecture_of
from planish.codegen.planning.plan import Plan, Request, make_plan
from planish.codegen.program import Emitter
from planish.graph.node import numbers_are
from planish.passes.recorder import Recorder

More = Callable[[Module, Program], None]
"""Writes further entry points of a program, whose text is not there yet, into its module."""

Ready = Callable[[str], object]
"""Is given a part of a program as soon as it is complete: a module's text."""


class Beside(Protocol):
    """Does pieces of work beside whoever adds them, and gives their results in order."""

    def add(self, work: Callable[[], bytes]) -> None: ...

    def results(self) -> list[bytes]: ...


def generate(
    request: Request, recorder: Recorder | None = None, ready: Ready | None = None, more: More | None = None
) -> Program:
    """The program as text, with what the runtime has to provide."""
    return emit(make_plan(request, recorder), request, ready, more)


def emit(decided: Plan, request: Request, ready: Ready | None = None, more: More | None = None) -> Program:
    """A plan as text."""
    with numbers_are(request.graph.numbers):
        return Emitter(decided, request, ready).program(more)


def compiled(request: Request, beside: Beside) -> tuple[Program, Linked]:
    """A program and its code. LLVM compiles functions beside the writing of others; where planish does not link its
    modules itself, it gets the whole text at the end."""
    target, level = request.target, settings.value("PLANISH_LLVM_LEVEL")
    if not links(target.triple):
        program = generate(request)
        return program, machine_code(program.text, target)

    def ready(text: str) -> None:
        beside.add(functools.partial(object_code_apart, text, _made_machine(target, level)))

    program = generate(request, ready=ready)
    return program, link(*beside.results()) or machine_code(program.text, target)


def target_machine(target: Target) -> object:
    """LLVM's code generator for the target, which does as much for fast code as PLANISH_LLVM_LEVEL says."""
    return _target_machine(target, settings.value("PLANISH_LLVM_LEVEL"))


@functools.cache
def _target_machine(target: Target, level: int) -> object:
    return _made_machine(target, level)


def _made_machine(target: Target, level: int) -> object:
    llvm = binding()
    initialize(native=target.architecture == architecture_of(llvm.get_process_triple()))
    return llvm.Target.from_triple(target.triple).create_target_machine(
        cpu=target.cpu, features=target.features, opt=level, codemodel="default",
        reloc="static" if target.has_fixed_addresses else "pic",
    )  # fmt: skip


def parsed(text: str) -> object:
    llvm = binding()
    module = llvm.parse_assembly(text)
    module.verify()
    return module


def object_code(text: str, target: Target) -> bytes:
    """Relocatable object code of a module's text."""
    machine = target_machine(target)
    code: bytes = machine.emit_object(parsed(text))  # type: ignore[attr-defined]
    return code


def machine_code(text: str, target: Target) -> Linked:
    """What a module's text becomes: linked code, or the object file (without functions) that LLVM has to load."""
    code = object_code(text, target)
    return link(code) or Linked(code, {})


def assembly(text: str, target: Target) -> str:
    """The same as assembly, for people."""
    listing: str = target_machine(target).emit_assembly(parsed(text))  # type: ignore[attr-defined]
    return listing
