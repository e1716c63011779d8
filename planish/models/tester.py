"""Computes loss and outputs without training: the program behind `evaluate` and validation."""

from __future__ import annotations

from typing import Any

import numpy as np

from planish.graph.graph import Graph
from planish.models import executables
from planish.models.arrays import Array, memory_dtype
from planish.models.compile_settings import CompileSettings
from planish.models.prepare import Prepared
from planish.models.step_graph import penalty_graph, test_graph
from planish.models.trainer import StepOutputs
from planish.ops.interpreter import interpret


class Tester:
    """A program for data of one kind (`Prepared.key`)."""

    def __init__(self, model: Any, settings: CompileSettings, data: Prepared) -> None:
        graph = test_graph(model, data.objective)
        dtypes = {"x": memory_dtype(data.data.x.dtype), "y_true": data.y_true.dtype}
        if data.objective.weighted:
            dtypes["sample_weight"] = np.dtype(np.float32)
        self._executable = executables.inference(graph, dtypes, eager=settings.run_eagerly)
        self._variables = model.weights
        self._parameters = {variable.path: variable.value for variable in self._variables}
        self._shape = model.output_shape[1:]
        self._penalty = penalty_graph(model)

    @property
    def output_nbytes(self) -> int:
        """What the outputs take for each image."""
        return 4 + 4 * int(np.prod(self._shape))

    @property
    def penalty_depends_on_batch(self) -> bool:
        """Whether a layer's penalty is computed from activations, so that it differs from batch to batch."""
        return self._penalty is not None and _reads_batch(self._penalty)

    def run(self, inputs: dict[str, Array], count: int) -> StepOutputs:
        """Loss, outputs and penalty of `count` images, as one step."""
        y = np.empty((count, *self._shape), np.float32)
        loss = np.empty(count, np.float32)
        version = max([variable.version for variable in self._variables], default=0)
        self._executable.run(self._parameters, inputs, {"y": y, "loss": loss}, count, version=version)
        return StepOutputs(loss, y, self._penalty_of(inputs, count))

    def _penalty_of(self, inputs: dict[str, Array], count: int) -> Array | None:
        """f32 [1]; by the interpreter, since it is a handful of sums over weights."""
        if self._penalty is None:
            return None
        bindings = dict(self._parameters)
        if _reads_batch(self._penalty):
            bindings["x"] = inputs["x"].astype(np.float32)
        value = interpret(self._penalty, bindings, batch_size=count).outputs["penalty"]
        return np.reshape(np.asarray(value, dtype=np.float32), 1)


def _reads_batch(graph: Graph) -> bool:
    return any(node.op in ("input", "batch_size") for node in graph.nodes)
