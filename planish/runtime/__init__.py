"""Compiled programs, ready to run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from planish import settings
from planish.graph.graph import Graph

if TYPE_CHECKING:
    from planish.runtime.executable import InferenceExecutable, TrainingExecutable


def inference_executable(graph: Graph, input_dtypes: Mapping[str, np.dtype[Any]]) -> InferenceExecutable:
    """The compiled program of a graph without updates.

    `input_dtypes` are the element types of the arrays it will read.
    """
    if settings.value("PLANISH_COMPARE"):
        from planish.runtime.compared import ComparedInference

        return ComparedInference(graph, input_dtypes)
    from planish.runtime.executable import InferenceExecutable

    return InferenceExecutable(graph, input_dtypes)


def training_executable(graph: Graph, input_dtypes: Mapping[str, np.dtype[Any]], max_batch: int) -> TrainingExecutable:
    """The compiled program of a training step, for batches of up to `max_batch` images."""
    if settings.value("PLANISH_COMPARE"):
        from planish.runtime.compared import ComparedTraining

        return ComparedTraining(graph, input_dtypes, max_batch)
    from planish.runtime.executable import TrainingExecutable

    return TrainingExecutable(graph, input_dtypes, max_batch)
