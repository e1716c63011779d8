"""Makes executables: compiled, or interpreted if `compile(run_eagerly=True)` asks for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from planish.graph.graph import Graph
from planish.models.data.arrays import Array

Arrays = Mapping[str, Array]


class InferenceExecutable(Protocol):
    """Computes batched outputs; see `planish.runtime.interpreted.InterpretedInference.run`."""

    def run(self, parameters: Arrays, inputs: Arrays, outputs: Arrays, count: int, *, version: int) -> None: ...


class TrainingExecutable(Protocol):
    """Runs training steps; see `planish.runtime.interpreted.InterpretedTraining.run`.

    It stops before a batch in which a row of a `watched` input holds NaN or infinity.
    """

    watched: tuple[str, ...]

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
    ) -> int: ...


def inference(graph: Graph, input_dtypes: Mapping[str, np.dtype[Any]], *, eager: bool) -> InferenceExecutable:
    """For a graph without updates."""
    if eager:
        from planish.runtime.interpreted import InterpretedInference

        return InterpretedInference(graph, input_dtypes)
    from planish.runtime import inference_executable

    return inference_executable(graph, input_dtypes)


def training(
    graph: Graph, input_dtypes: Mapping[str, np.dtype[Any]], max_batch: int, *, eager: bool
) -> TrainingExecutable:
    """For a training step of up to `max_batch` images."""
    if eager:
        from planish.runtime.interpreted import InterpretedTraining

        return InterpretedTraining(graph, input_dtypes, max_batch)
    from planish.runtime import training_executable

    return training_executable(graph, input_dtypes, max_batch)
