"""Entry points of a program, and how threads share the work of a training step.

    prepare(context, scratch)                       packs the weights (inference)
    infer(context, scratch, first, last)            images first .. last - 1 (inference; any thread, any range)
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

The counter is one word: pieces drawn from the front, pieces drawn from the back, and the lower bits of the number of
the stage, counted over all steps. The whole number is beside it, written before the word is.

A kernel that finds an image with NaN or infinity raises the alarm. When its stage is over, so is the run. The step is
not counted and has changed nothing, because later stages write the updates.

Denormal numbers are flushed to zero while training (an optimizer's moments decay into them and would take a hundred
times longer); the caller's mode is restored.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from planish.codegen.llvm.context_layout import (
    ALARM,
    BATCH_SLOT,
    DONE,
    FINISHED,
    GENERATION,
    NEXT,
    PATIENCE,
    PIECE_BITS,
    SHARES_SLOT,
    STAGE_BITS,
    STEPS_SLOT,
    STOP_REQUEST,
    SYNC_SLOT,
    TOTAL_SLOT,
    YIELD_SLOT,
)
from planish.codegen.llvm.function import Function, Index, Pointer, Value
from planish.codegen.llvm.module import Module
from planish.codegen.planning.slicing import Slices

STAGE_PARAMETERS = (
    "ptr %context", "ptr %scratch", "i64 %first", "i64 %last", "i64 %start", "i64 %count", "i64 %step", "i64 %before",
    "i64 %total",
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


@dataclass(frozen=True, slots=True)
class _Images:
    """What a stage works on: the position of its first image in the visiting order, and how many there are; the step;
    how many images of the batch are before them, and how many the batch has."""

    start: Index
    count: Index
    step: Index
    before: Index
    total: Index


def _call_stage(
    f: Function, function: str, first: Index, last: Index, images: _Images, *more: tuple[str, Index]
) -> None:
    numbers = (first, last, images.start, images.count, images.step, images.before, images.total)
    f.call(function, ("ptr", "%context"), ("ptr", "%scratch"), *(("i64", number) for number in numbers), *more)


def emit_training(module: Module, stages: Sequence[StageItems], slices: Slices) -> None:
    plan = _Plan(stages, slices)
    _emit_leave(module, plan.places)
    _emit_any_stage(module, stages)
    with module.function("train", ["ptr %context", "ptr %scratch", "i64 %number"], internal=False) as f:
        restore = _flush_denormals(f)
        header = {slot: f.load_integer("%context", 8 * slot) for slot in (TOTAL_SLOT, BATCH_SLOT, STEPS_SLOT)}
        sync = f.load_pointer("%context", 8 * SYNC_SLOT)
        give_way = f.load_pointer("%context", 8 * YIELD_SLOT)
        shares = f.load_integer("%context", 8 * SHARES_SLOT)
        end = f.multiply(header[STEPS_SLOT], plan.places)
        counter = _Counter(f, sync)
        come, late, enter, done = f.label("come"), f.label("late"), f.label("enter"), f.label("done")
        known = f.label("known")
        f.emit(f"br label %{come}")
        f.begin_block(come)
        draw = counter.draw()
        generation = f.let(f"load atomic i64, ptr {f.offset(sync, GENERATION)} monotonic, align 8")
        same = f.compare("eq", f.let(f"and i64 {generation}, {(1 << STAGE_BITS) - 1}"), draw.stage)
        f.emit(f"br i1 {same}, label %{known}, label %{late}")
        f.begin_block(late)  # the stage is over, and the next one about to be opened
        _call_leave(f, sync, give_way, draw.stage, (generation, 0, 0, end))
        f.emit(f"br label %{come}")
        f.begin_block(known)
        f.emit(f"br i1 {f.compare('slt', generation, end)}, label %{enter}, label %{done}")
        f.begin_block(enter)
        step = f.divide(generation, plan.places)
        start = f.multiply(step, header[BATCH_SLOT])
        count = f.smaller(header[BATCH_SLOT], f.subtract(header[TOTAL_SLOT], start))
        number, before = plan.at(f, f.remainder(generation, plan.places))
        stage = _entry(f, _table(module, stages), number)
        inside = count
        if slices.count > 1:
            left = f.larger(f.smaller(slices.images, f.subtract(count, before)), 0)
            inside = f.let(f"select i1 {f.compare('ne', stage.repeats, 0)}, i64 {left}, i64 {count}")
        images = _Images(f.add(start, before), inside, step, before, count)
        mine, pieces = _emit_shared_stage(f, stage, counter, draw, images, shares)
        _call_leave(f, sync, give_way, draw.stage, (generation, mine, pieces, end))
        f.emit(f"br label %{come}")
        f.begin_block(done)
        restore()


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


def _emit_any_stage(module: Module, stages: Sequence[StageItems]) -> None:
    """Calls the stage of a number."""
    with module.function("any_stage", [*STAGE_PARAMETERS, "i64 %number"]) as f:
        done, labels = f.label("done"), [f.label("stage") for _ in stages]
        cases = " ".join(f"i64 {number}, label %{label}" for number, label in enumerate(labels))
        f.emit(f"switch i64 %number, label %{done} [ {cases} ]")
        for stage, label in zip(stages, labels, strict=True):
            f.begin_block(label)
            f.emit(f"call void @{stage.function}({', '.join(STAGE_PARAMETERS)})")
            f.emit(f"br label %{done}")
        f.begin_block(done)


class _Plan:
    """The positions of a step: stages in order, those that repeat once for each slice."""

    def __init__(self, stages: Sequence[StageItems], slices: Slices) -> None:
        self._slices = slices
        self._repeated = sum(stage.repeats for stage in stages)
        self._first = next((number for number, stage in enumerate(stages) if stage.repeats), 0)
        self.places = len(stages) + self._repeated * (slices.count - 1)

    def at(self, f: Function, place: Index) -> tuple[Index, Index]:
        """The number of the stage at a position, and how many images of the batch come before its slice."""
        if self._slices.count == 1:
            return place, 0
        more = self._repeated * (self._slices.count - 1)
        inside = f.subtract(place, self._first)
        repeats = f.let(f"icmp ult i64 {inside}, {self._repeated * self._slices.count}")
        behind = f.subtract(place, f.let(f"select i1 {f.compare('sgt', inside, 0)}, i64 {more}, i64 0"))
        number = f.add(f.remainder(inside, self._repeated), self._first)
        before = f.multiply(f.divide(inside, self._repeated), self._slices.images)
        chosen = f.let(f"select i1 {repeats}, i64 {number}, i64 {behind}")
        return chosen, f.let(f"select i1 {repeats}, i64 {before}, i64 0")


def _call_leave(f: Function, sync: str, give_way: str, stage: Value, numbers: tuple[Index, ...]) -> None:
    integers: list[tuple[str, Index]] = [("i64", number) for number in (stage, *numbers)]
    f.call("leave", ("ptr", sync), ("ptr", give_way), *integers)


@dataclass(frozen=True, slots=True)
class _Draw:
    """What a thread got: the lower bits of the stage's number, a position on its side, and how many all had drawn."""

    stage: Value
    place: Value
    drawn: Index


