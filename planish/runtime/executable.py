"""How a compiled program is called: its context, its memory, its threads."""

from __future__ import annotations

import ctypes
import functools
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from planish import forking
from planish.codegen.llvm import context_layout as layout
from planish.errors import explain
from planish.runtime import handoff
from planish.runtime.array_address import address_of
from planish.runtime.buffers import aligned_buffer
from planish.runtime.choice import Choice
from planish.runtime.compiled import Compiled
from planish.runtime.threads import get_num_threads, recent_num_threads, usable_cpus
from planish.runtime.workers import NoThreadError, run_together, run_watched, yield_address

Array = NDArray[Any]
Arrays = Mapping[str, Array]

# Threads draw this many blocks at a time: about a thousand images, some milliseconds of work.
CHUNK_BLOCKS = 36
# Below so many multiply-adds another thread costs more than it saves: in inference, and in a run of training steps,
# where those of the forward pass are counted. Small models have other work besides, and never need more images.
_WORK_FOR_THREADS = 290_000_000
# What a call that threads share in native code has to do: more than they need to find each other, and less than would
# keep Ctrl-C waiting.
_FEWEST_TO_SHARE, _MOST_TO_SHARE = 1_500_000, 20_000_000_000
_ALWAYS_SHARED = 200_000_000  # what takes milliseconds: a thread that is put aside costs less than trying would
_FEWEST_AT_ONCE = 4  # images that a thread takes, if there are so many: dense layers read their weights once for them
_WORK_FOR_WORKERS = 670_000_000
FEWEST_IMAGES_FOR_THREADS = 2, 112
FEWEST_IMAGES_FOR_WORKERS = 8, 256
_WATCH_SECONDS = 0.05

_INSIDE_OF_ITSELF = explain(
    what="a model was called while it computes, in the same thread: from a signal handler, or from a hook",
    rule="a program does one computation at a time, so this one would wait for itself for ever",
    remedy="let the handler set a flag, and call the model when the first call has returned\n"
    "or call a copy of the model: copy.deepcopy(model)",
)
_POINTER, _SIZE = ctypes.c_void_p, ctypes.c_int64


