"""Computes loss and outputs without training: the program behind `evaluate` and validation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planish import standalone
from planish.distribution.communicator import Ranks
from planish.distribution.data_parallel import current_ranks
from planish.models.data.arrays import Array
from planish.models.ends.compile_settings import CompileSettings
from planish.models.ends.graph_names import output_names
from planish.models.programs import executables
from planish.models.programs.prepare import Prepared
from planish.models.programs.shared_steps import evaluated_places, gather_rows
from planish.models.programs.step_graph import check_minimised, evaluation_graph, penalty_graph
from planish.models.programs.stepped import needs_steps
from planish.models.programs.train_program import StepOutputs
from planish.models.programs.trunk import trunk_of, with_trunk
from planish.models.programs.trunk_outputs import Kept, outputs_of, usable
from planish.primitives.interpreter import interpret

if TYPE_CHECKING:
    from planish.models.model import Model


class Tester:
    """A program for data of one kind (`Prepared.key`)."""

    def __init__(self, model: Model, settings: CompileSettings, data: Prepared) -> None:
        self._compiled = [metric for metric in data.compiled if metric.alone]
        (trunk, graph, _), self._updates = evaluation_graph(
            model, data.objectives, data.sizes, self._compiled, divided=not settings.run_eagerly
        )
        self.trunk = trunk_of(model, trunk, data.dtypes)
        self._penalty = penalty_graph(model, data.sizes)
        check_minimised([name for name, _ in graph.outputs] + ["penalty"] * (self._penalty is not None))
        by_batch = needs_steps(graph)
        dtypes = executables.read_by(graph, with_trunk(data.dtypes, self.trunk))
        self._executable = executables.inference(graph, dtypes, eager=settings.run_eagerly)
        self._variables = standalone.bound(model.weights, graph, self._penalty)
        self._parameters = {variable.path: variable.value for variable in self._variables}
        self._outputs = {name: node.type for name, node in graph.outputs}
        self._changed = bool(graph.updates)
        self._model_outputs = output_names(model.output_specs)
        self._penalty_reads_images = self._penalty is not None and bool(self._penalty.leaves("input"))
        self.depends_on_batch = by_batch or self._penalty_reads_images
        self.reads_all = self.depends_on_batch or settings.run_eagerly
        """Whether this process reads all images, also where several ranks evaluate."""
        self.reads_images = self._penalty_reads_images or not dtypes.keys().isdisjoint(data.names)

    @property
    def output_nbytes(self) -> int:
        """The memory that the outputs, and those of the trunk, take for each image."""
        own = sum(kind.nbytes for kind in self._outputs.values())
        return own if self.trunk is None else own + self.trunk.nbytes

    def run(self, inputs: dict[str, Array], count: int, kept: Kept | None = None) -> StepOutputs:
        """Loss, outputs and penalty of `count` images, as one step. `kept`: what is kept of the trunk's outputs for
        them; all of it is used, so that images that are known may be missing from `inputs`."""
        penalty = self._penalty_of(inputs, count)  # before variables change
        ranks = current_ranks()
        if ranks is None or self.reads_all:
            arrays = self._computed(inputs, count, kept)
        else:
            arrays = self._computed_together(ranks, inputs, count, kept)
        if penalty is not None:
            arrays["penalty"] = penalty
        return StepOutputs.of(count, arrays, self._model_outputs, self._compiled, self._updates)

    def _computed(self, inputs: dict[str, Array], count: int, kept: Kept | None) -> dict[str, Array]:
        """The outputs by name."""
        if self.trunk is not None:
            inputs = {**inputs, **outputs_of(self.trunk, inputs, count, usable(kept, self.trunk))}
        arrays = self._new_arrays(count)
        version = max([variable.version for variable in self._variables], default=0)
        self._executable.run(self._parameters, inputs, arrays, count, version=version)
        if self._changed:
            for variable in self._variables:
                variable.touch()
        return arrays

    def _computed_together(
        self, ranks: Ranks, inputs: dict[str, Array], count: int, kept: Kept | None
    ) -> dict[str, Array]:
        """The same, of which each rank computes some rows."""
        places = evaluated_places(ranks, count)
        rows = places[ranks.rank]
        own_inputs = {name: array[rows] for name, array in inputs.items()}
        own_kept = None if kept is None else kept._replace(numbers=kept.of(np.arange(rows.start, rows.stop)))
        own = self._computed(own_inputs, rows.stop - rows.start, own_kept)
        whole = self._new_arrays(count)
        gather_rows(ranks, own, whole, places)
        return whole

    def _new_arrays(self, count: int) -> dict[str, Array]:
        return {
            name: np.empty((count if kind.batched else 1, *kind.shape), kind.numpy_dtype)
            for name, kind in self._outputs.items()
        }

    def _penalty_of(self, inputs: dict[str, Array], count: int) -> Array | None:
        """f32 [1]; by the interpreter, since it is a handful of sums over weights."""
        if self._penalty is None:
            return None
        dtype = dict(self._penalty.outputs)["penalty"].type.numpy_dtype
        bindings = dict(self._parameters)
        if self._penalty_reads_images:
            bindings |= {name: array.astype(dtype) for name, array in inputs.items()}
        value = interpret(self._penalty, bindings, batch_size=count).outputs["penalty"]
        return np.reshape(np.asarray(value, dtype=dtype), 1)