class _Counter:
    """Draws from the side of the thread's number."""

    def __init__(self, f: Function, sync: str) -> None:
        self._f, self._at = f, f.offset(sync, NEXT)
        odd = f.compare("ne", f.let("and i64 %number, 1"), 0)
        self._one = f.let(f"select i1 {odd}, i64 {1 << PIECE_BITS}, i64 1")
        self._shift = f.let(f"select i1 {odd}, i64 {PIECE_BITS}, i64 0")
        self._turned = f.let(f"sext i1 {odd} to i64")  # all bits, if from the back

    def draw(self) -> _Draw:
        f = self._f
        word = f.let(f"atomicrmw add ptr {self._at}, i64 {self._one} acq_rel")
        stage = f.let(f"lshr i64 {word}, {2 * PIECE_BITS}")
        sides = [self._bits(word), self._bits(f.let(f"lshr i64 {word}, {PIECE_BITS}"))]
        own = self._bits(f.let(f"lshr i64 {word}, {self._shift}"))
        return _Draw(stage, own, f.add(*sides))

    def piece(self, place: Value, pieces: Index) -> Value:
        """The number of the piece at a position: the position itself, or counted from the last piece."""
        f = self._f
        turned = f.let(f"xor i64 {place}, {self._turned}")  # -1 - position, from the back
        return f.let(f"add i64 {turned}, {f.let(f'and i64 {pieces}, {self._turned}')}")

    def _bits(self, value: Value) -> Value:
        return self._f.let(f"and i64 {value}, {(1 << PIECE_BITS) - 1}")


