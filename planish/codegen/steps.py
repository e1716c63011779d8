"""Entry points of a program, and how threads share the work of a training step.

    prepare(context, scratch)                       packs the weights (inference)
    infer(context, scratch, first, last)            images first .. last - 1 (inference; any thread, any range)
    infer_blocks(context, scratch, number)          all images; any number of threads call it once each, at any time
    train(context, scratch, number)                 all steps; any number of threads call it once each, at any time

Threads draw pieces of a stage from a counter; the next stage begins when all pieces are done, whichever threads did
them. So nobody waits for a thread that has no piece, because it is late or the system gave its processor to another
process. Which thread computes a piece changes nothing in its result, so the bits do not depend on the number of
threads.

Threads of even numbers draw from the front, those of odd numbers from the back, until they meet. So a thread finds in
its own cache what it left there: the images of the stage before, the weights of the step before.

A piece of images is a block, or less, so that each of the threads that run at the same time (the context's `shares`)
has one; but not less than FEWEST_IMAGES.

Stages that repeat (see `schedule`) are gone through slice by slice of the batch, all of them before the next slice.

`drawing.py` has the counter.

A kernel that finds an image with NaN or infinity raises the alarm. When its stage is over, so is the run. The step is
not counted and has changed nothing, because later stages write the updates.

Denormal numbers are flushed to zero while training (an optimizer's moments decay into them and would take a hundred
times longer); the caller's mode is restored.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from planish.codegen.drawing import Counter, Draw, emit_any_stage, emit_pieces, emit_work
from planish.codegen.llvm.function import Function, Index, Pointer, Value
from planish.codegen.llvm.module import Module
from planish.codegen.planning.blocks import Blocks
from planish.codegen.planning.slicing import Slices
from planish_runtime.context_layout import (
    BATCH_OF_ALL_SLOT,
    BATCH_SLOT,
    FIRST_BLOCK_SLOT,
    NEXT,
    SHARES_SLOT,
    STEPS_SLOT,
    SYNC_SLOT,
    TOTAL_OF_ALL_SLOT,
    TOTAL_SLOT,
    YIELD_SLOT,
)

STAGE_PARAMETERS = (
    "ptr %context", "ptr %scratch", "i64 %first", "i64 %last", "i64 %start", "i64 %count", "i64 %step", "i64 %before",
    "i64 %total", "i64 %turn",
)  # fmt: skip
FEWEST_IMAGES = 4  # of a piece: kernels that read weights once for many images need some


@dataclass(frozen=True, slots=True)
class StageItems:
    """A stage's function; images by blocks of `block`, or a fixed number of parts."""

    function: str
    block: int
    parts: int
    repeats: bool = False


def emit_inference(module: Module, stages: Sequence[StageItems]) -> None:
    with module.function("prepare", ["ptr %context", "ptr %scratch"], internal=False) as f:
        for stage in stages:
            if not stage.block:
                _call_stage(f, stage.function, 0, stage.parts, _Images(0, 0, 0, 0, 0))
    parameters = ["ptr %context", "ptr %scratch", "i64 %first", "i64 %last"]
    with module.function("infer", parameters, internal=False) as f:
        for stage in stages:
            if stage.block:
                _call_stage(f, stage.function, "%first", "%last", _Images(0, "%last", 0, 0, "%last"))
    with module.function("infer_blocks", ["ptr %context", "ptr %scratch", "i64 %number"], internal=False) as f:
        _emit_blocks(f)


def _emit_blocks(f: Function) -> None:
    """Threads draw as many images at a time as the context says, until none is left."""
    total, each = (f.load_integer("%context", 8 * slot) for slot in (TOTAL_SLOT, BATCH_SLOT))
    drawn = f.offset(f.load_pointer("%context", 8 * SYNC_SLOT), NEXT)
    draw, work, done = f.label("draw"), f.label("work"), f.label("done")
    f.emit(f"br label %{draw}")
    f.begin_block(draw)
    first = f.let(f"atomicrmw add ptr {drawn}, i64 {each} monotonic")
    f.emit(f"br i1 {f.compare('slt', first, total)}, label %{work}, label %{done}")
    f.begin_block(work)
    last = f.smaller(f.add(first, each), total)
    f.call("infer", ("ptr", "%context"), ("ptr", "%scratch"), ("i64", first), ("i64", last))
    f.emit(f"br label %{draw}")
    f.begin_block(done)


@dataclass(frozen=True, slots=True)
class _Images:
    """What a stage works on: the position of its first image in the visiting order, and how many there are; the step;
    how many images of the batch are before them, and how many the batch has; the number of the slice."""

    start: Index
    count: Index
    step: Index
    before: Index
    total: Index
    turn: Index = 0


