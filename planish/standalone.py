"""Variables that belong to no layer, such as the weights of classes in a loss of the user's: `Variable(...)`.

Programs read them at every step, so that a callback may change them.
"""

from __future__ import annotations

from collections.abc import Iterable

from planish.graph.graph import Graph
from planish.graph.settings import name_of
from planish.variable import Variable, enlisted


def bound(weights: Iterable[Variable], *graphs: Graph | None) -> list[Variable]:
    """The variables that programs made of the graphs read: weights, and those that belong to no layer."""
    found = {weight.path: weight for weight in weights}
    leaves = [leaf for graph in graphs if graph is not None for leaf in graph.leaves("parameter")]
    for path in map(name_of, leaves):
        own = None if path in found else enlisted(path)
        if own is not None:
            found[path] = own
    return [*found.values()]
