"""Runs a graph with NumPy, operation by operation: the oracle that every compiled program is checked against."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from planish.errors import explain
from planish.graph.graph import Graph
from planish.graph.node import Node
from planish.graph.settings import name_of
from planish.primitives.registry import Array, Environment, op_named

_TYPES = {"f32": "float32", "f64": "float64"}


@dataclass(frozen=True, slots=True)
class Results:
    """Arrays by name, none of which shares memory with a binding: updates may be written back one after the other."""

    outputs: dict[str, Array]
    updates: dict[str, Array]


def interpret(
    graph: Graph,
    bindings: Mapping[str, Any],
    *,
    batch_size: int | None = None,
    dtype: DTypeLike | None = None,
    observe: Callable[[Node, Array], None] | None = None,
) -> Results:
    """Outputs and updates by name.

    `bindings` give every leaf's value by its name; batched ones have the batch axis first. `batch_size` is needed only
    where no input tells it. `dtype`: float64 gives reference values; None is the type of the graph's numbers.
    `observe` sees every value as it is computed.
    """
    images = _batch_size(graph, bindings) if batch_size is None else batch_size
    _check_bindings(graph, bindings, images)
    environment = Environment(images, np.dtype(dtype or _TYPES[graph.numbers]), dict(bindings))
    values: dict[Node, Array] = {}
    with np.errstate(all="ignore"):  # infinity and NaN are results like others, as in compiled programs
        for node in graph.nodes:
            values[node] = op_named(node.op).reference([values[source] for source in node.inputs], node, environment)
            if observe is not None:
                observe(node, values[node])
    return Results(
        {name: np.array(values[node], order="C") for name, node in graph.outputs},
        {name: np.array(values[node], order="C") for name, node in graph.updates},
    )


def _batch_size(graph: Graph, bindings: Mapping[str, Any]) -> int:
    """As many images as the first input has; a graph without a batch gets one."""
    for node in graph.leaves("input"):
        if np.ndim(bindings.get(name_of(node), 0)):
            return len(bindings[name_of(node)])
    if any(node.batched or node.op == "batch_size" for node in graph.nodes):
        raise ValueError(explain(what="No input says how many images the batch has", remedy="give batch_size"))
    return 1


def _check_bindings(graph: Graph, bindings: Mapping[str, Any], images: int) -> None:
    """ValueError for a leaf without a value, or with one of another shape than the leaf's."""
    for node in graph.nodes:
        if node.op not in ("input", "parameter", "scalar"):
            continue
        name = name_of(node)
        if name not in bindings:
            given = ", ".join(bindings) or "nothing"
            raise ValueError(explain(what=f"The {node.op} {name!r} has no value", expected=node.type, received=given))
        expected, received = (images, *node.shape) if node.batched else node.shape, np.shape(bindings[name])
        if received != expected:
            what = f"The value of the {node.op} {name!r} has another shape"
            raise ValueError(explain(what=what, expected=expected, received=received))