def _call_stage(
    f: Function, function: str, first: Index, last: Index, images: _Images, *more: tuple[str, Index]
) -> None:
    numbers = (first, last, images.start, images.count, images.step, images.before, images.total, images.turn)
    f.call(function, ("ptr", "%context"), ("ptr", "%scratch"), *(("i64", number) for number in numbers), *more)


def emit_training(module: Module, stages: Sequence[StageItems], slices: Slices, blocks: Blocks | None = None) -> None:
    plan = _Plan(stages, slices)
    emit_any_stage(module, STAGE_PARAMETERS, [stage.function for stage in stages])
    with module.function("train", ["ptr %context", "ptr %scratch", "i64 %number"], internal=False) as f:
        restore = _flush_denormals(f)
        header = {slot: f.load_integer("%context", 8 * slot) for slot in (TOTAL_SLOT, BATCH_SLOT, STEPS_SLOT)}
        sync = f.load_pointer("%context", 8 * SYNC_SLOT)
        give_way = f.load_pointer("%context", 8 * YIELD_SLOT)
        shares = f.load_integer("%context", 8 * SHARES_SLOT)
        end = f.multiply(header[STEPS_SLOT], plan.places)

        def work(generation: Value, counter: Counter, draw: Draw) -> tuple[Value, Index]:
            step = f.divide(generation, plan.places)
            number, turn = plan.at(f, f.remainder(generation, plan.places))
            stage = _entry(f, _table(module, stages), number)
            if blocks is not None:
                share = _share(f, blocks, step)
                if blocks.turns > 1:
                    share = _of_turn(f, blocks, slices, share, turn, f.compare("ne", stage.repeats, 0))
                return _emit_shared_stage(f, stage, counter, draw, share, shares, always=True)
            before = f.multiply(turn, slices.images)
            start = f.multiply(step, header[BATCH_SLOT])
            count = f.smaller(header[BATCH_SLOT], f.subtract(header[TOTAL_SLOT], start))
            inside = count
            if slices.count > 1:
                left = f.larger(f.smaller(slices.images, f.subtract(count, before)), 0)
                inside = f.let(f"select i1 {f.compare('ne', stage.repeats, 0)}, i64 {left}, i64 {count}")
            images = _Images(f.add(start, before), inside, step, before, count)
            return _emit_shared_stage(f, stage, counter, draw, images, shares)

        emit_work(f, sync, give_way, end, plan.places, work)
        restore()


def border(f: Function, blocks: Blocks, block: Index, images: Index) -> Index:
    """The first image of a block in a batch of so many (see `Blocks.border`)."""
    return f.divide(f.multiply(block, images), blocks.count)


def _share(f: Function, blocks: Blocks, step: Index) -> _Images:
    """The rank's images of a step."""
    first = f.load_integer("%context", 8 * FIRST_BLOCK_SLOT)
    batch, total = (f.load_integer("%context", 8 * slot) for slot in (BATCH_OF_ALL_SLOT, TOTAL_OF_ALL_SLOT))
    behind = f.add(first, blocks.own)
    full = f.subtract(border(f, blocks, behind, batch), border(f, blocks, first, batch))
    images = f.smaller(batch, f.subtract(total, f.multiply(step, batch)))
    before = border(f, blocks, first, images)
    count = f.subtract(border(f, blocks, behind, images), before)
    return _Images(f.multiply(step, full), count, step, before, images)


def _of_turn(f: Function, blocks: Blocks, slices: Slices, share: _Images, turn: Index, repeats: Value) -> _Images:
    """Of a rank's images those of a turn, if the stage `repeats`."""
    rank_first = f.load_integer("%context", 8 * FIRST_BLOCK_SLOT)
    block = f.add(rank_first, f.multiply(f.divide(turn, blocks.slices), blocks.together))
    begin, end = (border(f, blocks, each, share.total) for each in (block, f.add(block, blocks.together)))
    if blocks.slices > 1:
        begin = f.smaller(f.add(begin, f.multiply(f.remainder(turn, blocks.slices), slices.images)), end)
        end = f.smaller(f.add(begin, slices.images), end)
    before = f.let(f"select i1 {repeats}, i64 {begin}, i64 {share.before}")
    count = f.let(f"select i1 {repeats}, i64 {f.subtract(end, begin)}, i64 {share.count}")
    start = f.add(share.start, f.subtract(before, share.before))
    return _Images(start, count, share.step, before, share.total, turn)


@dataclass(frozen=True, slots=True)
class _Entry:
    """What the table of stages has of one, in 8 bytes each: as in `StageItems`."""

    number: Index
    block: Index
    parts: Index
    repeats: Index


_ENTRY_NBYTES = 3 * 8


