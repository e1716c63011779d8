"""Predictions by programs that pack the weights themselves, whenever these have changed."""

from __future__ import annotations

from planish.runtime import handoff
from planish_runtime.compiled import Compiled
from planish_runtime.executable import POINTER, Arrays
from planish_runtime.inference import Inference


class InferenceExecutable(Inference):
    """Computes the batched outputs of a graph without updates."""

    def __init__(self, program: Compiled) -> None:
        super().__init__(program, handoff.CREW)
        self._prepare = program.code.function("prepare", [POINTER, POINTER])

    def _pack(self, parameters: Arrays) -> None:
        super()._pack(parameters)
        self._prepare(self._address, self._first_scratch)
