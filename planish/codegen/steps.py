"""Entry points of a program, and how threads share the work of a training step.

    prepare(context, scratch)                       packs the weights (inference)
    infer(context, scratch, first, last)            images first .. last - 1 (inference; any thread, any range)
    train(context, scratch)                         all steps; every thread calls it once and they meet at barriers in
    native code

Threads draw pieces of a stage from a counter. Which thread computes a piece changes nothing in its result, so the bits
do not depend on the number of threads. Denormal numbers are flushed to zero while training (an optimizer's moments
decay into them and would take a hundred times longer); the caller's mode is restored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from planish.codegen.function import Function, Index, Value
from planish.codegen.module import Module

# Slots of the context, 8 bytes each, before the arguments.
ARENA_SLOT, ORDER_SLOT, SYNC_SLOT, TOTAL_SLOT, BATCH_SLOT, STEPS_SLOT, THREADS_SLOT, YIELD_SLOT = range(8)
HEADER_SLOTS = 8

# Places in the memory that threads meet in, a cache line each.
ARRIVED, GENERATION, NEXT, STOP_REQUEST, STOP, DONE, PATIENCE = (64 * line for line in range(7))
SYNC_NBYTES = 64 * 7

SPINS = 4000  # pauses (about 50 us) before a waiting thread gives its processor away, if there is one for each thread


@dataclass(frozen=True, slots=True)
class StageItems:
    """A stage's function; images by blocks of `block`, or a fixed number of parts."""

    function: str
    block: int
    parts: int


def emit_inference(module: Module, stages: Sequence[StageItems]) -> None:
    with module.function("prepare", ["ptr %context", "ptr %scratch"], internal=False) as f:
        for stage in stages:
            if not stage.block:
                _call_stage(f, stage, 0, stage.parts, 0, 0, 0)
    parameters = ["ptr %context", "ptr %scratch", "i64 %first", "i64 %last"]
    with module.function("infer", parameters, internal=False) as f:
        for stage in stages:
            if stage.block:
                _call_stage(f, stage, "%first", "%last", 0, "%last", 0)


def _call_stage(
    f: Function, stage: StageItems, first: Index, last: Index, start: Index, count: Index, step: Index
) -> None:
    numbers = [("i64", number) for number in (first, last, start, count, step)]
    f.call(stage.function, ("ptr", "%context"), ("ptr", "%scratch"), *numbers)


def emit_training(module: Module, stages: Sequence[StageItems]) -> None:
    _emit_arrive(module)
    with module.function("train", ["ptr %context", "ptr %scratch"], internal=False) as f:
        restore = _flush_denormals(f)
        header = {
            slot: f.load_integer("%context", 8 * slot) for slot in (TOTAL_SLOT, BATCH_SLOT, STEPS_SLOT, THREADS_SLOT)
        }
        sync = f.load_pointer("%context", 8 * SYNC_SLOT)
        give_way = f.load_pointer("%context", 8 * YIELD_SLOT)
        head, done, before = f.label("step"), f.label("done"), f.block_name
        f.emit(f"br label %{head}")
        f.begin_block(head)
        step = f.fresh("step")
        phi_at = len(f.lines)
        f.lines.append("")
        start = f.multiply(step, header[BATCH_SLOT])
        count = f.smaller(header[BATCH_SLOT], f.subtract(header[TOTAL_SLOT], start))
        following = f.add(step, 1)
        for number, stage in enumerate(stages):
            _emit_shared_stage(f, stage, sync, start, count, step)
            finished = following if number == len(stages) - 1 else 0
            f.call("arrive", ("ptr", sync), ("i64", header[THREADS_SLOT]), ("ptr", give_way), ("i64", finished))
        stop = f.load_integer(sync, STOP)
        more = f.let(f"and i1 {f.compare('eq', stop, 0)}, {f.compare('slt', following, header[STEPS_SLOT])}")
        f.emit(f"br i1 {more}, label %{head}, label %{done}")
        f.lines[phi_at] = f"  {step} = phi i64 [ 0, %{before} ], [ {following}, %{f.block_name} ]"
        f.begin_block(done)
        restore()


def _emit_shared_stage(f: Function, stage: StageItems, sync: str, start: Index, count: Index, step: Index) -> None:
    """Draws pieces until none is left."""
    block = stage.block
    pieces = f.divide(f.add(count, block - 1), block) if block else stage.parts
    draw, work, after = f.label("draw"), f.label("work"), f.label("after")
    f.emit(f"br label %{draw}")
    f.begin_block(draw)
    piece = f.let(f"atomicrmw add ptr {f.offset(sync, NEXT)}, i64 1 acq_rel")
    f.emit(f"br i1 {f.compare('slt', piece, pieces)}, label %{work}, label %{after}")
    f.begin_block(work)
    if block:
        first = f.multiply(piece, block)
        _call_stage(f, stage, first, f.smaller(f.add(first, block), count), start, count, step)
    else:
        _call_stage(f, stage, piece, f.add(piece, 1), start, count, step)
    f.emit(f"br label %{draw}")
    f.begin_block(after)


