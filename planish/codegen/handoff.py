"""Work handed from one thread to others that wait for it in native code.

    serve(helper, patience)                           a helper's loop, until nobody had work for so many pauses
    share(helpers, count, work, context, scratches)   hands work to `count` helpers, and takes part
    beside(guest, context, scratch, first, last)      computes images with a program's `infer`, beside many others

`work(context, scratch, number)` is a function of a program that any number of threads may call, each at any time or
never. A helper is three lines of memory (`context_layout.py`). Its state goes from idle to posted, to taken, and back;
who changes it decides: one that comes late finds that the work was withdrawn. Before a helper returns it says that it
is asleep; whoever has work wakes it by means of the system, and need not wait for it.

A thread that returns from `beside` takes Python's interpreter lock for some microseconds, and comes again. One that
finds the lock taken would sleep, and take longer to wake than the other one has it. So each says that it is returning,
and takes it back when it comes again; who is about to return meanwhile waits for that, for so many pauses at most.
"""

from __future__ import annotations

from planish.codegen.drawing import emit_pause
from planish.codegen.llvm.function import Function, Index, Pointer, Value
from planish.codegen.llvm.module import Module
from planish.codegen.llvm.target import Target
from planish_runtime.context_layout import (
    CROWD_PATIENCE,
    CROWD_RETURNING,
    GUEST_CROWD,
    GUEST_INFER,
    HELPER_ASLEEP,
    HELPER_CONTEXT,
    HELPER_NBYTES,
    HELPER_NUMBER,
    HELPER_SCRATCH,
    HELPER_STATE,
    HELPER_WORK,
    IDLE,
    POSTED,
    SPINS,
    TAKEN,
    YIELD_SLOT,
)


def text(target: Target) -> str:
    """The module."""
    module = Module(target)
    _emit_pauses(module)
    _emit_serve(module)
    _emit_share(module)
    _emit_beside(module)
    return module.text


def _emit_pauses(module: Module) -> None:
    """So many pauses, for whoever measures how long one is."""
    with module.function("pauses", ["i64 %count"], internal=False) as f, f.loop(0, "%count"):
        emit_pause(f)


def _emit_serve(module: Module) -> None:
    with module.function("serve", ["ptr %helper", "i64 %patience"], internal=False) as f:
        labels = ("come", "look", "idle", "again", "take", "work", "doze", "check", "leave")
        come, look, idle, again, take, work, doze, check, leave = (f.label(name) for name in labels)
        state, asleep = f.offset("%helper", HELPER_STATE), f.offset("%helper", HELPER_ASLEEP)
        f.emit(f"store atomic i64 0, ptr {asleep} seq_cst, align 8")
        f.emit(f"br label %{come}")
        f.begin_block(come)
        f.emit(f"br label %{look}")
        f.begin_block(look)
        turns, following = f.fresh("turns"), f.fresh("turns")
        f.lines.append(f"  {turns} = phi i64 [ 0, %{come} ], [ {following}, %{again} ]")
        seen = f.let(f"load atomic i64, ptr {state} acquire, align 8")
        f.emit(f"br i1 {f.compare('eq', seen, POSTED)}, label %{take}, label %{idle}")
        f.begin_block(idle)
        emit_pause(f)
        f.lines.append(f"  {following} = add i64 {turns}, 1")
        f.emit(f"br i1 {f.compare('sge', turns, '%patience')}, label %{doze}, label %{again}")
        f.begin_block(again)
        f.emit(f"br label %{look}")
        f.begin_block(take)
        f.emit(f"br i1 {_changed(f, state, POSTED, TAKEN)}, label %{work}, label %{come}")
        f.begin_block(work)
        function, context, scratch = (
            f.load_pointer("%helper", field) for field in (HELPER_WORK, HELPER_CONTEXT, HELPER_SCRATCH)
        )
        _call(f, function, context, scratch, f.load_integer("%helper", HELPER_NUMBER))
        f.emit(f"store atomic i64 {IDLE}, ptr {state} release, align 8")
        f.emit(f"br label %{come}")
        f.begin_block(doze)
        f.emit(f"store atomic i64 1, ptr {asleep} seq_cst, align 8")
        now = f.let(f"load atomic i64, ptr {state} seq_cst, align 8")
        f.emit(f"br i1 {f.compare('eq', now, POSTED)}, label %{check}, label %{leave}")
        f.begin_block(check)  # it came while this helper fell asleep
        f.emit(f"store atomic i64 0, ptr {asleep} seq_cst, align 8")
        f.emit(f"br label %{come}")
        f.begin_block(leave)


