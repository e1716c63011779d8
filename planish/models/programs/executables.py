"""Makes executables: compiled, or interpreted if `compile(run_eagerly=True)` asks for it, or both (PLANISH_COMPARE)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from planish import settings
from planish.graph.graph import Graph
from planish.graph.settings import name_of
from planish.models.data.arrays import Array
from planish.models.programs.stepped import SteppedInference, needs_steps

if TYPE_CHECKING:
    from planish.runtime.executable import TrainingExecutable as SharedExecutable

Arrays = Mapping[str, Array]


class InferenceExecutable(Protocol):
    """Computes batched outputs; see `planish.runtime.interpreted.InterpretedInference.run`."""

    def run(self, parameters: Arrays, inputs: Arrays, outputs: Arrays, count: int, *, version: int) -> None: ...
    def run_prepared(self, x: Array, y: Array, count: int, version: int) -> bool: ...


class TrainingExecutable(Protocol):
    """Runs training steps; see `planish.runtime.interpreted.InterpretedTraining.run`.

    It stops before a batch in which a row of a `checked` input holds NaN or infinity.
    """

    checked: tuple[str, ...]

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


def read_by(graph: Graph, dtypes: Mapping[str, np.dtype[Any]]) -> dict[str, np.dtype[Any]]:
    """Of the element types of arrays by name, those of arrays that the graph reads."""
    return {name: dtypes[name] for name in map(name_of, graph.leaves("input"))}


def inference(graph: Graph, input_dtypes: Mapping[str, np.dtype[Any]], *, eager: bool) -> InferenceExecutable:
    """For the outputs of a graph, and what layers assign; `input_dtypes` are the element types of the arrays that it
    will read."""
    if needs_steps(graph):
        return SteppedInference(graph, input_dtypes, eager=eager)
    if eager:
        from planish.runtime.interpreted import InterpretedInference

        return InterpretedInference(graph, input_dtypes)
    from planish import runtime

    program = runtime.compile(graph, input_dtypes)
    if settings.value("PLANISH_COMPARE"):
        from planish.runtime.compared import ComparedInference

        return ComparedInference(program, graph, input_dtypes)
    from planish.runtime import inference_executable

    return inference_executable.InferenceExecutable(program)


def training(
    graph: Graph, input_dtypes: Mapping[str, np.dtype[Any]], max_batch: int, *, eager: bool
) -> TrainingExecutable:
    """For a training step of up to `max_batch` images."""
    if eager:
        from planish.runtime.interpreted import InterpretedTraining

        return InterpretedTraining(graph, input_dtypes, max_batch)
    from planish import runtime

    program = runtime.compile(graph, input_dtypes, training=True, max_batch=max_batch)
    if settings.value("PLANISH_COMPARE"):
        from planish.runtime.compared import ComparedTraining

        return ComparedTraining(program, graph, input_dtypes)
    from planish.runtime import executable

    return executable.TrainingExecutable(program)


def shared_training(
    graph: Graph, input_dtypes: Mapping[str, np.dtype[Any]], max_batch: int, blocks: tuple[int, int]
) -> SharedExecutable:
    """For a training step of up to `max_batch` images that several ranks share (see `runtime.compile`)."""
    from planish import runtime
    from planish.runtime import executable

    program = runtime.compile(graph, input_dtypes, training=True, max_batch=max_batch, blocks=blocks)
    return executable.TrainingExecutable(program)
