"""A model's program as one WebAssembly module: code, weights and facts, with a memory of its own and no imports.

Everything in its memory has its address when the module is built: the stack, constants, weights, the context that the
program finds all of it through, room for so many images and what comes out, and what the program works in. So whoever
runs it copies images in, calls `infer`, and copies the outputs out; nothing is allocated, and the memory never grows.
"""

from __future__ import annotations

import functools
import struct
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from planish.codegen import compile as compiler
from planish.codegen.emitted import Program
from planish.codegen.llvm import web_linking
from planish.codegen.llvm.extracting import only
from planish.codegen.llvm.target import Target, web_target
from planish.codegen.llvm.web_linking import Data
from planish.codegen.planning.plan import Request
from planish.errors import explain
from planish.graph.graph import Graph
from planish.graph.settings import name_of
from planish.runtime.aside import aside
from planish.runtime.collecting import collector_rests
from planish.shipping import checks
from planish.shipping.programs import weights_read
from planish_runtime import context_layout as layout
from planish_runtime.plan_format import LINE_NBYTES

Array = NDArray[Any]

ENTRY = "infer"
FACTS = "planish"
"""The module's own section of facts, in JSON."""

_SLOT_NBYTES = 8


class _Memory:
    """The memory of a module under construction; parts begin on cache lines."""

    def __init__(self) -> None:
        self.end = web_linking.STACK_NBYTES
        self.data: list[Data] = []

    def room(self, nbytes: int) -> int:
        """Where so many bytes are."""
        address = self.end
        self.end += nbytes + -nbytes % LINE_NBYTES
        return address

    def hold(self, content: bytes) -> int:
        """Where these bytes are, from the beginning."""
        address = self.room(len(content))
        self.data.append(Data(address, content))
        return address


class WebProgram(NamedTuple):
    """A program of a graph, with room for `images` at a time, and its object code."""

    program: Program
    code: bytes
    images: int


def web_program(graph: Graph, input_dtypes: Mapping[str, str], images: int, target: Target | None = None) -> WebProgram:
    """Compiles it; `target` is `web_target()`, or that with other wishes."""
    request = Request(graph, input_dtypes, target or web_target(), training=False, shipped=True, most_together=images)
    with collector_rests():
        program = compiler.generate(request)
    text, numbers = only(program.text, [ENTRY]), request.in_own_numbers().target
    return WebProgram(program, aside(functools.partial(compiler.object_code, text, numbers)), images)


def web_module(
    made: WebProgram,
    graph: Graph,
    input_dtypes: Mapping[str, str],
    parameters: Mapping[str, Array],
    inputs: Mapping[str, Mapping[str, Any]],
    outputs: Mapping[str, Mapping[str, Any]],
    facts: Mapping[str, Any],
    sections: Mapping[str, bytes] | None = None,
) -> bytes:
    """The bytes of the module of a graph's program, with these weights.

    `inputs` and `outputs` are what is said about each, by its name in the graph; whoever runs the module is also told
    `at` which address it is (None for what the graph does not read), and the arguments of `infer`, `context` and
    `scratch`. `facts` are told as they are; `sections` are further parts of the module. ValueError if that is more
    memory than a module can have.
    """
    program, code, images = made
    memory = _Memory()
    constants = memory.room(web_linking.constants_nbytes(code))
    ends = _room_for_ends(memory, graph, input_dtypes, images)
    _check_size(memory.end)  # an address is at most as large as its field from here on
    weights = {name: memory.hold(content) for name, content in weights_read(program, parameters).items()}
    context = _context(memory, program, {**ends, **weights})
    scratch = memory.room(program.scratch_nbytes)
    _check_size(memory.end)
    told = {
        **facts, "images": images, "context": context, "scratch": scratch,
        "inputs": [{**end, "at": ends.get(f"input {name}")} for name, end in inputs.items()],
        "outputs": [{**end, "at": ends[f"output {name}"]} for name, end in outputs.items()],
    }  # fmt: skip
    text = checks.json_of(told)
    every = {FACTS: text, **(sections or {})}
    return web_linking.link_web(code, constants, memory.data, [ENTRY], memory.end, every)


def _room_for_ends(memory: _Memory, graph: Graph, dtypes: Mapping[str, str], images: int) -> dict[str, int]:
    """The addresses of inputs and outputs, by the names of arguments."""
    sizes = {
        f"input {name_of(leaf)}": leaf.type.size * np.dtype(dtypes[name_of(leaf)]).itemsize
        for leaf in graph.leaves("input")
    }
    for name, node in graph.outputs:
        sizes[f"output {name}"] = node.type.size * np.dtype(node.type.numpy_dtype).itemsize
    return {argument: memory.room(images * nbytes) for argument, nbytes in sizes.items()}


def _context(memory: _Memory, program: Program, addresses: Mapping[str, int]) -> int:
    slots = [0] * layout.HEADER_SLOTS + [addresses.get(argument, 0) for argument in program.arguments]
    context = memory.room(_SLOT_NBYTES * len(slots))
    slots[layout.ARENA_SLOT] = memory.room(program.run_arena_nbytes)
    memory.data.append(Data(context, struct.pack(f"<{len(slots)}Q", *slots)))
    return context


def _check_size(nbytes: int) -> None:
    if nbytes > web_linking.MOST_NBYTES:
        raise ValueError(
            explain(
                what="build: the model needs more memory than a WebAssembly module can have",
                expected=f"at most {web_linking.MOST_NBYTES / 2**30:.1f} GiB",
                received=f"{nbytes / 2**30:.1f} GiB",
                remedy="fewer images at a time: batch=1",
            )
        )