def _emit_share(module: Module) -> None:
    parameters = ["ptr %helpers", "i64 %count", "ptr %work", "ptr %context", "ptr %scratches"]
    with module.function("share", parameters, internal=False) as f:
        with f.loop(0, "%count") as place:
            helper = _helper(f, place.index)
            number = f.add(place.index, 1)
            scratch = f.load_pointer("%scratches", f.multiply(number, 8))
            for field, pointer in ((HELPER_WORK, "%work"), (HELPER_CONTEXT, "%context"), (HELPER_SCRATCH, scratch)):
                f.emit(f"store ptr {pointer}, ptr {f.offset(helper, field)}, align 8")
            f.emit(f"store i64 {number}, ptr {f.offset(helper, HELPER_NUMBER)}, align 8")
            f.emit(f"store atomic i64 {POSTED}, ptr {f.offset(helper, HELPER_STATE)} seq_cst, align 8")
        _call(f, "%work", "%context", f.load_pointer("%scratches"), 0)
        with f.loop(0, "%count") as place:
            _emit_wait(f, f.offset(_helper(f, place.index), HELPER_STATE))


def _emit_beside(module: Module) -> None:
    parameters = ["ptr %guest", "ptr %context", "ptr %scratch", "i64 %first", "i64 %last"]
    with module.function("beside", parameters, internal=False) as f:
        crowd, infer = f.load_pointer("%guest", GUEST_CROWD), f.load_pointer("%guest", GUEST_INFER)
        returning, patience = f.offset(crowd, CROWD_RETURNING), f.load_integer(crowd, CROWD_PATIENCE)
        f.emit(f"store atomic i64 0, ptr {returning} release, align 8")
        f.emit(f"call void {infer}(ptr %context, ptr %scratch, i64 %first, i64 %last)")
        look, pause, after = f.label("look"), f.label("pause"), f.label("after")
        before = f.block_name
        f.emit(f"br label %{look}")
        f.begin_block(look)
        turns, following = f.fresh("turns"), f.fresh("turns")
        f.lines.append(f"  {turns} = phi i64 [ 0, %{before} ], [ {following}, %{pause} ]")
        another = f.compare("ne", f.let(f"load atomic i64, ptr {returning} monotonic, align 8"), 0)
        waits = f.let(f"and i1 {another}, {f.compare('slt', turns, patience)}")
        f.emit(f"br i1 {waits}, label %{pause}, label %{after}")
        f.begin_block(pause)
        emit_pause(f)
        f.lines.append(f"  {following} = add i64 {turns}, 1")
        f.emit(f"br label %{look}")
        f.begin_block(after)
        f.emit(f"store atomic i64 1, ptr {returning} monotonic, align 8")


def _emit_wait(f: Function, state: Pointer) -> None:
    """Withdraws the work, or waits until the helper has done its part; after a while others may have the processor."""
    wait, pause, after = f.label("wait"), f.label("pause"), f.label("after")
    give_way = f.load_pointer("%context", 8 * YIELD_SLOT)
    withdrawn = _changed(f, state, POSTED, IDLE)
    before = f.block_name
    f.emit(f"br i1 {withdrawn}, label %{after}, label %{wait}")
    f.begin_block(wait)
    turns, following = f.fresh("turns"), f.fresh("turns")
    phi_at = len(f.lines)
    f.lines.append("")
    now = f.let(f"load atomic i64, ptr {state} acquire, align 8")
    f.emit(f"br i1 {f.compare('eq', now, IDLE)}, label %{after}, label %{pause}")
    f.begin_block(pause)
    emit_pause(f)
    f.lines.append(f"  {following} = add i64 {turns}, 1")
    with f.when(f.compare("sge", turns, SPINS)):
        f.emit(f"call void {give_way}()")
    f.lines[phi_at] = f"  {turns} = phi i64 [ 0, %{before} ], [ {following}, %{f.block_name} ]"
    f.emit(f"br label %{wait}")
    f.begin_block(after)


def _helper(f: Function, number: Index) -> Pointer:
    return f.offset("%helpers", f.multiply(number, HELPER_NBYTES))


def _changed(f: Function, word: Pointer, before: int, after: int) -> Value:
    """Whether the word was `before`, and is now `after`."""
    pair = f.let(f"cmpxchg ptr {word}, i64 {before}, i64 {after} seq_cst seq_cst")
    return f.let(f"extractvalue {{ i64, i1 }} {pair}, 1")


def _call(f: Function, function: Pointer, context: Pointer, scratch: Pointer, number: Index) -> None:
    f.emit(f"call void {function}(ptr {context}, ptr {scratch}, i64 {number})")
