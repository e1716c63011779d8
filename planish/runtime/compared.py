"""Compiled programs run beside the interpreter (PLANISH_COMPARE).

Slow, and an error names the first operation that differs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planish.errors import explain
from planish.graph.graph import Graph
from planish.graph.node import NUMBERS, Node
from planish.graph.printer import print_graph
from planish.primitives.interpreter import interpret
from planish.runtime.executable import TrainingExecutable
from planish.runtime.inference_executable import InferenceExecutable
from planish.runtime.interpreted import InterpretedTraining
from planish.runtime.programs import compile
from planish_runtime.compiled import Compiled
from planish_runtime.executable import Arrays

TOLERANCE = 1e-4  # of the largest value of a tensor: f32 sums in another order differ by less
_LARGEST_CHECK = 64  # images that are compared of each call


class ComparedInference(InferenceExecutable):
    """Checks the first images of every call. `program` is that of the graph."""

    def __init__(self, program: Compiled, graph: Graph, input_dtypes: Mapping[str, np.dtype[Any]]) -> None:
        super().__init__(program)
        self.graph = graph
        self._dtypes = dict(input_dtypes)

    def run(self, parameters: Arrays, inputs: Arrays, outputs: Arrays, count: int, *, version: int) -> None:
        super().run(parameters, inputs, outputs, count, version=version)
        some = min(count, _LARGEST_CHECK)
        first = {name: array[:some] for name, array in inputs.items()}
        results = interpret(self.graph, {**parameters, **first}, batch_size=some).outputs
        if any(_differs(outputs[name][:some], expected) for name, expected in results.items()):
            self._name_the_first(parameters, first, some)

    def run_prepared(self, x: NDArray[Any], y: NDArray[Any], count: int, version: int) -> bool:
        """`run` does everything."""
        return False

    def _name_the_first(self, parameters: Arrays, inputs: Arrays, count: int) -> None:
        values: dict[Node, NDArray[Any]] = {}
        interpret(self.graph, {**parameters, **inputs}, batch_size=count, observe=values.__setitem__)
        for node in self.graph.nodes:
            if node.inputs and node.batched and node.type.dtype in NUMBERS:
                result = np.empty((count, *node.shape), node.type.numpy_dtype)
                alone = InferenceExecutable(compile(Graph.build({"value": node}), self._dtypes))
                alone.run(parameters, inputs, {"value": result}, count, version=0)
                if _differs(result, values[node]):
                    raise _difference(node, result, values[node])
        raise AssertionError(
            explain(
                what="a compiled program differs from the interpreter, though each of its operations agrees by itself",
                received=print_graph(self.graph),
            )
        )


class ComparedTraining(TrainingExecutable):
    """Runs one step at a time, first interpreted on copies, and compares outputs and updates."""

    def __init__(self, program: Compiled, graph: Graph, input_dtypes: Mapping[str, np.dtype[Any]]) -> None:
        super().__init__(program)
        self.graph = graph
        self.checked = ()  # images are looked at before, as the interpreter takes any
        self._oracle = InterpretedTraining(graph, input_dtypes, program.max_batch)

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
        steps = -(-len(order) // batch_size)
        batched = {name: node.batched for name, node in self.graph.outputs}
        for step in range(steps):
            places = slice(step * batch_size, min((step + 1) * batch_size, len(order)))
            own = {name: array[places if batched[name] else slice(step, step + 1)] for name, array in outputs.items()}
            expected = {name: np.empty_like(array) for name, array in own.items()}
            copies = {name: array.copy() for name, array in parameters.items()}
            values = {name: array[step : step + 1] for name, array in scalars.items()}
            self._oracle.run(copies, inputs, order[places], batch_size, values, expected)
            super().run(parameters, inputs, order[places], batch_size, values, own)
            for name, node in (*self.graph.outputs, *self.graph.updates):
                here, there = (own[name], expected[name]) if name in own else (parameters[name], copies[name])
                if _differs(here, there):
                    raise _difference(node, here, there, name)
            if progress is not None:
                progress(step + 1)
        return steps


def _differs(compiled: NDArray[Any], interpreted: NDArray[Any]) -> bool:
    scale = float(np.nanmax(np.abs(interpreted), initial=1e-6))
    return not np.allclose(compiled, interpreted, rtol=0, atol=TOLERANCE * max(scale, 1e-3), equal_nan=True)


def _difference(node: Node, compiled: NDArray[Any], interpreted: NDArray[Any], name: str = "") -> AssertionError:
    error = np.abs(compiled.astype(np.float64) - interpreted)
    place = np.unravel_index(int(np.nanargmax(np.nan_to_num(error, nan=np.inf))), error.shape)
    return AssertionError(
        explain(
            what=f"compiled operation {node.op!r} {name} differs from its meaning",
            layer=", ".join(node.layers) or None,
            expected=f"{interpreted[place]!r} at {tuple(map(int, place))}",
            received=f"{compiled[place]!r}",
            remedy="please report this with the model, and the output of PLANISH_DUMP=graph",
        )
    )
