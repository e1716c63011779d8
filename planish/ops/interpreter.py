"""Runs a graph with NumPy, operation by operation: the oracle that every compiled program is checked against."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from planish.graph.graph import Graph
from planish.graph.node import Node
from planish.ops.registry import Array, Environment, op_named


@dataclass(frozen=True, slots=True)
class Results:
    outputs: dict[str, Array]
    updates: dict[str, Array]


def interpret(
    graph: Graph,
    bindings: Mapping[str, Any],
    *,
    batch_size: int | None = None,
    dtype: DTypeLike = np.float32,
    observe: Callable[[Node, Array], None] | None = None,
) -> Results:
    """Outputs and updates by name.

    `bindings` give every leaf's value by its name; batched ones have the batch axis first. `batch_size` is needed only
    where no input tells it. `dtype` float64 gives reference values. `observe` sees every value as it is computed.
    """
    inputs = graph.leaves("input")
    if batch_size is None and inputs:
        batch_size = len(bindings[inputs[0].attributes["name"]])
    environment = Environment(1 if batch_size is None else batch_size, np.dtype(dtype), dict(bindings))
    values: dict[Node, Array] = {}
    for node in graph.nodes:
        values[node] = op_named(node.op).reference([values[source] for source in node.inputs], node, environment)
        if observe is not None:
            observe(node, values[node])
    return Results(
        {name: values[node] for name, node in graph.outputs}, {name: values[node] for name, node in graph.updates}
    )
