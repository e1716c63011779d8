"""How threads draw pieces of the stages of a program, and wait for each other.

The counter is one word: pieces drawn from the front, pieces drawn from the back, and the lower bits of the number of
the stage, counted over all steps. The whole number is beside it, written before the word is. Threads of even numbers
draw from the front, those of odd numbers from the back, until they meet. The thread that completes the last piece of a
stage opens the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from planish.codegen.llvm.function import Function, Index, Value
from planish.codegen.llvm.module import Module
from planish_runtime.context_layout import (
    ALARM,
    DONE,
    FINISHED,
    GENERATION,
    NEXT,
    PATIENCE,
    PIECE_BITS,
    STAGE_BITS,
    STOP_REQUEST,
)


def _call_leave(f: Function, sync: str, give_way: str, stage: Value, numbers: tuple[Index, ...]) -> None:
    """`numbers` are the other parameters of `leave`, in order."""
    integers: list[tuple[str, Index]] = [("i64", number) for number in (stage, *numbers)]
    f.call("leave", ("ptr", sync), ("ptr", give_way), *integers)


@dataclass(frozen=True, slots=True)
class Draw:
    """What a thread got: the lower bits of the stage's number, a position on its side, and how many all had drawn."""

    stage: Value
    place: Value
    drawn: Index


class Counter:
    """Draws from the side of the thread's number."""

    def __init__(self, f: Function, sync: str) -> None:
        self._f, self._at = f, f.offset(sync, NEXT)
        odd = f.compare("ne", f.let("and i64 %number, 1"), 0)
        self._one = f.let(f"select i1 {odd}, i64 {1 << PIECE_BITS}, i64 1")
        self._shift = f.let(f"select i1 {odd}, i64 {PIECE_BITS}, i64 0")
        self._turned = f.let(f"sext i1 {odd} to i64")  # all bits, if from the back

    def draw(self) -> Draw:
        f = self._f
        word = f.let(f"atomicrmw add ptr {self._at}, i64 {self._one} acq_rel")
        stage = f.let(f"lshr i64 {word}, {2 * PIECE_BITS}")
        sides = [self._bits(word), self._bits(f.let(f"lshr i64 {word}, {PIECE_BITS}"))]
        own = self._bits(f.let(f"lshr i64 {word}, {self._shift}"))
        return Draw(stage, own, f.add(*sides))

    def piece(self, place: Value, pieces: Index) -> Value:
        """The number of the piece at a position: the position itself, or counted from the last piece."""
        f = self._f
        turned = f.let(f"xor i64 {place}, {self._turned}")  # -1 - position, from the back
        return f.let(f"add i64 {turned}, {f.let(f'and i64 {pieces}, {self._turned}')}")

    def _bits(self, value: Value) -> Value:
        return self._f.let(f"and i64 {value}, {(1 << PIECE_BITS) - 1}")


MANY = 32
"""Stages of a program, nodes of a stage: then LLVM takes less time for the functions that only call others."""


def emit_any_stage(
    module: Module, parameters: Sequence[str], functions: Sequence[str], name: str = "any_stage"
) -> None:
    """Calls the stage of a number, whose function has these parameters."""
    with module.function(name, [*parameters, "i64 %number"], quickly=len(functions) > MANY) as f:
        done, labels = f.label("done"), [f.label("stage") for _ in functions]
        arguments = [(kind, name) for kind, name in map(str.split, parameters)]
        cases = " ".join(f"i64 {number}, label %{label}" for number, label in enumerate(labels))
        f.emit(f"switch i64 %number, label %{done} [ {cases} ]")
        for function, label in zip(functions, labels, strict=True):
            f.begin_block(label)
            f.call(function, *arguments)
            f.emit(f"br label %{done}")
        f.begin_block(done)