def fewest_images(program: Compiled, work: int, bounds: tuple[int, int]) -> int:
    """How many images are so much work, within bounds."""
    least, most = bounds
    return max(least, min(most, -(-work // max(program.multiply_adds, 1))))


class _Executable:
    """What both kinds share: a program, its arena, and scratch memory for each thread.

    One run at a time: another thread waits for its turn. A run inside another, such as one from a signal handler,
    would wait for ever, and is refused.
    """

    def __init__(self, program: Compiled) -> None:
        get_num_threads()  # where one thread will do, too, a PLANISH_NUM_THREADS that makes no sense is refused
        self._program = program
        self._argument_names = [name.split(" ", 1) for name in program.arguments]
        self._lock = threading.RLock()
        self._running = self._left_behind = False
        self._start_anew()
        forking.tell_child(self)

    def _start_anew(self) -> None:
        """With fresh memory."""
        self._arena = aligned_buffer(max(self._program.arena_nbytes, 64))
        self._scratch: list[Array] = []
        self._left_behind = False

    def after_fork(self) -> None:
        """A run of another thread does not continue here, and has left its memory half-written."""
        self._left_behind = self._left_behind or self._running
        if forking.is_lost(self._lock):
            self._lock = threading.RLock()
            self._running = False

    def _refuse_or_start_anew(self) -> None:
        """RuntimeError inside another run; fresh memory after a run that was left behind in another process."""
        if self._running:
            raise RuntimeError(_INSIDE_OF_ITSELF)
        self._start_anew()

    def _scratch_address(self, number: int) -> int:
        while len(self._scratch) <= number:
            self._scratch.append(aligned_buffer(max(self._program.scratch_nbytes, 64)))
        return int(self._scratch[number].ctypes.data)

    def _context(self) -> Array:
        slots = np.zeros(layout.HEADER_SLOTS + len(self._argument_names), np.uintp)
        slots[layout.ARENA_SLOT] = self._arena.ctypes.data
        return slots

    def _bind(self, slots: Array, kinds: Mapping[str, Arrays]) -> None:
        """Writes the addresses of the arrays into the context."""
        for position, (kind, name) in enumerate(self._argument_names):
            if kind in kinds:
                slots[layout.HEADER_SLOTS + position] = kinds[kind][name].ctypes.data


class InferenceExecutable(_Executable):
    """Computes the batched outputs of a graph without updates."""

    def __init__(self, program: Compiled) -> None:
        super().__init__(program)
        unknown = {kind for kind, _ in self._argument_names} - {"input", "output", "parameter"}
        if unknown:  # their addresses would be nothing
            raise ValueError(f"a program for inference cannot take arguments of the kinds {sorted(unknown)}")
        self._prepare = program.code.function("prepare", [_POINTER, _POINTER])
        self._infer = program.code.function("infer", [_POINTER, _POINTER, _SIZE, _SIZE])
        self._work = program.multiply_adds
        self._blocks_address = program.code.address("infer_blocks")
        self._cut_address = program.code.address("infer_cut") if program.most_cut else 0
        self.fewest_for_threads = fewest_images(program, _WORK_FOR_THREADS, FEWEST_IMAGES_FOR_THREADS)
        self._parameters: Arrays = {}
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

    def run(self, parameters: Arrays, inputs: Arrays, outputs: Arrays, count: int, *, version: int) -> None:
        """Fills `outputs` f32 [count, ...] from `inputs` [count, ...], all C-contiguous, on all threads.

        Parameters are packed again when `version` differs from last time. RuntimeError inside another run.
        """
        with self._lock:
            if self._running or self._left_behind:
                self._refuse_or_start_anew()
            try:
                self._running = True
                if version != self._version:
                    self._pack(parameters)
                    self._version = version
                slots = self._slot_words
                for slot, is_input, name in self._rows:
                    slots[slot] = address_of((inputs if is_input else outputs)[name])
                if _FEWEST_TO_SHARE <= count * self._work <= _MOST_TO_SHARE:
                    self._run_short(count)
                elif count >= self.fewest_for_threads:
                    self._run_chunks(count)
                elif count:
                    self._infer(self._address, self._first_scratch, 0, count)
            finally:
                self._running = False

    def _pack(self, parameters: Arrays) -> None:
        self._version = None  # until all are packed
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


def _tell_after(progress: Callable[[int], None], before: int, done: int) -> None:
    progress(before + done)


class Run(NamedTuple):
    """What a run of training steps is given (see `TrainingExecutable.run`)."""

    parameters: Arrays
    inputs: Arrays
    order: NDArray[np.int64]
    batch_size: int
    scalars: Arrays
    outputs: Arrays

    @property
    def steps(self) -> int:
        return -(-len(self.order) // self.batch_size)

    @property
    def arrays(self) -> dict[str, Arrays]:
        """By kind of a program's argument."""
        return {"parameter": self.parameters, "input": self.inputs, "scalar": self.scalars, "output": self.outputs}

    def single(self, step: int, batched: Collection[str]) -> Run:
        """One of the steps; of the outputs, those in `batched` have a row for each image, others one for each step."""
        rows, own = slice(step * self.batch_size, (step + 1) * self.batch_size), slice(step, step + 1)
        return self._replace(
            order=self.order[rows],
            scalars={name: values[own] for name, values in self.scalars.items()},
            outputs={name: array[rows if name in batched else own] for name, array in self.outputs.items()},
        )


class TrainingExecutable(_Executable):
    """Runs training steps of a graph with updates, of at most `max_batch` images each."""

    def __init__(self, program: Compiled) -> None:
        super().__init__(program)
        self._train = program.code.function("train", [_POINTER, _POINTER, _SIZE])
        self._fewest_for_workers = fewest_images(program, _WORK_FOR_WORKERS, FEWEST_IMAGES_FOR_WORKERS)
        self.max_batch = program.max_batch
        self.checked = program.checked

    def run(
        self,
        parameters: Arrays,
        inputs: Arrays,
        order: NDArray[np.int64],
        batch_size: int,
        scalars: Arrays,
        outputs: Arrays,
        *,
        progress: Callable[[int], None] | None = None,
    ) -> int:
        """Runs ceil(len(order) / batch_size) steps over the rows `order` of `inputs`; gives the number of steps done,
        which are fewer if the next batch has a row of a `checked` input that is not finite.

        `parameters` are updated in place. `scalars` hold a value per step. Batched outputs are written in visiting
        order, unbatched ones one per step. `progress` is told the number of steps done now and then. What it raises,
        or Ctrl-C, ends the run after the current step.
        """
        count = -(-len(order) // batch_size)
        if batch_size > self.max_batch:
            raise ValueError(f"the program was made for batches of at most {self.max_batch} images, not {batch_size}")
        if count == 0:
            return 0
        given = Run(parameters, inputs, np.ascontiguousarray(order, np.int64), batch_size, scalars, outputs)
        with self._lock:
            if self._running or self._left_behind:
                self._refuse_or_start_anew()
            try:
                self._running = True
                return self._run(given, progress)
            finally:
                self._running = False

    def _run(self, given: Run, progress: Callable[[int], None] | None) -> int:
        threads = get_num_threads() if len(given.order) >= self._fewest_for_workers else 1
        try:
            return self._run_steps(given, threads, progress)
        except NoThreadError:
            return self._run_singly(given, progress)

    def _run_singly(self, given: Run, progress: Callable[[int], None] | None) -> int:
        """On this thread, which looks for Ctrl-C between two steps."""
        for step in range(given.steps):
            tell = None if progress is None else functools.partial(_tell_after, progress, step)
            if not self._run_steps(given.single(step, self._program.batched), 1, tell):
                return step
        return given.steps

    def _run_steps(self, given: Run, threads: int, progress: Callable[[int], None] | None) -> int:
        slots, sync = self._context(), aligned_buffer(layout.SYNC_NBYTES)
        self._bind(slots, given.arrays)
        header = {
            layout.ORDER_SLOT: given.order.ctypes.data, layout.SYNC_SLOT: sync.ctypes.data,
            layout.TOTAL_SLOT: len(given.order), layout.BATCH_SLOT: given.batch_size,
            layout.STEPS_SLOT: given.steps, layout.YIELD_SLOT: yield_address(),
            layout.SHARES_SLOT: min(threads, usable_cpus()),
        }  # fmt: skip
        for slot, value in header.items():
            slots[slot] = value
        context = int(slots.ctypes.data)
        words = sync.view(np.int64)
        words[layout.PATIENCE // 8] = layout.SPINS if threads <= usable_cpus() else 0
        scratch = [self._scratch_address(number) for number in range(threads)]

        def work(number: int) -> None:
            self._train(context, scratch[number], number)

        def watch() -> None:
            if progress is not None:
                progress(int(words[layout.DONE // 8]))

        def stop() -> None:
            words[layout.STOP_REQUEST // 8] = 1

        try:
            if threads == 1 and given.steps == 1:
                work(0)
            else:
                run_watched(work, threads, watch, stop, _WATCH_SECONDS)
        finally:  # an interrupted run also reports how far it came
            watch()
        return int(words[layout.DONE // 8])
