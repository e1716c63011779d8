"""Computes loss and outputs without training: the program behind `evaluate` and validation."""

from __future__ import annotations

from typing import Any

import numpy as np

from planish import standalone
from planish.models.compile_settings import CompileSettings
from planish.models.data.arrays import Array, memory_dtype
from planish.models.data.prepare import Prepared
from planish.models.programs import executables
from planish.models.programs.step_graph import depends_on_batch, penalty_graph, test_graph
from planish.models.programs.train_program import StepOutputs
from planish.primitives.interpreter import interpret


class Tester:
    """A program for data of one kind (`Prepared.key`)."""

    def __init__(self, model: Any, settings: CompileSettings, data: Prepared) -> None:
        graph = test_graph(model, data.objective)
        dtypes = {"x": memory_dtype(data.data.x.dtype), "y_true": data.y_true.dtype}
        if data.objective.weighted:
            dtypes["sample_weight"] = np.dtype(np.float32)
        # Compiled programs for inference take images one by one; the rare loss that sums over the batch is interpreted.
        by_batch = depends_on_batch(graph)
        self._executable = executables.inference(graph, dtypes, eager=settings.run_eagerly or by_batch)
        self._penalty = penalty_graph(model)
        self._variables = [*model.weights, *standalone.read_by(graph, self._penalty)]
        self._parameters = {variable.path: variable.value for variable in self._variables}
        self._shape = model.output_shape[1:]
        self._penalty_reads_images = self._penalty is not None and bool(self._penalty.leaves("input"))
        self.depends_on_batch = by_batch or self._penalty_reads_images

    @property
    def output_nbytes(self) -> int:
        """The memory that the outputs take for each image."""
        return 4 + 4 * int(np.prod(self._shape))

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
        if self._penalty_reads_images:
            bindings["x"] = inputs["x"].astype(np.float32)
        value = interpret(self._penalty, bindings, batch_size=count).outputs["penalty"]
        return np.reshape(np.asarray(value, dtype=np.float32), 1)