def emit_work(
    f: Function,
    sync: str,
    give_way: str,
    end: Index,
    places: int,
    work: Callable[[Value, Counter, Draw], tuple[Value, Index]],
) -> None:
    """A thread's part in stages 0 .. end - 1, of which each step has `places`. `work` gets the number of a stage and
    the first draw from it; it gives how many pieces the thread did (see `emit_pieces`), and how many there are."""
    _emit_leave(f.module)
    counter = Counter(f, sync)
    come, late, enter, done = f.label("come"), f.label("late"), f.label("enter"), f.label("done")
    known = f.label("known")
    f.emit(f"br label %{come}")
    f.begin_block(come)
    draw = counter.draw()
    generation = f.let(f"load atomic i64, ptr {f.offset(sync, GENERATION)} monotonic, align 8")
    same = f.compare("eq", f.let(f"and i64 {generation}, {(1 << STAGE_BITS) - 1}"), draw.stage)
    f.emit(f"br i1 {same}, label %{known}, label %{late}")
    f.begin_block(late)  # the stage is over, and the next one about to be opened
    _call_leave(f, sync, give_way, draw.stage, (generation, 0, 0, end, places))
    f.emit(f"br label %{come}")
    f.begin_block(known)
    f.emit(f"br i1 {f.compare('slt', generation, end)}, label %{enter}, label %{done}")
    f.begin_block(enter)
    mine, pieces = work(generation, counter, draw)
    _call_leave(f, sync, give_way, draw.stage, (generation, mine, pieces, end, places))
    f.emit(f"br label %{come}")
    f.begin_block(done)


def emit_pieces(
    f: Function, counter: Counter, first: Draw, pieces: Index, work: Callable[[Value], None]
) -> tuple[Value, Index]:
    """Does the drawn piece and draws others until none is left; gives how many the thread did, and `pieces`.

    As long as a piece that this thread did is not counted, the stage stays the same.
    """
    before, head, inside, after = f.block_name, f.label("draw"), f.label("work"), f.label("after")
    f.emit(f"br label %{head}")
    f.begin_block(head)
    place, drawn, mine = f.fresh("place"), f.fresh("drawn"), f.fresh("mine")
    phis_at = len(f.lines)
    f.lines.append("")
    f.emit(f"br i1 {f.compare('slt', drawn, pieces)}, label %{inside}, label %{after}")
    f.begin_block(inside)
    work(counter.piece(place, pieces))
    more = f.add(mine, 1)
    following = counter.draw()
    phis = ((place, first.place, following.place), (drawn, first.drawn, following.drawn), (mine, 0, more))
    f.lines[phis_at] = "\n".join(
        f"  {name} = phi i64 [ {initial}, %{before} ], [ {next_}, %{f.block_name} ]" for name, initial, next_ in phis
    )
    f.emit(f"br label %{head}")
    f.begin_block(after)
    return mine, pieces


def _emit_leave(module: Module) -> None:
    """Counts the pieces that a thread did. The thread that completes the stage opens the next one; the others wait for
    it. A module has this once, whatever draws in it.

    A request to stop is granted after the last stage of a step, the alarm after any stage: the next stage is then the
    one past the end.
    """
    if module.has_function("leave"):
        return
    integers = ("stage", "generation", "mine", "pieces", "end", "places")
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
        complete = f.compare("eq", f.remainder(following, "%places"), 0)
        alarm = f.compare("ne", f.load_integer("%sync", ALARM), 0)
        with f.when(f.let(f"and i1 {complete}, {f.let(f'xor i1 {alarm}, true')}")):
            done = f.divide(following, "%places")
            f.emit(f"store i64 {done}, ptr {f.offset('%sync', DONE)}, align 8")
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
    emit_pause(f)
    f.lines.append(f"  {following} = add i64 {turns}, 1")
    f.emit(f"br i1 {f.compare('sge', turns, patience)}, label %{give_way}, label %{again}")
    f.begin_block(give_way)
    f.emit("call void %yield()")
    f.emit(f"br label %{again}")
    f.begin_block(again)
    f.emit(f"br label %{spin}")


def emit_pause(f: Function) -> None:
    if f.module.target.architecture == "aarch64":
        f.module.declare("void @llvm.aarch64.hint(i32)")
        f.emit("call void @llvm.aarch64.hint(i32 1)")
    elif f.module.target.architecture == "x86_64":
        f.module.declare("void @llvm.x86.sse2.pause()")
        f.emit("call void @llvm.x86.sse2.pause()")
