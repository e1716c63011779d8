"""A model as one module of LLVM's text that needs nothing: its program, its weights as constants, and entry points with
plain pointers (`codegen/plain_entries.py`). C and WebAssembly are made of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from planish.codegen import compile as compiler
from planish.codegen import plain_entries
from planish.codegen.emitted import Program
from planish.codegen.llvm.extracting import only
from planish.codegen.llvm.module import Module
from planish.codegen.llvm.target import Target
from planish.codegen.plain_entries import MARK, Interface, weight_global, weights_of, work_nbytes
from planish.codegen.planning.plan import Request
from planish.graph.graph import Graph
from planish.primitives.registry import multiply_adds
from planish.runtime.collecting import collector_rests
from planish.shipping.programs import weights_read

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Freestanding:
    """`text` is the module, whose functions but `Interface.functions` are internal; sizes in bytes, those
    of `weights` by the arguments of the program. `digest` is the SHA-256 of the program and its weights, in hexadecimal
    digits."""

    text: str
    target: Target
    program: Program
    work_nbytes: int
    weights: Mapping[str, int]
    multiply_adds: int
    digest: str


def freestanding(
    graph: Graph,
    input_dtypes: Mapping[str, str],
    target: Target,
    parameters: Mapping[str, Array],
    most_together: int,
    interface: Interface,
) -> Freestanding:
    """`parameters` are the values of all that the graph reads, by their names; images go through a layer
    `most_together` at a time."""
    request = Request(graph, input_dtypes, target, training=False, shipped=True, most_together=most_together)

    def entries(module: Module, program: Program) -> None:
        plain_entries.emit(module, program, interface)

    with collector_rests():
        program = compiler.generate(request, more=entries)
    weights = weights_read(program, parameters)
    text = only(program.text, interface.functions)
    digest = hashlib.sha256(text.encode())
    for content in weights.values():
        digest.update(content)
    constants = [_constant(weight_global(place), weights[name]) for name, place in weights_of(program).items()]
    mark = f"{MARK} = internal constant i64 {int.from_bytes(digest.digest()[:8], 'little', signed=True)}"
    return Freestanding(
        with_globals(text, [mark, *constants]),
        request.in_own_numbers().target,
        program,
        work_nbytes(program),
        {name: len(content) for name, content in weights.items()},
        multiply_adds(graph.nodes),
        digest.hexdigest(),
    )


def with_globals(text: str, definitions: Iterable[str]) -> str:
    """The module with more of them."""
    return "\n".join([text, *definitions, ""])


def _constant(name: str, content: bytes) -> str:
    """Bytes on a cache line. Written by a method of bytes, since weights are many."""
    written = "\\" + content.hex("\\") if content else ""
    return f'{name} = internal constant [{len(content)} x i8] c"{written}", align 64'