def _table(module: Module, stages: Sequence[StageItems]) -> Pointer:
    """Stages are looked up, so that the code does not grow with their number."""
    return module.data(b"".join(struct.pack("<3q", stage.block, stage.parts, stage.repeats) for stage in stages))


def _entry(f: Function, table: Pointer, number: Index) -> _Entry:
    at = f.offset(table, f.multiply(number, _ENTRY_NBYTES))
    return _Entry(number, *(f.load_integer(at, 8 * field) for field in range(3)))


class _Plan:
    """The positions of a step: stages in order, those that repeat once for each slice."""

    def __init__(self, stages: Sequence[StageItems], slices: Slices) -> None:
        self._slices = slices
        self._repeated = sum(stage.repeats for stage in stages)
        self._first = next((number for number, stage in enumerate(stages) if stage.repeats), 0)
        self.places = len(stages) + self._repeated * (slices.count - 1)

    def at(self, f: Function, place: Index) -> tuple[Index, Index]:
        """The number of the stage at a position, and that of the slice."""
        if self._slices.count == 1:
            return place, 0
        more = self._repeated * (self._slices.count - 1)
        inside = f.subtract(place, self._first)
        repeats = f.let(f"icmp ult i64 {inside}, {self._repeated * self._slices.count}")
        behind = f.subtract(place, f.let(f"select i1 {f.compare('sgt', inside, 0)}, i64 {more}, i64 0"))
        number = f.add(f.remainder(inside, self._repeated), self._first)
        turn = f.divide(inside, self._repeated)
        chosen = f.let(f"select i1 {repeats}, i64 {number}, i64 {behind}")
        return chosen, f.let(f"select i1 {repeats}, i64 {turn}, i64 0")


def _emit_shared_stage(
    f: Function, stage: _Entry, counter: Counter, first: Draw, images: _Images, shares: Index, *, always: bool = False
) -> tuple[Value, Index]:
    """Does the drawn piece and draws others until none is left; gives how many it did, and how many there are: one that
    does nothing, if there are no images. `always`: parts are computed even then.

    As long as a piece that this thread did is not counted, the stage stays the same.
    """
    batched = f.compare("ne", stage.block, 0)
    share = f.divide(f.add(images.count, f.subtract(shares, 1)), shares)
    size = f.larger(f.smaller(stage.block, f.larger(share, FEWEST_IMAGES)), 1)
    blocks = f.larger(f.divide(f.add(images.count, f.subtract(size, 1)), size), 1)
    pieces = f.let(f"select i1 {batched}, i64 {blocks}, i64 {stage.parts}")
    limit = f.let(f"select i1 {batched}, i64 {images.count}, i64 {stage.parts}")

    def work(piece: Value) -> None:
        begin = f.multiply(piece, size)
        end = f.smaller(f.add(begin, size), limit)
        some = f.compare("sgt", images.count, 0)
        with f.when(f.let(f"or i1 {some}, {f.compare('eq', stage.block, 0)}") if always else some):
            _call_stage(f, "any_stage", begin, end, images, ("i64", stage.number))

    return emit_pieces(f, counter, first, pieces, work)


class _Restore:
    """Puts back the floating-point mode that the caller had, where there are modes."""

    def __init__(self, f: Function, saved: str) -> None:
        self._f, self._saved = f, saved

    def __call__(self) -> None:
        if self._f.module.target.architecture == "aarch64":
            self._f.emit(f"call void @llvm.aarch64.set.fpcr(i64 {self._saved})")
        elif self._f.module.target.architecture == "x86_64":
            self._f.emit(f"call void @llvm.x86.sse.ldmxcsr(ptr {self._saved})")


def _flush_denormals(f: Function) -> _Restore:
    if f.module.target.architecture == "aarch64":
        f.module.declare("i64 @llvm.aarch64.get.fpcr()")
        f.module.declare("void @llvm.aarch64.set.fpcr(i64)")
        saved = f.let("call i64 @llvm.aarch64.get.fpcr()")
        f.emit(f"call void @llvm.aarch64.set.fpcr(i64 {f.let(f'or i64 {saved}, 16777216')})")
        return _Restore(f, saved)
    if f.module.target.architecture != "x86_64":
        return _Restore(f, "")
    f.module.declare("void @llvm.x86.sse.stmxcsr(ptr)")
    f.module.declare("void @llvm.x86.sse.ldmxcsr(ptr)")
    saved, changed = f.stack_i32(), f.stack_i32()
    f.emit(f"call void @llvm.x86.sse.stmxcsr(ptr {saved})")
    mode = f.let(f"or i32 {f.load_i32(saved)}, 32832")  # flush to zero, denormals are zero
    f.store_i32(mode, changed)
    f.emit(f"call void @llvm.x86.sse.ldmxcsr(ptr {changed})")
    return _Restore(f, saved)
