"""How a compiled program is called: its context, its memory, and the threads of a run of training steps."""

from __future__ import annotations

import ctypes
import functools
import threading
from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from planish import forking
from planish.codegen.llvm import context_layout as layout
from planish.errors import explain
from planish.runtime.buffers import aligned_buffer
from planish.runtime.compiled import Compiled
from planish.runtime.share import NativeExchange, Share
from planish.runtime.threads import get_num_threads, usable_cpus
from planish.runtime.workers import NoThreadError, run_watched, yield_address

Array = NDArray[Any]
Arrays = Mapping[str, Array]

# Below so many multiply-adds of the forward pass, in a run of training steps, another thread costs more than it saves.
# Small models have other work besides, and never need more images.
_WORK_FOR_WORKERS = 670_000_000
FEWEST_IMAGES_FOR_WORKERS = 8, 256
_WATCH_SECONDS = 0.05

INSIDE_OF_ITSELF = explain(
    what="a model was called while it computes, in the same thread: from a signal handler, or from a hook",
    rule="a program does one computation at a time, so this one would wait for itself for ever",
    remedy="let the handler set a flag, and call the model when the first call has returned\n"
    "or call a copy of the model: copy.deepcopy(model)",
)
POINTER, SIZE = ctypes.c_void_p, ctypes.c_int64


def fewest_images(program: Compiled, work: int, bounds: tuple[int, int]) -> int:
    """How many images are so much work, within bounds."""
    least, most = bounds
    return max(least, min(most, -(-work // max(program.multiply_adds, 1))))


class Executable:
    """What both kinds share: a program, its arena, and scratch memory for each thread.

    Who runs it has its lock. A run inside another, such as one from a signal handler, would wait for ever, and is
    refused.
    """

    def __init__(self, program: Compiled) -> None:
        get_num_threads()  # where one thread will do, too, a PLANISH_NUM_THREADS that makes no sense is refused
        self._program = program
        self._argument_names = [name.split(" ", 1) for name in program.arguments]
        self._lock = threading.RLock()
        self._running = 0  # the number of the thread that runs it
        self._left_behind = False
        self._start_anew()
        forking.tell_child(self)

    def _start_anew(self) -> None:
        """With fresh memory."""
        self._arena = aligned_buffer(max(self._program.arena_nbytes, 64))
        self._scratch: list[Array] = []
        self._left_behind = False

    def after_fork(self) -> None:
        """A run of another thread does not continue here, and has left its memory half-written."""
        self._left_behind = self._left_behind or self._running != 0
        if forking.is_lost(self._lock):
            self._lock = threading.RLock()
            self._running = 0

    def _refuse_or_start_anew(self) -> None:
        """RuntimeError inside another run; fresh memory after a run that was left behind in another process."""
        if self._running:
            raise RuntimeError(INSIDE_OF_ITSELF)
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
    share: Share | None = None

    @property
    def steps(self) -> int:
        if self.share is not None:
            return self.share.steps
        return -(-len(self.order) // self.batch_size)

    @property
    def arrays(self) -> dict[str, Arrays]:
        """By kind of a program's argument."""
        return {"parameter": self.parameters, "input": self.inputs, "scalar": self.scalars, "output": self.outputs}

    def single(self, step: int, batched: Collection[str]) -> Run:
        """One of the steps; of the outputs, those in `batched` have a row for each image, others one for each step."""
        rows, own = slice(step * self.batch_size, (step + 1) * self.batch_size), slice(step, step + 1)
        if self.share is not None:
            rows = self.share.rows(step)
        return self._replace(
            share=None if self.share is None else self.share.single(step),
            order=self.order[rows],
            scalars={name: values[own] for name, values in self.scalars.items()},
            outputs={name: array[rows if name in batched else own] for name, array in self.outputs.items()},
        )


class TrainingExecutable(Executable):
    """Runs training steps of a graph with updates, of at most `max_batch` images each."""

    def __init__(self, program: Compiled) -> None:
        super().__init__(program)
        self._train = program.code.function("train", [POINTER, POINTER, SIZE])
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
        return self._run_in_turn(given, progress)

    def run_share(
        self,
        parameters: Arrays,
        inputs: Arrays,
        order: NDArray[np.int64],
        scalars: Arrays,
        outputs: Arrays,
        share: Share,
    ) -> int:
        """The same with other ranks: `order` and the batched `outputs` have the rows that are the share of this one.

        What the exchange of totals raises ends the run before its step changes anything.
        """
        if share.batch_size > self.max_batch:
            raise ValueError(f"the program was made for batches of {self.max_batch} images, not {share.batch_size}")
        rows = np.ascontiguousarray(order, np.int64)
        return self._run_in_turn(Run(parameters, inputs, rows, share.step_rows, scalars, outputs, share), None)

    def _run_in_turn(self, given: Run, progress: Callable[[int], None] | None) -> int:
        with self._lock:
            if self._running or self._left_behind:
                self._refuse_or_start_anew()
            try:
                self._running = threading.get_ident()
                return self._run(given, progress)
            finally:
                self._running = 0

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
        words = sync.view(np.int64)

        def alarm() -> None:
            words[layout.ALARM // 8] = 1

        exchange = None if given.share is None else NativeExchange(given.share.exchange, alarm)
        if given.share is not None and exchange is not None:
            slots[layout.EXCHANGE_SLOT] = exchange.address
            slots[layout.FIRST_BLOCK_SLOT] = given.share.first
            slots[layout.BATCH_OF_ALL_SLOT], slots[layout.TOTAL_OF_ALL_SLOT] = given.share.batch_size, given.share.total
        context = int(slots.ctypes.data)
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
        if exchange is not None:
            exchange.raise_failure()
        return int(words[layout.DONE // 8])
