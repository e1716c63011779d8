"""Predictions by programs that pack the weights themselves, whenever these have changed."""

from __future__ import annotations

import time

from planish.runtime import handoff
from planish_runtime.compiled import Compiled
from planish_runtime.executable import POINTER, Arrays
from planish_runtime.handoff import MOST_HELPERS
from planish_runtime.inference import Inference
from planish_runtime.threads import recent_num_threads


class InferenceExecutable(Inference):
    """Computes the batched outputs of a graph without updates."""

    def __init__(self, program: Compiled) -> None:
        super().__init__(program, handoff.CREW)
        self._prepare = program.code.function("prepare", [POINTER, POINTER])
        self._prepare_address = program.code.address("prepare_together") if program.prepares_together else 0

    def _pack(self, parameters: Arrays) -> None:
        super()._pack(parameters)
        if not (self._prepare_address and self._prepare_together()):
            self._prepare(self._address, self._first_scratch)

    def _prepare_together(self) -> bool:
        """On all threads. False if there is one, or the others are busy, and nothing was done."""
        threads = min(recent_num_threads(time.perf_counter()), MOST_HELPERS + 1)
        if threads == 1:
            return False
        if threads != len(self._scratch_addresses):
            self._provide(threads)
        self._begin(0)
        return self._crew.share(self._prepare_address, self._address, self._scratches, threads)