def _emit_arrive(module: Module) -> None:
    """The barrier. The last thread to arrive resets the counters, notes a finished step, and lets the others go."""
    parameters = ["ptr %sync", "i64 %threads", "ptr %yield", "i64 %finished"]
    with module.function("arrive", parameters) as f:
        generation = f.let(f"load atomic i64, ptr {f.offset('%sync', GENERATION)} acquire, align 8")
        arrived = f.add(f.let(f"atomicrmw add ptr {f.offset('%sync', ARRIVED)}, i64 1 acq_rel"), 1)
        last, wait, leave = f.label("last"), f.label("wait"), f.label("leave")
        f.emit(f"br i1 {f.compare('eq', arrived, '%threads')}, label %{last}, label %{wait}")
        f.begin_block(last)
        f.emit(f"store i64 0, ptr {f.offset('%sync', ARRIVED)}, align 8")
        f.emit(f"store i64 0, ptr {f.offset('%sync', NEXT)}, align 8")
        with f.when(f.compare("sgt", "%finished", 0)):
            f.emit(f"store i64 %finished, ptr {f.offset('%sync', DONE)}, align 8")
            request = f.load_integer("%sync", STOP_REQUEST)
            f.emit(f"store i64 {request}, ptr {f.offset('%sync', STOP)}, align 8")
        f.emit(f"store atomic i64 {f.add(generation, 1)}, ptr {f.offset('%sync', GENERATION)} release, align 8")
        f.emit(f"br label %{leave}")
        f.begin_block(wait)
        patience = f.load_integer("%sync", PATIENCE)
        _emit_wait(f, generation, patience, wait, leave)
        f.begin_block(leave)


def _emit_wait(f: Function, generation: Value, patience: Value, before: str, leave: str) -> None:
    """Looks again and again; after `patience` pauses a look costs giving the processor away."""
    spin, patient, give_way, again = f.label("spin"), f.label("patient"), f.label("yield"), f.label("again")
    f.emit(f"br label %{spin}")
    f.begin_block(spin)
    turns, following = f.fresh("turns"), f.fresh("turns")
    f.lines.append(f"  {turns} = phi i64 [ 0, %{before} ], [ {following}, %{again} ]")
    now = f.let(f"load atomic i64, ptr {f.offset('%sync', GENERATION)} acquire, align 8")
    f.emit(f"br i1 {f.compare('ne', now, generation)}, label %{leave}, label %{patient}")
    f.begin_block(patient)
    _pause(f)
    f.lines.append(f"  {following} = add i64 {turns}, 1")
    f.emit(f"br i1 {f.compare('sge', turns, patience)}, label %{give_way}, label %{again}")
    f.begin_block(give_way)
    f.emit("call void %yield()")
    f.emit(f"br label %{again}")
    f.begin_block(again)
    f.emit(f"br label %{spin}")


def _pause(f: Function) -> None:
    if f.module.target.name == "aarch64":
        f.module.declare("void @llvm.aarch64.hint(i32)")
        f.emit("call void @llvm.aarch64.hint(i32 1)")
    else:
        f.module.declare("void @llvm.x86.sse2.pause()")
        f.emit("call void @llvm.x86.sse2.pause()")


class _Restore:
    """Puts back the floating-point mode that the caller had."""

    def __init__(self, f: Function, saved: str) -> None:
        self._f, self._saved = f, saved

    def __call__(self) -> None:
        if self._f.module.target.name == "aarch64":
            self._f.emit(f"call void @llvm.aarch64.set.fpcr(i64 {self._saved})")
        else:
            self._f.emit(f"call void @llvm.x86.sse.ldmxcsr(ptr {self._saved})")


def _flush_denormals(f: Function) -> _Restore:
    if f.module.target.name == "aarch64":
        f.module.declare("i64 @llvm.aarch64.get.fpcr()")
        f.module.declare("void @llvm.aarch64.set.fpcr(i64)")
        saved = f.let("call i64 @llvm.aarch64.get.fpcr()")
        f.emit(f"call void @llvm.aarch64.set.fpcr(i64 {f.let(f'or i64 {saved}, 16777216')})")
        return _Restore(f, saved)
    f.module.declare("void @llvm.x86.sse.stmxcsr(ptr)")
    f.module.declare("void @llvm.x86.sse.ldmxcsr(ptr)")
    saved, changed = f.let("alloca i32, align 4"), f.let("alloca i32, align 4")
    f.emit(f"call void @llvm.x86.sse.stmxcsr(ptr {saved})")
    mode = f.let(f"or i32 {f.let(f'load i32, ptr {saved}, align 4')}, 32832")  # flush to zero, denormals are zero
    f.emit(f"store i32 {mode}, ptr {changed}, align 4")
    f.emit(f"call void @llvm.x86.sse.ldmxcsr(ptr {changed})")
    return _Restore(f, saved)
