"""`predict` for images of one element type and shape: little more than a prepared call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from planish import standalone, structures
from planish.models.data.arrays import READABLE, Array, contiguous_chunks, memory_dtype, readable
from planish.models.data.expected import alone
from planish.models.data.image_shapes import no_images
from planish.models.data.read_ahead import READERS, let_steps_catch_up
from planish.models.ends.graph_names import input_names
from planish.models.programs import executables
from planish.models.programs.stepped import needs_steps
from planish.variable import LastAssignment

if TYPE_CHECKING:
    from planish.models.model import Model
    from planish.models.programs.prepare import Sizes


class Predictor:
    """Calling it with an array for each of the model's inputs computes the outputs of any number of images [n, ...],
    in the model's precision and in the structure that the model gives them. `by_batch`: each call is one batch, whose
    images matter to each other, or which changes variables. Outputs without a batch axis, `once_a_batch`, are one array
    for a call."""

    __slots__ = (
        "_changed",
        "_executable",
        "_form",
        "_inputs",
        "_outputs",
        "_parameters",
        "_reads_directly",
        "_seen",
        "_variables",
        "_version",
        "by_batch",
        "once_a_batch",
    )

    def __init__(
        self, model: Model, dtypes: Sequence[np.dtype[Any]], sizes: Sizes | None = None, *, eager: bool
    ) -> None:
        from planish.runtime.collecting import collector_rests

        with collector_rests():
            graph = model.graph(sizes=sizes)
        self._inputs = tuple(input_names(model.input_specs))
        types = dict(zip(self._inputs, map(memory_dtype, dtypes), strict=True))
        self.by_batch = needs_steps(graph)
        self._executable = executables.inference(graph, executables.read_by(graph, types), eager=eager)
        self._changed = bool(graph.updates)
        self._variables = standalone.bound(model.weights, graph)
        self._parameters = {variable.path: variable.value for variable in self._variables}
        self._reads_directly = all(dtype in READABLE and dtype.isnative for dtype in dtypes)
        self._outputs = [(name, node.shape, node.batched, node.type.numpy_dtype) for name, node in graph.outputs]
        self.once_a_batch = [name for name, node in graph.outputs if not node.batched]
        self._form = None if alone(model.output_form) else model.output_form
        self._seen = self._version = 0

    def __call__(self, *inputs: Array) -> Any:
        let_steps_catch_up()
        count = len(inputs[0])
        if not count:
            raise no_images(inputs[0].shape[1:])
        outputs: dict[str, Array] = {}
        for name, shape, batched, dtype in self._outputs:
            outputs[name] = np.empty((count if batched else 1, *shape), dtype)
        direct = self._reads_directly
        for x in inputs:
            flags = x.flags
            direct = direct and flags.c_contiguous and flags.aligned
        if direct or self.by_batch:
            inputs = inputs if direct else tuple([readable(x) for x in inputs])
            self._run(self._named(inputs), outputs, count)
        else:
            for start, rows in contiguous_chunks(inputs):
                stop = start + len(rows[0])
                self._run(self._named(rows), {name: y[start:stop] for name, y in outputs.items()}, stop - start)
        for name in self.once_a_batch:
            outputs[name] = outputs[name][0, ...]
        return outputs["y"] if self._form is None else structures.packed(self._form, [*outputs.values()])

    def _named(self, inputs: Sequence[Array]) -> dict[str, Array]:
        return dict(zip(self._inputs, inputs, strict=True))

    def _run(self, inputs: dict[str, Array], outputs: dict[str, Array], count: int) -> None:
        last = LastAssignment.number
        if last != self._seen:
            self._version = max([variable.version for variable in self._variables], default=0)
            self._seen = last
        version = self._version
        self._executable.run(self._parameters, inputs, outputs, count, version=version)
        if self._changed:
            for variable in self._variables:
                variable.touch()


class StraightPredictor(Predictor):
    """For one input and one output: an array that the program can read as it is goes straight into one."""

    __slots__ = ("_dtype", "_input", "_of_one", "_output", "_run_prepared", "_shape", "_straight")

    def __init__(
        self, model: Model, dtypes: Sequence[np.dtype[Any]], sizes: Sizes | None = None, *, eager: bool
    ) -> None:
        super().__init__(model, dtypes, sizes, eager=eager)
        (self._input,) = self._inputs
        ((self._output, self._shape, batched, self._dtype),) = self._outputs
        self._of_one = 1, *self._shape
        self._straight = batched and self._reads_directly and not self.by_batch
        self._run_prepared = self._executable.run_prepared

    def __call__(self, *inputs: Array) -> Any:
        (x,) = inputs
        count, flags = len(x), x.flags
        if not (count and self._straight and flags.c_contiguous and flags.aligned):
            return super().__call__(x)
        if READERS:
            let_steps_catch_up()
        y = np.empty(self._of_one if count == 1 else (count, *self._shape), self._dtype)
        if LastAssignment.number != self._seen or not self._run_prepared(x, y, count, self._version):
            self._run({self._input: x}, {self._output: y}, count)
        return y


def predictor_for(
    model: Model, dtypes: Sequence[np.dtype[Any]], sizes: Sizes | None = None, *, eager: bool
) -> Predictor:
    """For images of these element types and, if the model takes them from the data, sizes."""
    kind = StraightPredictor if len(dtypes) == 1 and alone(model.output_form) else Predictor
    return kind(model, dtypes, sizes, eager=eager)


class OtherRank:
    """A predictor for images with one last axis of 1 less, or more, than the model takes."""

    __slots__ = ("_predictor", "_view")

    def __init__(self, predictor: Predictor, lacks_axis: bool) -> None:
        self._predictor = predictor
        self._view = (..., None) if lacks_axis else (..., 0)

    def __call__(self, x: Array) -> Any:
        return self._predictor(x[self._view])
