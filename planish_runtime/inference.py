"""How a program that predicts is called: by one thread with helpers, or by many threads at once."""

from __future__ import annotations

import ctypes
import time
from collections import deque
from threading import get_ident
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from planish_runtime import context_layout as layout
from planish_runtime.array_address import address_of
from planish_runtime.buffers import aligned_buffer
from planish_runtime.choice import Choice
from planish_runtime.compiled import Compiled
from planish_runtime.executable import INSIDE_OF_ITSELF, POINTER, SIZE, Arrays, Executable, fewest_images
from planish_runtime.handoff import MOST_HELPERS, Crew
from planish_runtime.portions import chunks, images_at_once
from planish_runtime.threads import get_num_threads, recent_num_threads, usable_cpus
from planish_runtime.workers import run_together

# Below so many multiply-adds another thread costs more than it saves. Small models have other work besides, and never
# need more images.
_WORK_FOR_THREADS = 290_000_000
FEWEST_IMAGES_FOR_THREADS = 2, 112
# What a call that threads share in native code has to do: more than they need to find each other.
_FEWEST_TO_SHARE = 600_000
_MOST_AT_ONCE = 20_000_000_000  # in one native call, which would keep Ctrl-C waiting
_ALWAYS_SHARED = 200_000_000  # what takes milliseconds: a thread that is put aside costs less than trying would
_SECONDS_TO_LOOK_AGAIN = 2e-5
_MOST_PREPARED = 16  # images of a call that takes few steps of Python
# A call is brief if one of the first `_TRIALS` of as many images took so few seconds.
_BRIEF_SECONDS, _FEWEST_TRIALS, _TRIALS = 1.5e-5, 4, 64
_FIRST = SIZE(0)
_NEXT, _GENERATION, _FINISHED = (field // 8 for field in (layout.NEXT, layout.GENERATION, layout.FINISHED))
_NBYTES_FOR_GUESTS, _FEWEST_GUESTS = 2**28, 2


class _Way(NamedTuple):
    """How a thread computes a number of images alone: the function, the number, and whether other threads would help
    if nobody else computed."""

    function: Any
    size: ctypes.c_int64
    shared: bool


class _Seat(NamedTuple):
    """What a guest computes with: a context, its address, the address of scratch memory, and what has to be kept."""

    words: Any
    context: ctypes.c_void_p
    scratch: ctypes.c_void_p
    kept: tuple[Any, ...]


class Inference(Executable):
    """Computes the batched outputs of a graph without updates.

    The thread that has the lock may have others help it. Threads that come meanwhile, or have little to compute, with
    the same weights, are *guests*: each computes by itself, and nobody packs weights before they have left. They do not
    take turns: the operating system gives each some milliseconds of a processor, and to wake a thread costs more.
    """

    def __init__(self, program: Compiled, crew: Crew) -> None:
        super().__init__(program)
        self._crew = crew
        unknown = {kind for kind, _ in self._argument_names} - {"input", "output", "parameter"}
        if unknown:  # their addresses would be nothing
            raise ValueError(f"a program for inference cannot take arguments of the kinds {sorted(unknown)}")
        self._infer = program.code.function("infer", [POINTER, POINTER, SIZE, SIZE])
        self._infer_briefly = program.code.prepared_function("infer", keeps_lock=True)
        self._infer_alone = program.code.prepared_function("infer", keeps_lock=False)
        self._infer_in_crowd: Any = None
        self._work = program.multiply_adds
        self._blocks_address = program.code.address("infer_blocks")
        self._cut_address = program.code.address("infer_cut") if program.most_cut else 0
        self.fewest_for_threads = fewest_images(program, _WORK_FOR_THREADS, FEWEST_IMAGES_FOR_THREADS)
        self._parameters: Arrays = {}
        self._most_guests = max(_FEWEST_GUESTS, _NBYTES_FOR_GUESTS // max(program.scratch_nbytes, 1))
        self._rows = [
            (layout.HEADER_SLOTS + position, kind == "input", name)
            for position, (kind, name) in enumerate(self._argument_names)
            if kind in ("input", "output")
        ]
        slots = [[slot for slot, is_input, _ in self._rows if is_input is kind] for kind in (True, False)]
        self._is_straight = [*map(len, slots)] == [1, 1]
        self._input_slot, self._output_slot = (slots[0][0], slots[1][0]) if self._is_straight else (0, 0)
        self._ways, self._trials = self._first_ways(), dict[int, tuple[int, float]]()

    def _start_anew(self) -> None:
        super()._start_anew()
        self._slots = self._context()
        self._address = int(self._slots.ctypes.data)
        self._first_scratch = self._scratch_address(0)
        self._slot_words = self._slots.data
        self._sync = aligned_buffer(layout.SYNC_NBYTES)
        self._sync_words = self._sync.view(np.int64).data
        self._slots[layout.SYNC_SLOT] = self._sync.ctypes.data
        self._slots[layout.YIELD_SLOT] = self._program.code.yield_address()
        self._scratch_addresses = np.zeros(0, np.uintp)
        self._scratches = 0
        self._choices: dict[int, Choice] = {}
        self._shares: dict[int, tuple[int, int]] = {}
        self._version: int | None = None
        self._inside: set[int] = set()
        self._seats: list[_Seat] = []
        self._cpus = usable_cpus()

    def after_fork(self) -> None:
        """Guests on other threads do not go on here."""
        super().after_fork()
        self._inside &= {get_ident()}

    def run(self, parameters: Arrays, inputs: Arrays, outputs: Arrays, count: int, *, version: int) -> None:
        """Fills `outputs` f32 [count, ...] from `inputs` [count, ...], all C-contiguous, on all threads.

        Parameters are packed again when `version` differs from last time. RuntimeError inside another run.
        """
        work, thread = count * self._work, get_ident()
        if thread in self._inside:
            raise RuntimeError(INSIDE_OF_ITSELF)
        alone = self._is_little(count) or (self._inside and work <= _MOST_AT_ONCE)
        if alone and not self._left_behind and self._run_beside(thread, inputs, outputs, count, version):
            return
        with self._lock:
            if self._running or self._left_behind:
                self._refuse_or_start_anew()
            try:
                self._running = thread
                self._inside.add(thread)
                if version != self._version:
                    self._pack(parameters)
                    self._version = version
                self._name(self._slot_words, inputs, outputs)
                if len(self._inside) > 1 and work <= _MOST_AT_ONCE:
                    self._infer(self._address, self._first_scratch, 0, count)
                elif _FEWEST_TO_SHARE <= work <= _MOST_AT_ONCE:
                    self._run_short(count)
                elif count >= self.fewest_for_threads:
                    self._run_chunks(count)
                elif count:
                    self._infer(self._address, self._first_scratch, 0, count)
            finally:
                self._running = 0
                self._inside.discard(thread)

    def run_prepared(self, x: NDArray[Any], y: NDArray[Any], count: int, version: int) -> bool:
        """`run` of few images by a program with one input and one output, in few steps: by one thread if there is
        nothing to share or nobody to share it with, else with helpers. False if nothing was done."""
        way, inside, thread = self._ways.get(count), self._inside, get_ident()
        if way is None or thread in inside:
            return False
        function, size, shared = way
        choice, started = None, 0.0
        if shared and not inside:
            choice, started = self._choices.get(count), time.perf_counter()
            if recent_num_threads(started) > 1 if choice is None else choice.shares():
                return choice is not None and self._run_together(x, y, count, version, choice, started)
        try:
            inside.add(thread)  # before it looks at the version; `_pack` does it the other way round
            if version != self._version:
                return False
            try:
                seat: _Seat | None = self._seats.pop()
            except IndexError:  # perhaps another guest has taken the last one just now
                seat = self._new_seat()
            if seat is None:
                return False
            words = seat.words
            words[self._input_slot] = address_of(x)
            words[self._output_slot] = address_of(y)
            if function is self._infer_alone and len(inside) > self._cpus:
                function = self._infer_in_crowd or self._begin_crowd()
            function(seat.context, seat.scratch, _FIRST, size)
            self._seats.append(seat)
            if choice is not None:
                choice.took(time.perf_counter() - started)
            return True
        finally:
            inside.discard(thread)

    def _begin_crowd(self) -> Any:
        """The function by which guests compute from now on while there are more of them than processors."""
        made = self._crew.beside(self._program.code.address("infer"))
        if made is None:
            return self._infer_alone
        self._infer_in_crowd, self._kept = made
        return self._infer_in_crowd

    def _run_together(
        self, x: NDArray[Any], y: NDArray[Any], count: int, version: int, choice: Choice, started: float
    ) -> bool:
        """With helpers. False if nothing was done: somebody else computes, or it is the first call of its kind."""
        threads, thread = len(self._scratch_addresses), get_ident()
        if threads != recent_num_threads(started):
            return False
        with self._lock:
            if self._running or self._left_behind or version != self._version:
                return False
            try:
                self._running = thread
                self._inside.add(thread)
                words = self._slot_words
                words[self._input_slot] = address_of(x)
                words[self._output_slot] = address_of(y)
                shared = self._share(count, threads)
                if shared:
                    choice.took(time.perf_counter() - started)
                return shared
            finally:
                self._running = 0
                self._inside.discard(thread)

    def _is_little(self, count: int) -> bool:
        """Whether so many images are too little work to share."""
        return count * self._work < _FEWEST_TO_SHARE and count < self.fewest_for_threads

    def _name(self, slots: Any, inputs: Arrays, outputs: Arrays) -> None:
        """Writes the addresses of the arrays of a call into a context."""
        for slot, is_input, name in self._rows:
            slots[slot] = address_of((inputs if is_input else outputs)[name])

    def _run_beside(self, thread: int, inputs: Arrays, outputs: Arrays, count: int, version: int) -> bool:
        """Alone, with memory of its own. False if nothing was done: the weights are not packed, or the guests have
        enough memory already."""
        try:
            self._inside.add(thread)  # before it looks at the version; `_pack` does it the other way round
            if version != self._version:
                return False
            try:
                seat: _Seat | None = self._seats.pop()
            except IndexError:
                seat = self._new_seat()
            if seat is None:
                return False
            self._name(seat.words, inputs, outputs)
            started = time.perf_counter()
            self._infer(seat.context, seat.scratch, 0, count)
            self._note(count, time.perf_counter() - started)
            self._seats.append(seat)
            return True
        finally:
            self._inside.discard(thread)

    def _first_ways(self) -> dict[int, _Way]:
        """Of calls that are not little. Those that are have to be tried: some are brief."""
        counts = range(1, _MOST_PREPARED + 1) if self._is_straight else ()
        return {
            count: _Way(self._infer_alone, SIZE(count), True)
            for count in counts
            if not self._is_little(count) and count * self._work <= _MOST_AT_ONCE
        }

    def _note(self, count: int, seconds: float) -> None:
        """How long one of the first calls of so few images took."""
        if self._is_straight and count <= _MOST_PREPARED and count not in self._ways:
            calls, least = self._trials.get(count, (0, seconds))
            calls, least = self._trials[count] = calls + 1, min(seconds, least)
            if calls >= _FEWEST_TRIALS and least < _BRIEF_SECONDS:
                self._ways[count] = _Way(self._infer_briefly, SIZE(count), False)
            elif calls >= _TRIALS:
                self._ways[count] = _Way(self._infer_alone, SIZE(count), False)

    def _new_seat(self) -> _Seat | None:
        """None if the guests have enough memory already."""
        if len(self._inside) - (self._running != 0) > self._most_guests:
            return None
        slots, scratch = self._slots.copy(), aligned_buffer(max(self._program.scratch_nbytes, 64))
        context, memory = POINTER(slots.ctypes.data), POINTER(scratch.ctypes.data)
        return _Seat(slots.data, context, memory, (slots, scratch, self._arena))

    def _pack(self, parameters: Arrays) -> None:
        self._version = None  # until all are packed
        while len(self._inside) > 1:  # they read the old ones
            time.sleep(_SECONDS_TO_LOOK_AGAIN)
        self._seats.clear()  # they have the addresses of the old ones
        self._bind(self._slots, {"parameter": parameters})
        self._parameters = dict(parameters)  # kept alive as long as native code may read them

    def _run_short(self, count: int) -> None:
        """On as many threads as that is faster with."""
        started = time.perf_counter()
        threads = min(recent_num_threads(started), MOST_HELPERS + 1)
        if threads == 1:
            self._choices.pop(count, None)  # there is nothing to choose from
            self._infer(self._address, self._first_scratch, 0, count)
            return
        if count * self._work >= _ALWAYS_SHARED:
            if not self._share(count, threads):
                self._infer(self._address, self._first_scratch, 0, count)
            return
        choice = self._choices.get(count)
        if choice is None:
            choice = self._choices[count] = Choice()
        if not (choice.shares() and self._share(count, threads)):
            self._infer(self._address, self._first_scratch, 0, count)
        choice.took(time.perf_counter() - started)

    def _share(self, count: int, threads: int) -> bool:
        """Inside of images if there are too few for all threads; else each takes some. False if nobody was free."""
        if threads != len(self._scratch_addresses):
            self._provide(threads)
        way = self._shares.get(count)
        if way is None:
            cut = count <= self._program.most_cut and (count < 2 * threads or count % threads > 0)
            entry = self._cut_address if cut else self._blocks_address
            way = self._shares[count] = entry, images_at_once(count, threads, self._program.block, self._work)
        entry, self._slot_words[layout.BATCH_SLOT] = way
        self._begin(count)
        return self._crew.share(entry, self._address, self._scratches, threads)

    def _begin(self, count: int) -> None:
        """Nothing is drawn yet of so many images."""
        words = self._sync_words
        words[_NEXT] = words[_GENERATION] = words[_FINISHED] = 0
        self._slot_words[layout.TOTAL_SLOT] = count

    def _provide(self, threads: int) -> None:
        """What so many threads need."""
        cpus = usable_cpus()
        self._sync_words[layout.PATIENCE // 8] = layout.SPINS if threads <= cpus else 0
        self._slots[layout.SHARES_SLOT] = min(threads, cpus)
        self._scratch_addresses = np.array([self._scratch_address(number) for number in range(threads)], np.uintp)
        self._scratches = int(self._scratch_addresses.ctypes.data)
        self._shares.clear()

    def _run_chunks(self, count: int) -> None:
        threads = max(1, min(get_num_threads(), -(-count // self.fewest_for_threads)))
        left = iter(chunks(count, self._program.block, threads))  # atomic to draw from under the interpreter lock
        scratch = [self._scratch_address(number) for number in range(threads)]

        def work(number: int) -> None:
            for first, last in left:
                self._infer(self._address, scratch[number], first, last)

        def stop() -> None:
            deque(left, maxlen=0)  # nothing is left to draw

        run_together(work, threads, stop)
