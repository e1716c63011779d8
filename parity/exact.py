"""The same training in float64: what both sides would compute without rounding.

Rounding grows from step to step wherever a rule divides by the size of a gradient, or has a kink, as relu has. So two
correct programs diverge after some steps, and the question is which is nearer to the exact result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from both import Arrays, answer, build

import planish
from planish.graph.graph import Graph
from planish.models.programs import executables
from planish.primitives.interpreter import interpret


class ExactTraining:
    """Runs training steps by interpreting them in float64; the parameters are kept so, and rounded when read."""

    watched: tuple[str, ...] = ()
    checked: tuple[str, ...] = ()

    def __init__(self, graph: Graph, input_dtypes: Mapping[str, np.dtype[Any]], max_batch: int, *, eager: bool) -> None:
        self._graph = graph
        self._held: Arrays = {}

    def run(
        self, parameters: Arrays, inputs: Arrays, order: np.ndarray[Any, Any], batch_size: int, scalars: Arrays,
        outputs: Arrays, *, progress: Callable[[int], None] | None = None,
    ) -> int:  # fmt: skip
        batched = {name: node.batched for name, node in self._graph.outputs}
        steps = -(-len(order) // batch_size)
        for step in range(steps):
            places = slice(step * batch_size, (step + 1) * batch_size)
            rows = order[places]
            bindings = {name: self._exact(name, value) for name, value in parameters.items()}
            bindings |= {name: array[rows] for name, array in inputs.items()}
            bindings |= {name: values[step] for name, values in scalars.items()}
            results = interpret(self._graph, bindings, batch_size=len(rows), dtype=np.float64)
            for name, value in results.updates.items():
                parameters[name][...] = value
                self._held[name] = value
            for name, array in outputs.items():
                array[places if batched[name] else step] = results.outputs[name]
            if progress is not None:
                progress(step + 1)
        return steps

    def _exact(self, name: str, value: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """The exact value, unless the parameter has been changed since."""
        held = self._held.get(name)
        same = held is not None and np.array_equal(held.astype(value.dtype), value, equal_nan=True)
        return held if held is not None and same else value


@contextmanager
def _in_float64() -> Iterator[None]:
    compiled = executables.training
    executables.training = ExactTraining  # type: ignore[assignment]
    try:
        yield
    finally:
        executables.training = compiled


def exact_answer(case: dict[str, Any], given: Any) -> Arrays:
    """As `both.answer`, with weights after exact steps."""
    with _in_float64():
        return answer(build(planish, case), case, given)
