"""Executables that interpret the graph with NumPy: slow and obviously right, the oracle for the compiled ones.

They keep the promises of the compiled executables: the same arguments, parameters updated in place, a step that is
either done as a whole or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planish.graph.graph import Graph
from planish.graph.settings import name_of
from planish.primitives.interpreter import Results, interpret
from planish.primitives.of_the_batch import OF_THE_BATCH

Array = NDArray[Any]
Arrays = Mapping[str, Array]

_IMAGES_AT_ONCE = 256  # bounds the memory of the intermediate values


class InterpretedInference:
    """Computes the batched outputs of a graph without updates."""

    def __init__(self, graph: Graph, input_dtypes: Mapping[str, np.dtype[Any]]) -> None:
        self.graph = graph
        self._reads = _element_types(graph)
        self._depends_on_batch = any(node.op in OF_THE_BATCH for node in graph.nodes)

    def run(self, parameters: Arrays, inputs: Arrays, outputs: Arrays, count: int, *, version: int) -> None:
        """Fills `outputs` f32 [count, ...] from `inputs` [count, ...]. `version` matters only to packed parameters."""
        at_once = count if self._depends_on_batch else _IMAGES_AT_ONCE
        for start in range(0, count, max(1, at_once)):
            rows = slice(start, min(start + at_once, count))
            bindings = dict(parameters)
            for name, array in inputs.items():
                bindings[name] = np.asarray(array[rows], dtype=self._reads.get(name, np.float32))
            results = _quietly(self.graph, bindings, rows.stop - rows.start)
            for name, array in outputs.items():
                array[rows] = results.outputs[name]

    def run_prepared(self, x: Array, y: Array, count: int, version: int) -> bool:
        """`run` does everything."""
        return False


class InterpretedTraining:
    """Runs training steps of a graph with updates."""

    checked: tuple[str, ...] = ()

    def __init__(self, graph: Graph, input_dtypes: Mapping[str, np.dtype[Any]], max_batch: int) -> None:
        self.graph = graph
        self.max_batch = max_batch
        self._reads = _element_types(graph)

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
    ) -> int:
        """Runs ceil(len(order) / batch_size) steps over the rows `order` of `inputs`; gives the number of steps done.

        `scalars` hold a value per step. Batched outputs are written in visiting order, unbatched ones a row per step.
        `progress` is told the number of steps done after each. What it raises ends the run after the step.
        """
        steps = -(-len(order) // batch_size)
        for step in range(steps):
            places = slice(step * batch_size, min((step + 1) * batch_size, len(order)))
            rows = order[places]
            bindings = dict(parameters)
            for name, array in inputs.items():
                bindings[name] = np.asarray(array[rows], dtype=self._reads.get(name, np.float32))
            for name, values in scalars.items():
                bindings[name] = values[step]
            results = _quietly(self.graph, bindings, len(rows))
            self._write(parameters, results.updates)
            for name, array in outputs.items():
                array[places if dict(self.graph.outputs)[name].batched else step] = results.outputs[name]
            if progress is not None:
                progress(step + 1)
        return steps

    @staticmethod
    def _write(parameters: Arrays, updates: Arrays) -> None:
        """All new values, or none: an interrupt in between is let through when the rest is written."""

        def write() -> None:
            for name, value in updates.items():
                parameters[name][...] = value

        try:
            write()
        except KeyboardInterrupt:
            write()
            raise


def _quietly(graph: Graph, bindings: Mapping[str, Any], batch_size: int) -> Results:
    """Infinities and NaN raise no warnings, as in compiled code."""
    with np.errstate(all="ignore"):
        return interpret(graph, bindings, batch_size=batch_size)


def _element_types(graph: Graph) -> dict[str, Any]:
    """Each input in the type that the graph gives it, whatever its type in memory."""
    return {name_of(node): np.dtype(node.type.numpy_dtype) for node in graph.leaves("input")}
