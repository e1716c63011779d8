"""An image for a plan to try itself on, and what the model makes of it.

Both are the same on every machine: the image comes from a formula, and what should come out from the interpreter in
float64, rounded to the type of the outputs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planish.graph.graph import Graph
from planish.graph.settings import name_of
from planish.primitives.interpreter import interpret

Array = NDArray[Any]

TOLERANCE = 1e-3
"""How far an output of float32 may be from the exact one, as a share of the largest: wrong code is further off."""


def images(graph: Graph, dtypes: Mapping[str, str]) -> dict[str, Array]:
    """One for each input of the graph: numbers from 0 to 1, or zeros and ones where whole numbers are read."""
    found = {}
    for leaf in graph.leaves("input"):
        numbers = np.arange(leaf.type.size, dtype=np.uint64) * np.uint64(2654435761) % np.uint64(2**32)
        dtype = np.dtype(dtypes[name_of(leaf)])
        values = numbers / 2.0**32 if dtype.kind == "f" else numbers >> np.uint64(31)
        found[name_of(leaf)] = values.astype(dtype).reshape(1, *leaf.shape)
    return found


def expected(graph: Graph, inputs: Mapping[str, Array], parameters: Mapping[str, Array]) -> dict[str, Array]:
    """The outputs by name."""
    results = interpret(graph, {**inputs, **parameters}, batch_size=1, dtype=np.float64).outputs
    return {name: results[name].astype(node.type.numpy_dtype) for name, node in graph.outputs}
