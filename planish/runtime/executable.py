"""How a program that trains is called: its memory, and the threads of a run of steps."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Collection
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from planish.runtime.share import NativeExchange, Share
from planish_runtime import context_layout as layout
from planish_runtime.buffers import aligned_buffer
from planish_runtime.compiled import Compiled
from planish_runtime.executable import POINTER, SIZE, Arrays, Executable, fewest_images
from planish_runtime.threads import get_num_threads, usable_cpus
from planish_runtime.workers import NoThreadError, run_watched

# Below so many multiply-adds of the forward pass, in a run of training steps, another thread costs more than it saves.
# Small models have other work besides, and never need more images.
_WORK_FOR_WORKERS = 670_000_000
FEWEST_IMAGES_FOR_WORKERS = 8, 256
_WATCH_SECONDS = 0.05


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
            layout.STEPS_SLOT: given.steps, layout.YIELD_SLOT: self._program.code.yield_address(),
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
