"""Runs training steps: the program, the arrays that it changes, and the count of steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from planish import random_seed
from planish.errors import explain
from planish.graph.settings import name_of
from planish.models.data.arrays import Array
from planish.models.data.in_memory import Arrays, check_finite
from planish.models.ends.compile_settings import CompileSettings
from planish.models.ends.graph_names import given_name, output_names
from planish.models.programs import executables
from planish.models.programs.compiled_metrics import CompiledMetric
from planish.models.programs.own_loss import Update
from planish.models.programs.prepare import Prepared
from planish.models.programs.shared_steps import SharedSteps, can_be_shared, gather_rows, sharing_ranks
from planish.models.programs.step_graph import training_graph
from planish.models.programs.trunk import Trunk, taken, trunk_of, with_trunk
from planish.models.programs.trunk_outputs import Kept, usable
from planish.models.programs.turn import Turn

if TYPE_CHECKING:
    from planish.models.model import Model

_LARGEST_SEED = 2**31 - 1
_SHARED_ROWS_AT_ONCE = 8192
"""Of all ranks, after which they tell each other what they have computed."""


class StepOutputs(NamedTuple):
    """The results of steps on a number of `images`, in visiting order: `arrays` by their names in the graph, which are
    f32 [images, ...], but for those of the whole batch, such as 'penalty', f32 [steps]. `y` are those of the model's
    outputs, if they were asked for, `losses` those of the single outputs, if several have a loss, and `metrics` those
    of metrics that are part of the program."""

    images: int
    arrays: dict[str, Array]
    y: Sequence[Array]
    losses: Sequence[Array]
    metrics: Sequence[tuple[CompiledMetric, Array]]
    updates: Sequence[Update] = ()
    """Of metrics, in a `compute_loss` of the model's own."""

    @classmethod
    def of(
        cls,
        count: int,
        arrays: dict[str, Array],
        model_outputs: Sequence[str],
        compiled: Sequence[CompiledMetric],
        updates: Sequence[Update] = (),
    ) -> StepOutputs:
        """`model_outputs` are the names of the model's outputs in the graph, `compiled` the metrics in it."""
        losses = [array for name, array in arrays.items() if name.startswith("loss/")]
        metrics = [(metric, arrays[metric.name]) for metric in compiled]
        return cls(count, arrays, [arrays[name] for name in model_outputs if name in arrays], losses, metrics, updates)

    @property
    def loss(self) -> Array | None:
        """Of each image; None if the model has none."""
        return self.arrays.get("loss")

    @property
    def penalty(self) -> Array | None:
        return self.arrays.get("penalty")


