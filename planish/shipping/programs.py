"""A model's program for one kind of processor: its code, and the values that it reads.

Weights are packed here, once: the part of the program that does it runs on this machine, whatever processor the rest is
for. It does the same operations on numbers in the same order, so the packed values are the bits that the other
processor would have made.
"""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planish.codegen import compile as compiler
from planish.codegen import handoff
from planish.codegen.emitted import Program
from planish.codegen.llvm.extracting import only
from planish.codegen.llvm.linking import Linked, link
from planish.codegen.llvm.target import Target, ask_llvm, target_on
from planish.codegen.planning.plan import Request
from planish.codegen.planning.shipped import PACKED
from planish.errors import explain
from planish.graph.graph import Graph
from planish.primitives.registry import multiply_adds
from planish.runtime.aside import aside
from planish.runtime.collecting import collector_rests
from planish.runtime.native import native_code
from planish_runtime import context_layout as layout
from planish_runtime.buffers import aligned_buffer

Array = NDArray[Any]

ENTRIES, CUT_ENTRY, PREPARING = ("infer", "infer_blocks"), "infer_cut", "prepare"


@dataclass(frozen=True, slots=True)
class Shipped:
    """Code that packs nothing, and the bytes that each of its arguments begins with that is a weight."""

    program: Program
    code: Linked
    weights: Mapping[str, bytes]
    multiply_adds: int


def shipped_program(
    graph: Graph, input_dtypes: Mapping[str, str], target: Target, parameters: Mapping[str, Array], most_together: int
) -> Shipped:
    """`parameters` are the values of all that the graph reads; images go through a layer `most_together` at a time."""
    request = Request(graph, input_dtypes, target, training=False, shipped=True, most_together=most_together)
    with collector_rests():
        program = compiler.generate(request)
    code = aside(functools.partial(_run_code, program, request.in_own_numbers().target))
    return Shipped(program, code, weights_read(program, parameters), multiply_adds(graph.nodes))


def run_text(program: Program) -> str:
    """The module without what packs weights."""
    return only(program.text, [*ENTRIES, *([CUT_ENTRY] if program.most_cut else [])])


def _run_code(program: Program, target: Target) -> Linked:
    code = link(*(compiler.object_code(text, target) for text in (run_text(program), handoff.text(target))))
    if code is None:
        raise RuntimeError(f"the code for {target.triple} needs something from outside")
    return code


def weights_read(program: Program, parameters: Mapping[str, Array]) -> dict[str, bytes]:
    """Of the arguments that computing images needs."""
    packed = _packed(program, parameters)
    found = {}
    for argument in program.arguments:
        kind, name = argument.split(" ", 1)
        if argument in program.read and kind in (PACKED, "parameter"):
            found[argument] = packed[name].tobytes() if kind == PACKED else parameters[name].tobytes()
    return found


def _packed(program: Program, parameters: Mapping[str, Array]) -> dict[str, Array]:
    """By their numbers."""
    packed = {number: aligned_buffer(max(64, nbytes)) for number, nbytes in program.packed_nbytes.items()}
    if packed:
        aside(functools.partial(_pack, program, parameters, packed))
    return {number: array[: program.packed_nbytes[number]] for number, array in packed.items()}


def _pack(program: Program, parameters: Mapping[str, Array], packed: Mapping[str, Array]) -> None:
    here = target_on(ask_llvm(), None)
    made = compiler.machine_code(only(program.text, [PREPARING], here.triple), here)
    if not made.functions and here.triple.endswith("linux-gnu"):
        raise ValueError(
            explain(
                what="this processor cannot pack weights for the target",
                rule="weights are packed with fused multiply-adds, which processors have since 2013",
                remedy="build on another machine, or for --target x86-64-v2",
            )
        )
    code = native_code(*made)
    arena, scratch = (aligned_buffer(max(64, nbytes)) for nbytes in (program.arena_nbytes, program.scratch_nbytes))
    slots = np.zeros(layout.HEADER_SLOTS + len(program.arguments), np.uintp)
    slots[layout.ARENA_SLOT] = arena.ctypes.data
    for place, argument in enumerate(program.arguments, layout.HEADER_SLOTS):
        kind, name = argument.split(" ", 1)
        values = {PACKED: packed, "parameter": parameters}.get(kind, {})
        if name in values:
            slots[place] = values[name].ctypes.data
    prepare = code.function(PREPARING, [ctypes.c_void_p, ctypes.c_void_p])
    prepare(int(slots.ctypes.data), int(scratch.ctypes.data))