def _emit_shared_stage(
    f: Function, stage: _Entry, counter: _Counter, first: _Draw, images: _Images, shares: Index
) -> tuple[Value, Index]:
    """Does the drawn piece and draws others until none is left; gives how many it did, and how many there are: one that
    does nothing, if there are no images.

    As long as a piece that this thread did is not counted, the stage stays the same.
    """
    batched = f.compare("ne", stage.block, 0)
    share = f.divide(f.add(images.count, f.subtract(shares, 1)), shares)
    size = f.larger(f.smaller(stage.block, f.larger(share, FEWEST_IMAGES)), 1)
    blocks = f.larger(f.divide(f.add(images.count, f.subtract(size, 1)), size), 1)
    pieces = f.let(f"select i1 {batched}, i64 {blocks}, i64 {stage.parts}")
    limit = f.let(f"select i1 {batched}, i64 {images.count}, i64 {stage.parts}")
    before, head, work, after = f.block_name, f.label("draw"), f.label("work"), f.label("after")
    f.emit(f"br label %{head}")
    f.begin_block(head)
    place, drawn, mine = f.fresh("place"), f.fresh("drawn"), f.fresh("mine")
    phis_at = len(f.lines)
    f.lines.append("")
    f.emit(f"br i1 {f.compare('slt', drawn, pieces)}, label %{work}, label %{after}")
    f.begin_block(work)
    piece = counter.piece(place, pieces)
    begin = f.multiply(piece, size)
    end = f.smaller(f.add(begin, size), limit)
    with f.when(f.compare("sgt", images.count, 0)):
        _call_stage(f, "any_stage", begin, end, images, ("i64", stage.number))
    more = f.add(mine, 1)
    following = counter.draw()
    phis = ((place, first.place, following.place), (drawn, first.drawn, following.drawn), (mine, 0, more))
    f.lines[phis_at] = "\n".join(
        f"  {name} = phi i64 [ {initial}, %{before} ], [ {next_}, %{f.block_name} ]" for name, initial, next_ in phis
    )
    f.emit(f"br label %{head}")
    f.begin_block(after)
    return mine, pieces


def _emit_leave(module: Module, places: int) -> None:
    """Counts the pieces that a thread did. The thread that completes the stage opens the next one; the others wait for
    it.

    A request to stop is granted after the last stage of a step, the alarm after any stage: the next stage is then the
    one past the end.
    """
    integers = ("stage", "generation", "mine", "pieces", "end")
    parameters = ["ptr %sync", "ptr %yield", *(f"i64 %{name}" for name in integers)]
    with module.function("leave", parameters) as f:
        counting, last, wait, leave = f.label("counting"), f.label("last"), f.label("wait"), f.label("leave")
        f.emit(f"br i1 {f.compare('sgt', '%mine', 0)}, label %{counting}, label %{wait}")
        f.begin_block(counting)
        finished = f.add(f.let(f"atomicrmw add ptr {f.offset('%sync', FINISHED)}, i64 %mine acq_rel"), "%mine")
        f.emit(f"br i1 {f.compare('eq', finished, '%pieces')}, label %{last}, label %{wait}")
        f.begin_block(last)
        f.emit(f"store i64 0, ptr {f.offset('%sync', FINISHED)}, align 8")
        following = f.add("%generation", 1)
        complete = f.compare("eq", f.remainder(following, places), 0)
        alarm = f.compare("ne", f.load_integer("%sync", ALARM), 0)
        with f.when(f.let(f"and i1 {complete}, {f.let(f'xor i1 {alarm}, true')}")):
            f.emit(f"store i64 {f.divide(following, places)}, ptr {f.offset('%sync', DONE)}, align 8")
        stop = f.compare("ne", f.load_integer("%sync", STOP_REQUEST), 0)
        over = f.let(f"or i1 {alarm}, {f.let(f'and i1 {complete}, {stop}')}")
        opened = f.let(f"select i1 {over}, i64 %end, i64 {following}")
        f.emit(f"store atomic i64 {opened}, ptr {f.offset('%sync', GENERATION)} monotonic, align 8")
        word = f.let(f"shl i64 {opened}, {2 * PIECE_BITS}")
        f.emit(f"store atomic i64 {word}, ptr {f.offset('%sync', NEXT)} release, align 8")
        f.emit(f"br label %{leave}")
        f.begin_block(wait)
        patience = f.load_integer("%sync", PATIENCE)
        _emit_wait(f, patience, wait, leave)
        f.begin_block(leave)


def _emit_wait(f: Function, patience: Value, before: str, leave: str) -> None:
    """Looks again and again; after `patience` pauses it yields the processor before each look."""
    spin, patient, give_way, again = f.label("spin"), f.label("patient"), f.label("yield"), f.label("again")
    f.emit(f"br label %{spin}")
    f.begin_block(spin)
    turns, following = f.fresh("turns"), f.fresh("turns")
    f.lines.append(f"  {turns} = phi i64 [ 0, %{before} ], [ {following}, %{again} ]")
    word = f.let(f"load atomic i64, ptr {f.offset('%sync', NEXT)} acquire, align 8")
    now = f.let(f"lshr i64 {word}, {2 * PIECE_BITS}")
    f.emit(f"br i1 {f.compare('ne', now, '%stage')}, label %{leave}, label %{patient}")
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
    saved, changed = f.stack_i32(), f.stack_i32()
    f.emit(f"call void @llvm.x86.sse.stmxcsr(ptr {saved})")
    mode = f.let(f"or i32 {f.load_i32(saved)}, 32832")  # flush to zero, denormals are zero
    f.store_i32(mode, changed)
    f.emit(f"call void @llvm.x86.sse.ldmxcsr(ptr {changed})")
    return _Restore(f, saved)
