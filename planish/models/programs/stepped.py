"""Inference whose results depend on the batch, or on random numbers, or that changes variables: computed in steps.

Programs for inference take images one by one. A batch normalization that is told to behave as in training, or a
dropout that is, needs what only programs of steps have: sums over the batch, and a seed.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np

from planish import random_seed
from planish.graph.graph import Graph
from planish.graph.settings import name_of
from planish.models.data.arrays import Array
from planish.models.data.in_memory import check_finite
from planish.models.ends.graph_names import given_name
from planish.models.programs.step_graph import depends_on_batch

Arrays = Mapping[str, Array]


def needs_steps(graph: Graph) -> bool:
    """Whether results depend on the batch as a whole, or on values that each step has, or variables change."""
    whole = depends_on_batch(graph) or not all(node.batched for _, node in graph.outputs)
    return whole or bool(graph.leaves("scalar")) or bool(graph.updates)


class SteppedInference:
    """Computes the outputs and the updates of a graph; all images of a call are one batch."""

    def __init__(self, graph: Graph, input_dtypes: Mapping[str, np.dtype[Any]], *, eager: bool) -> None:
        self._graph = graph
        self._dtypes = dict(input_dtypes)
        self._eager = eager
        self._scalars = [name_of(leaf) for leaf in graph.leaves("scalar")]
        self._calls = itertools.count(1)
        self._most = 0
        self._executable: Any = None

    def run(self, parameters: Arrays, inputs: Arrays, outputs: Arrays, count: int, *, version: int) -> None:
        """Fills `outputs` f32 [count, ...], or [1, ...] without a batch axis, from `inputs` [count, ...].

        `version` is of no use here: steps pack anew.
        """
        if not count:
            return
        if count > self._most:
            self._make(1 << (count - 1).bit_length())
        values = {"seed": random_seed.next_seed(), "iteration": next(self._calls)}
        scalars = {name: np.array([values[name]], np.int32) for name in self._scalars}
        order = np.arange(count, dtype=np.int64)
        if not self._executable.run(dict(parameters), inputs, order, count, scalars, outputs):
            for name, array in inputs.items():  # the program stops before images that are not finite
                check_finite(array, given_name(name), wide=self._graph.numbers == "f64")

    def run_prepared(self, x: Array, y: Array, count: int, version: int) -> bool:
        """`run` does everything."""
        return False

    def _make(self, most: int) -> None:
        from planish.models.programs.executables import training

        self._executable = training(self._graph, self._dtypes, most, eager=self._eager)
        self._most = most
