"""From a graph to object code: passes, schedule, storage, text, LLVM."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

from planish.codegen.kernels import kind_of_node
from planish.codegen.lowering import lower
from planish.codegen.program import Emitter, Program
from planish.codegen.schedule import schedule
from planish.codegen.storage import plan_storage
from planish.codegen.target import Target
from planish.graph.graph import Graph
from planish.passes import pipeline
from planish.passes.recorder import Recorder

# Images that a thread takes through the dense layers together: two row blocks of the AVX-512 kernel, or one of the narrower ones; fewer
# in training, so that a batch of 32 still is work for two threads.
INFERENCE_BLOCK, TRAINING_BLOCK = 28, 16
CODEGEN_LEVEL = 2


@dataclass(frozen=True, slots=True)
class Request:
    """Everything that a program is made from. `input_dtypes` are NumPy's names of the element types in memory."""

    graph: Graph
    input_dtypes: Mapping[str, str]
    target: Target
    training: bool
    max_batch: int = 0


def generate(request: Request, recorder: Recorder | None = None) -> Program:
    """The program as text, with what the runtime has to provide."""
    optimized = pipeline.run(request.graph, recorder)
    lowered = lower(optimized, request.target, request.input_dtypes, gathered=request.training)
    if recorder is not None:
        recorder.add("lower", optimized, lowered, 0.0)
    stages = schedule(lowered)
    block = _block(request)
    batched = [stage for stage in stages if stage.batched]
    has_rows = any(kind_of_node(segment[0]) == "rows" for stage in batched for segment in stage.segments)
    if request.training and not has_rows:
        block = min(block, 4)
    storage = plan_storage(lowered, stages, request.target, block, request.max_batch)
    emitter = Emitter(lowered, stages, storage, request.target, block, request.input_dtypes, training=request.training)
    return emitter.program()


def _block(request: Request) -> int:
    return TRAINING_BLOCK if request.training else INFERENCE_BLOCK


@functools.cache
def _initialize() -> None:
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()


@functools.cache
def target_machine(target: Target) -> object:
    """LLVM's code generator for the target."""
    import llvmlite.binding as llvm

    _initialize()
    return llvm.Target.from_triple(target.triple).create_target_machine(
        cpu=target.cpu, features=target.features, opt=CODEGEN_LEVEL, reloc="pic", codemodel="default"
    )


def parsed(text: str) -> object:
    import llvmlite.binding as llvm

    module = llvm.parse_assembly(text)
    module.verify()
    return module


def object_code(text: str, target: Target) -> bytes:
    """Relocatable object code of a module's text."""
    machine = target_machine(target)
    code: bytes = machine.emit_object(parsed(text))  # type: ignore[attr-defined]
    return code


def assembly(text: str, target: Target) -> str:
    """The same as assembly, for people."""
    listing: str = target_machine(target).emit_assembly(parsed(text))  # type: ignore[attr-defined]
    return listing
