"""Computes once what several nodes would compute in the same way."""

from __future__ import annotations

from planish.graph.graph import Graph
from planish.graph.node import Node


def share_equal_nodes(graph: Graph) -> Graph:
    seen: dict[tuple[object, ...], Node] = {}

    def shared(node: Node) -> Node | None:
        # as text, because 0.0 equals -0.0
        key = (node.op, node.inputs, node.type, str(node.settings))
        return seen.setdefault(key, node)

    return graph.rewrite(shared)
