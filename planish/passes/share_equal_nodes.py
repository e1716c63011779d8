"""Computes once what several nodes would compute in the same way."""

from __future__ import annotations

from planish.graph.graph import Graph
from planish.graph.node import Node
from planish.graph.settings import NO_SETTINGS


def share_equal_nodes(graph: Graph) -> Graph:
    seen: dict[tuple[object, ...], Node] = {}

    def shared(node: Node) -> Node | None:
        # as text, because 0.0 equals -0.0
        text = "" if node.settings is NO_SETTINGS else str(node.settings)
        key = (node.op, node.inputs, node.type, text)
        return seen.setdefault(key, node)

    return graph.rewrite(shared)
