"""How a compiled program for inference is called: by one thread with helpers, or by many threads at once."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import Any, NamedTuple

import numpy as np

from planish.codegen.llvm import context_layout as layout
from planish.runtime import handoff
from planish.runtime.array_address import address_of
from planish.runtime.buffers import aligned_buffer
from planish.runtime.choice import Choice
from planish.runtime.compiled import Compiled
from planish.runtime.executable import INSIDE_OF_ITSELF, POINTER, SIZE, Arrays, Executable, fewest_images
from planish.runtime.threads import get_num_threads, recent_num_threads, usable_cpus
from planish.runtime.workers import run_together, yield_address

# Threads draw this many blocks at a time: about a thousand images, some milliseconds of work.
CHUNK_BLOCKS = 36
# Below so many multiply-adds another thread costs more than it saves. Small models have other work besides, and never
# need more images.
_WORK_FOR_THREADS = 290_000_000
FEWEST_IMAGES_FOR_THREADS = 2, 112
# What a call that threads share in native code has to do: more than they need to find each other.
_FEWEST_TO_SHARE = 1_500_000
_MOST_AT_ONCE = 20_000_000_000  # in one native call, which would keep Ctrl-C waiting
_ALWAYS_SHARED = 200_000_000  # what takes milliseconds: a thread that is put aside costs less than trying would
_FEWEST_AT_ONCE = 4  # images that a thread takes, if there are so many: dense layers read their weights once for them
_SECONDS_TO_LOOK_AGAIN = 2e-5
_NBYTES_FOR_GUESTS, _FEWEST_GUESTS = 2**28, 2


class _Seat(NamedTuple):
    """What a guest computes with: a context, its address, the address of scratch memory, and what has to be kept."""

    words: Any
    context: int
    scratch: int
    kept: tuple[Any, ...]


class InferenceExecutable(Executable):
    """Computes the batched outputs of a graph without updates.

    The thread that has the lock may have others help it. Threads that come meanwhile, with short computations and the
    same weights, are *guests*: each computes by itself, and nobody packs weights before they have left.
    """

    def __init__(self, program: Compiled) -> None:
        super().__init__(program)
        unknown = {kind for kind, _ in self._argument_names} - {"input", "output", "parameter"}
        if unknown:  # their addresses would be nothing
            raise ValueError(f"a program for inference cannot take arguments of the kinds {sorted(unknown)}")
        self._prepare = program.code.function("prepare", [POINTER, POINTER])
        self._infer = program.code.function("infer", [POINTER, POINTER, SIZE, SIZE])
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

    def _start_anew(self) -> None:
        super()._start_anew()
        self._slots = self._context()
        self._address = int(self._slots.ctypes.data)
        self._first_scratch = self._scratch_address(0)
        self._slot_words = self._slots.data
        self._sync = aligned_buffer(layout.SYNC_NBYTES)
        self._sync_words = self._sync.view(np.int64).data
        self._slots[layout.SYNC_SLOT] = self._sync.ctypes.data
        self._slots[layout.YIELD_SLOT] = yield_address()
        self._scratch_addresses = np.zeros(0, np.uintp)
        self._scratches = 0
        self._choices: dict[int, Choice] = {}
        self._version: int | None = None
        self._guests: set[int] = set()
        self._seats: list[_Seat] = []

    def after_fork(self) -> None:
        """Guests on other threads do not go on here."""
        super().after_fork()
        self._guests &= {threading.get_ident()}

    def run(self, parameters: Arrays, inputs: Arrays, outputs: Arrays, count: int, *, version: int) -> None:
        """Fills `outputs` f32 [count, ...] from `inputs` [count, ...], all C-contiguous, on all threads.

        Parameters are packed again when `version` differs from last time. RuntimeError inside another run.
        """
        work = count * self._work
        if self._guests and threading.get_ident() in self._guests:
            raise RuntimeError(INSIDE_OF_ITSELF)
        if self._running and work <= _MOST_AT_ONCE and self._run_beside(inputs, outputs, count, version=version):
            return
        with self._lock:
            if self._running or self._left_behind:
                self._refuse_or_start_anew()
            try:
                self._running = threading.get_ident()
                if version != self._version:
                    self._pack(parameters)
                    self._version = version
                self._name(self._slot_words, inputs, outputs)
                if self._guests and work <= _MOST_AT_ONCE:
                    self._infer(self._address, self._first_scratch, 0, count)
                elif _FEWEST_TO_SHARE <= work <= _MOST_AT_ONCE:
                    self._run_short(count)
                elif count >= self.fewest_for_threads:
                    self._run_chunks(count)
                elif count:
                    self._infer(self._address, self._first_scratch, 0, count)
            finally:
                self._running = 0

    def _name(self, slots: Any, inputs: Arrays, outputs: Arrays) -> None:
        """Writes the addresses of the arrays of a call into a context."""
        for slot, is_input, name in self._rows:
            slots[slot] = address_of((inputs if is_input else outputs)[name])

    def _run_beside(self, inputs: Arrays, outputs: Arrays, count: int, *, version: int) -> bool:
        """Alone, with memory of its own, while another thread has the lock. False if nothing was done: the weights are
        not packed, the guests have enough memory already, or it is this thread that has the lock."""
        thread, guests = threading.get_ident(), self._guests
        if thread == self._running or len(guests) >= self._most_guests:
            return False
        try:
            guests.add(thread)  # before it looks at the version; `_pack` does it the other way round
            if version != self._version:
                return False
            seat = self._seat()
            self._name(seat.words, inputs, outputs)
            self._infer(seat.context, seat.scratch, 0, count)
            self._seats.append(seat)
            return True
        finally:
            guests.discard(thread)

    def _seat(self) -> _Seat:
        """One that is free, or a new one."""
        try:
            return self._seats.pop()  # another guest may have taken the last one just now
        except IndexError:
            return self._new_seat()

    def _new_seat(self) -> _Seat:
        slots, scratch = self._slots.copy(), aligned_buffer(max(self._program.scratch_nbytes, 64))
        return _Seat(slots.data, int(slots.ctypes.data), int(scratch.ctypes.data), (slots, scratch, self._arena))

    def _pack(self, parameters: Arrays) -> None:
        self._version = None  # until all are packed
        while self._guests:  # they read the old ones
            time.sleep(_SECONDS_TO_LOOK_AGAIN)
        self._seats.clear()  # they have the addresses of the old ones
        self._bind(self._slots, {"parameter": parameters})
        self._parameters = dict(parameters)  # kept alive as long as native code may read them
        self._prepare(self._address, self._first_scratch)

    def _run_short(self, count: int) -> None:
        """On as many threads as that is faster with."""
        started = time.perf_counter()
        threads = min(recent_num_threads(started), handoff.MOST_HELPERS + 1)
        if threads == 1:
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
        self._begin(count, threads)
        cut = count <= self._program.most_cut and (count < 2 * threads or count % threads > 0)
        entry = self._cut_address if cut else self._blocks_address
        return handoff.CREW.share(entry, self._address, self._scratches, threads)

    def _begin(self, count: int, threads: int) -> None:
        """Nothing is drawn yet of so many images."""
        words, slots = self._sync_words, self._slot_words
        words[layout.NEXT // 8] = words[layout.GENERATION // 8] = words[layout.FINISHED // 8] = 0
        slots[layout.TOTAL_SLOT] = count
        slots[layout.BATCH_SLOT] = max(-(-count // (2 * threads)), min(_FEWEST_AT_ONCE, -(-count // threads)))

    def _provide(self, threads: int) -> None:
        """What so many threads need."""
        cpus = usable_cpus()
        self._sync_words[layout.PATIENCE // 8] = layout.SPINS if threads <= cpus else 0
        self._slots[layout.SHARES_SLOT] = min(threads, cpus)
        self._scratch_addresses = np.array([self._scratch_address(number) for number in range(threads)], np.uintp)
        self._scratches = int(self._scratch_addresses.ctypes.data)

    def _run_chunks(self, count: int) -> None:
        block = self._program.block
        chunk = block * CHUNK_BLOCKS
        threads = max(1, min(get_num_threads(), -(-count // self.fewest_for_threads)))
        if count < block * threads:
            chunk = -(-count // threads)
        elif count < chunk * threads:
            chunk = -(-count // (4 * threads * block)) * block
        starts = iter(range(0, count, chunk))  # drawing from it is atomic under the interpreter lock
        scratch = [self._scratch_address(number) for number in range(threads)]

        def work(number: int) -> None:
            for first in starts:
                self._infer(self._address, scratch[number], first, min(first + chunk, count))

        def stop() -> None:
            deque(starts, maxlen=0)  # nothing is left to draw

        run_together(work, threads, stop)
