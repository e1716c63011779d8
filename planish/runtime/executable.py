"""How a compiled program is called: its context, its memory, its threads."""

from __future__ import annotations

import ctypes
import threading
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planish.codegen import context_layout as layout
from planish.graph.graph import Graph
from planish.runtime.buffers import aligned_buffer
from planish.runtime.programs import compiled
from planish.runtime.threads import get_num_threads, usable_cpus
from planish.runtime.workers import run_together, run_watched, yield_address

Array = NDArray[Any]
Arrays = Mapping[str, Array]

# Threads draw this many blocks at a time: about a thousand images, some milliseconds of work.
CHUNK_BLOCKS = 36
# Below this many images another thread costs more than it gives.
FEWEST_IMAGES_FOR_THREADS = 112
FEWEST_IMAGES_FOR_WORKERS = 256
_WATCH_SECONDS = 0.05

_POINTER, _SIZE = ctypes.c_void_p, ctypes.c_int64


def _names(input_dtypes: Mapping[str, np.dtype[Any]]) -> dict[str, str]:
    return {name: np.dtype(dtype).name for name, dtype in input_dtypes.items()}


class _Executable:
    """What both kinds have in common: a program, its arena, and scratch memory for each thread."""

    def __init__(
        self, graph: Graph, input_dtypes: Mapping[str, np.dtype[Any]], *, training: bool, max_batch: int = 0
    ) -> None:
        get_num_threads()  # where one thread will do, too, a PLANISH_NUM_THREADS that makes no sense is refused
        self.graph = graph
        self.max_batch = max_batch
        self._program = compiled(graph, _names(input_dtypes), training=training, max_batch=max_batch)
        self._arena = aligned_buffer(max(self._program.arena_nbytes, 64))
        self._scratch: list[Array] = []
        self._lock = threading.Lock()
        self._argument_names = [name.split(" ", 1) for name in self._program.arguments]

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

    def __init__(self, graph: Graph, input_dtypes: Mapping[str, np.dtype[Any]]) -> None:
        super().__init__(graph, input_dtypes, training=False)
        self._prepare = self._program.code.function("prepare", [_POINTER, _POINTER])
        self._infer = self._program.code.function("infer", [_POINTER, _POINTER, _SIZE, _SIZE])
        self._slots = self._context()
        self._address = int(self._slots.ctypes.data)
        self._first_scratch = self._scratch_address(0)
        self._version: int | None = None
        self._parameters: Arrays = {}
        self._rows = [
            (layout.HEADER_SLOTS + position, kind == "input", name)
            for position, (kind, name) in enumerate(self._argument_names)
            if kind in ("input", "output")
        ]

    def run(self, parameters: Arrays, inputs: Arrays, outputs: Arrays, count: int, *, version: int) -> None:
        """Fills `outputs` f32 [count, ...] from `inputs` [count, ...], all C-contiguous, on all threads.

        Parameters are packed anew when `version` is another than last time.
        """
        with self._lock:
            if version != self._version:
                self._pack(parameters)
                self._version = version
            slots = self._slots
            for slot, is_input, name in self._rows:
                slots[slot] = (inputs if is_input else outputs)[name].ctypes.data
            if count < FEWEST_IMAGES_FOR_THREADS:
                if count:
                    self._infer(self._address, self._first_scratch, 0, count)
                return
            self._run_chunks(count)

    def _pack(self, parameters: Arrays) -> None:
        self._bind(self._slots, {"parameter": parameters})
        self._parameters = dict(parameters)  # kept alive as long as native code may read them
        self._prepare(self._address, self._first_scratch)

    def _run_chunks(self, count: int) -> None:
        block = self._program.block
        chunk = block * CHUNK_BLOCKS
        threads = max(1, min(get_num_threads(), -(-count // FEWEST_IMAGES_FOR_THREADS)))
        if count < chunk * threads:
            chunk = max(block, -(-count // (4 * threads * block)) * block)
        starts = iter(range(0, count, chunk))  # drawing from it is atomic under the interpreter lock
        scratch = [self._scratch_address(number) for number in range(threads)]

        def work(number: int) -> None:
            for first in starts:
                self._infer(self._address, scratch[number], first, min(first + chunk, count))

        def stop() -> None:
            deque(starts, maxlen=0)  # nothing is left to draw

        run_together(work, threads, stop)


class TrainingExecutable(_Executable):
    """Runs training steps of a graph with updates, of at most `max_batch` images each."""

    def __init__(self, graph: Graph, input_dtypes: Mapping[str, np.dtype[Any]], max_batch: int) -> None:
        super().__init__(graph, input_dtypes, training=True, max_batch=max_batch)
        self._train = self._program.code.function("train", [_POINTER, _POINTER, _SIZE])
        self.watched = self._program.watched

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
        which are fewer if the next batch has a row of a `watched` input that is not finite.

        `parameters` are updated in place. `scalars` hold a value per step. Batched outputs are written in visiting
        order, unbatched ones one per step. `progress` is told the number of steps done now and then. What it raises,
        or Ctrl-C, ends the run after the current step.
        """
        total = len(order)
        count = -(-total // batch_size)
        if batch_size > self.max_batch:
            raise ValueError(f"the program was made for batches of at most {self.max_batch} images, not {batch_size}")
        if count == 0:
            return 0
        with self._lock:
            slots, sync = self._context(), aligned_buffer(layout.SYNC_NBYTES)
            self._bind(slots, {"parameter": parameters, "input": inputs, "scalar": scalars, "output": outputs})
            rows = np.ascontiguousarray(order, np.int64)
            threads = get_num_threads() if total >= FEWEST_IMAGES_FOR_WORKERS else 1
            header = {
                layout.ORDER_SLOT: rows.ctypes.data, layout.SYNC_SLOT: sync.ctypes.data, layout.TOTAL_SLOT: total,
                layout.BATCH_SLOT: batch_size, layout.STEPS_SLOT: count,
                layout.YIELD_SLOT: yield_address(), layout.SHARES_SLOT: min(threads, usable_cpus()),
            }  # fmt: skip
            for slot, value in header.items():
                slots[slot] = value
            return self._run_steps(slots, sync, threads, progress)

    def _run_steps(self, slots: Array, sync: Array, threads: int, progress: Callable[[int], None] | None) -> int:
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
            if threads == 1 and slots[layout.STEPS_SLOT] == 1:
                work(0)
            else:
                run_watched(work, threads, watch, stop, _WATCH_SECONDS)
        finally:  # an interrupted run tells how far it came, too
            watch()
        return int(words[layout.DONE // 8])
