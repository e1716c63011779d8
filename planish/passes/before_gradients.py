"""The passes in front of differentiation.

Gradients are better taken of the graph that they make than of the user's: those of a pool in front of bias and
activation are zero almost everywhere, and those of bias and activation then have the pool's size.
"""

from __future__ import annotations

from planish.graph.graph import Graph
from planish.passes.move_pool_first import move_pool_first
from planish.passes.simplify import simplify


def before_gradients(graph: Graph) -> Graph:
    return move_pool_first(simplify(graph))
