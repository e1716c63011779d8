"""Functions of nodes applied to arrays: the graph is built and interpreted at once. One meaning, two uses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from planish import primitives
from planish.graph.graph import Graph
from planish.graph.node import Node
from planish.primitives.interpreter import interpret


def evaluate(function: Callable[[Node], Node], x: ArrayLike) -> NDArray[Any]:
    """`function` of one unbatched array; computed in float64 if that is what `x` holds, in float32 otherwise."""
    array = np.asarray(x)
    dtype = np.float64 if array.dtype == np.float64 else np.float32
    graph = Graph.build({"y": function(primitives.parameter("x", array.shape))})
    return interpret(graph, {"x": array.astype(dtype)}, dtype=dtype).outputs["y"]