class Trainer:
    """A training program of a model, for data of one kind (`Prepared.key`) and batches of up to `max_batch` images."""

    def __init__(
        self,
        model: Model,
        settings: CompileSettings,
        data: Prepared,
        max_batch: int,
        turn: Turn,
        *,
        with_outputs: bool,
    ) -> None:
        from planish.runtime.collecting import collector_rests

        self._turn = turn
        self.max_batch = max_batch
        self._optimizer = settings.optimizer
        self._optimizer.build(model.trainable_weights, model.non_trainable_weights)
        traced = partial(
            training_graph,
            model,
            data.objectives,
            self._optimizer,
            with_outputs=with_outputs,
            sizes=data.sizes,
            metrics=data.compiled,
            divided=not settings.run_eagerly,
        )
        ranks = None if settings.run_eagerly else sharing_ranks()
        with collector_rests():
            step = traced(ranks=0 if ranks is None else ranks.size)
            if ranks is not None and not can_be_shared(step.graph):
                ranks, step = None, traced()
        graph, variables, trunk, own_statistics, self._updates = step
        self._shared = None if ranks is None else SharedSteps(ranks, own_statistics=own_statistics)
        self._compiled = data.compiled
        self.trunk = trunk_of(model, trunk, data.dtypes)
        dtypes = executables.read_by(graph, with_trunk(data.dtypes, self.trunk))
        self._reads = [name for name in dtypes if self.trunk is None or name not in self.trunk.shapes]
        self.reads_images = not dtypes.keys().isdisjoint(data.names)
        self._executable: executables.TrainingExecutable
        if self._shared is None:
            self._executable = executables.training(graph, dtypes, max_batch, eager=settings.run_eagerly)
        else:
            self._together = executables.shared_training(graph, dtypes, max_batch, self._shared.blocks)
            self._executable = self._together
        self._names = data.names
        self._wide = data.data.labels.wide
        self._model_outputs = output_names(model.output_specs)
        self._parameters = {variable.path: variable.value for variable in variables}
        changed = {name for name, _ in graph.updates}
        self._changed = [variable for variable in variables if variable.path in changed]
        self._scalars = [(name_of(node), node.type.numpy_dtype) for node in graph.leaves("scalar")]
        self._outputs = {name: node.type for name, node in graph.outputs}

    def look_at(self, data: Arrays) -> None:
        """ValueError if images are not finite. Where `run` reads these very images, it finds out itself, and nothing is
        checked here."""
        for name, array, label in zip(self._names, data.inputs, data.labels.inputs, strict=True):
            if name not in self._executable.checked:
                check_finite(array, label, wide=data.labels.wide)

    @property
    def reads_all(self) -> bool:
        """Whether this process reads all images, also where several ranks train."""
        return self._shared is None

    @property
    def output_nbytes(self) -> int:
        """The memory that `new_outputs` takes for each image."""
        return max(1, sum(kind.nbytes for kind in self._outputs.values() if kind.batched))

    def new_outputs(self, count: int, batch_size: int) -> StepOutputs:
        steps = -(-count // batch_size)
        arrays = {
            name: np.empty((count if kind.batched else steps, *kind.shape), kind.numpy_dtype)
            for name, kind in self._outputs.items()
        }
        return StepOutputs.of(count, arrays, self._model_outputs, self._compiled, self._updates)

    def own_places(self, batch_size: int, count: int) -> NDArray[np.int64] | None:
        """Which of `count` rows `run` reads, if other ranks read the others."""
        return None if self._shared is None else self._shared.share(batch_size, count).places()

    def run(
        self,
        inputs: dict[str, Array],
        order: NDArray[np.int64],
        batch_size: int,
        outputs: StepOutputs,
        random: np.random.Generator | None = None,
        progress: Callable[[int], None] | None = None,
        kept: Kept | None = None,
    ) -> None:
        """Trains on the rows `order` of `inputs`, with a seed per step from `random` (or fresh ones).

        `kept`: what is kept of the trunk's outputs for those rows, and where what is missing will be kept. The images
        of rows that are known are not read, and may be left out.

        If interrupted, it counts the steps that were done. ValueError if it meets an image that is not finite, after
        the steps before it (see `look_at`); RuntimeError in the middle of the model's own steps.
        """
        turn = self._turn
        with turn.lock:
            turn.refuse_inside()
            try:
                turn.taken = True
                kept = usable(kept, self.trunk)
                done = self._steps(inputs, order, batch_size, outputs, random, progress, kept)
            finally:
                turn.taken = False
        if done < -(-len(order) // batch_size):
            for name in self._names:
                if name in inputs:
                    check_finite(inputs[name], given_name(name), wide=self._wide)
            raise ValueError(
                explain(
                    what="`x` held values that are not finite while the model was trained",
                    expected="finite numbers",
                    received="finite numbers now: something else writes into `x`",
                    remedy="leave `x` as it is until training ends, or pass a copy: x.copy()",
                )
            )

    def _steps(
        self,
        inputs: dict[str, Array],
        order: NDArray[np.int64],
        batch_size: int,
        outputs: StepOutputs,
        random: np.random.Generator | None,
        progress: Callable[[int], None] | None,
        kept: Kept | None,
    ) -> int:
        """The number of steps that were done."""
        steps = -(-len(order) // batch_size)
        scalars = self._step_scalars(steps, random)
        before = done = 0

        def note(steps_done: int) -> None:
            nonlocal done
            done = before + steps_done
            if progress is not None:
                progress(done)

        try:
            if self._shared is not None:
                self._shared_run(self._shared, inputs, order, batch_size, outputs, scalars, note, kept)
            for start, read, rows in () if self._shared else self._pieces(inputs, order, batch_size, kept):
                before = start // batch_size
                of_steps = slice(before, before - (-len(rows) // batch_size))
                places = {True: slice(start, start + len(rows)), False: of_steps}
                done = before + self._executable.run(
                    self._parameters,
                    read,
                    rows,
                    batch_size,
                    {name: values[of_steps] for name, values in scalars.items()},
                    {name: a[places[self._outputs[name].batched]] for name, a in outputs.arrays.items()},
                    progress=note,
                )
                if done < of_steps.stop:
                    break
        finally:
            self._optimizer.batches_done.assign_add(done)
            for variable in self._changed:
                variable.touch()
        return done

    def _shared_run(
        self,
        shared: SharedSteps,
        inputs: dict[str, Array],
        order: NDArray[np.int64],
        batch_size: int,
        outputs: StepOutputs,
        scalars: dict[str, Array],
        note: Callable[[int], None],
        kept: Kept | None,
    ) -> None:
        """The steps with other ranks: each computes its rows, and then all of them get the results of all rows."""
        at_once = _SHARED_ROWS_AT_ONCE if self.trunk is None else min(_SHARED_ROWS_AT_ONCE, self.trunk.rows_at_once)
        size = max(1, at_once // batch_size) * batch_size
        for start in range(0, len(order), size):
            rows = order[start : start + size]
            share = shared.share(batch_size, len(rows))
            steps = slice(start // batch_size, start // batch_size + share.steps)
            places = shared.places(share)
            own_rows = rows[places[shared.ranks.rank]]
            whole = {name: array[start : start + len(rows)] for name, array in self._batched(outputs).items()}
            own = {name: np.empty((len(own_rows), *array.shape[1:]), array.dtype) for name, array in whole.items()}
            of_steps = {name: array[steps] for name, array in outputs.arrays.items() if name not in own}
            read, read_rows = self._own_inputs(inputs, own_rows, kept)
            of_run = {name: values[steps] for name, values in scalars.items()}
            done = self._together.run_share(self._parameters, read, read_rows, of_run, {**own, **of_steps}, share)
            if done == share.steps:
                gather_rows(shared.ranks, own, whole, places)
            note(steps.start + done)
            if done < share.steps:
                return

    def _batched(self, outputs: StepOutputs) -> dict[str, Array]:
        """The outputs that have a row for each image."""
        return {name: array for name, array in outputs.arrays.items() if self._outputs[name].batched}

    def _own_inputs(
        self, inputs: dict[str, Array], rows: NDArray[np.int64], kept: Kept | None
    ) -> tuple[dict[str, Array], NDArray[np.int64]]:
        """What the program reads of some rows of `inputs`, and the numbers of the rows in it."""
        if self.trunk is None:
            return inputs, rows
        rest = {name: inputs[name] for name in self._reads}
        here = np.arange(len(rows), dtype=np.int64)
        return {**taken(rest, rows), **self._from_trunk(self.trunk, inputs, rows, kept)}, here

    def _pieces(
        self, inputs: dict[str, Array], order: NDArray[np.int64], batch_size: int, kept: Kept | None
    ) -> Iterator[tuple[int, dict[str, Array], NDArray[np.int64]]]:
        """Whole batches of the rows `order`: where in it they begin, the arrays to read, and the rows of these.

        With a trunk there are several: what it gives for some batches is computed just before they are trained on.
        """
        if self.trunk is None:
            yield 0, inputs, order
            return
        rest = {name: inputs[name] for name in self._reads}
        if kept is not None and kept.numbers is None and kept.outputs.knows(order):
            assert kept.outputs.arrays is not None
            yield 0, {**rest, **kept.outputs.arrays}, order
            return
        size = max(1, self.trunk.rows_at_once // batch_size) * batch_size
        for start in range(0, len(order), size):
            rows = order[start : start + size]
            here = np.arange(len(rows), dtype=np.int64)
            yield start, {**taken(rest, rows), **self._from_trunk(self.trunk, inputs, rows, kept)}, here

    def _from_trunk(
        self, trunk: Trunk, inputs: dict[str, Array], rows: NDArray[np.int64], kept: Kept | None
    ) -> dict[str, Array]:
        """What it gives for some rows of `inputs`."""
        if kept is None:
            given = trunk.outputs(taken({name: inputs[name] for name in trunk.inputs}, rows), len(rows))
            trunk.check_finite(given)
            return given
        numbers = kept.of(rows)
        return taken(kept.outputs.fill(trunk, inputs, rows, numbers), numbers)

    def _step_scalars(self, steps: int, random: np.random.Generator | None) -> dict[str, Array]:
        """The value of every scalar at each of the next steps."""
        first = int(self._optimizer.batches_done)
        values = [self._optimizer.scalars(first + step) for step in range(steps)]
        arrays: dict[str, Array] = {}
        for name, kind in self._scalars:
            if name == "seed":
                arrays[name] = _seeds(steps, random)
            elif name == "iteration":
                arrays[name] = np.arange(first, first + steps).astype(np.int32)  # beyond int32, it wraps around
            else:
                arrays[name] = np.array([at_step[name] for at_step in values], dtype=kind)
        return arrays


def _seeds(count: int, random: np.random.Generator | None) -> Array:
    if random is None:
        return np.array([random_seed.next_seed() for _ in range(count)], dtype=np.int32)
    return random.integers(0, _LARGEST_SEED, size=count, dtype=np.int32)
