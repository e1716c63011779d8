"""Compiled programs for values of a model other than its output: layers' values, gradients."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from planish import standalone, structures
from planish.graph.graph import Graph
from planish.graph.node import Node
from planish.graph.settings import name_of
from planish.models.data.arrays import Array, memory_dtype, readable
from planish.models.programs import executables
from planish.models.programs.step_graph import depends_on_batch

if TYPE_CHECKING:
    from planish.models.model import Model


class ValueProgram:
    """Calling it computes nodes of a model's graph, by the keys that they have: f32 [n, ...], or as they are where they
    have no batch axis.

    `wanted` has nodes, or structures of nodes, by keys.
    """

    def __init__(self, model: Model, wanted: Mapping[Any, Any], input_dtypes: Mapping[str, np.dtype[Any]]) -> None:
        nodes: dict[Node, None] = dict.fromkeys(structures.leaves([*wanted.values()]))
        computed = {node: f"value{place}" for place, node in enumerate(nodes)}
        self._names = {key: structures.mapped(computed.__getitem__, form) for key, form in wanted.items()}
        self._types = {name: node.type for node, name in computed.items()}
        graph = Graph.build({name: node for node, name in computed.items()})
        self._inputs = [name_of(node) for node in graph.leaves("input")]
        settings = model._settings
        # Compiled programs for inference take images one by one; whatever sums over the batch is interpreted.
        eager = (settings is not None and settings.run_eagerly) or depends_on_batch(graph)
        dtypes = {name: memory_dtype(input_dtypes[name]) for name in self._inputs}
        self._executable = executables.inference(graph, dtypes, eager=eager)
        self._variables = standalone.bound(model.weights, graph)
        self._parameters = {variable.path: variable.value for variable in self._variables}

    def __call__(self, inputs: Mapping[str, Array], count: int) -> dict[Any, Any]:
        """`inputs` [count, ...] by name; those that the nodes do not need are ignored. The values are in the form in
        which their nodes were wanted."""
        outputs = {
            name: np.empty((count if kind.batched else 1, *kind.shape), kind.numpy_dtype)
            for name, kind in self._types.items()
        }
        version = max([variable.version for variable in self._variables], default=0)
        read = {name: readable(inputs[name]) for name in self._inputs}
        self._executable.run(self._parameters, read, outputs, count, version=version)
        values = {name: outputs[name] if kind.batched else outputs[name][0, ...] for name, kind in self._types.items()}
        return {key: structures.mapped(values.__getitem__, names) for key, names in self._names.items()}
