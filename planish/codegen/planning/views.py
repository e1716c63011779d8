"""Values that have no memory of their own: views of another value, and what a kernel writes beside its result."""

from __future__ import annotations

from planish.graph.graph import Graph
from planish.graph.node import Node


def is_beside(node: Node) -> bool:
    """Whether the kernel of the node's first operand computes it, beside its own result."""
    return node.op == "places_beside"


def is_view(node: Node) -> bool:
    return node.op == "reshape"


def storage_root(node: Node) -> Node:
    """The node whose memory a view shows."""
    while node.op == "reshape":
        node = node.inputs[0]
    return node


def readers_of(graph: Graph) -> dict[Node, list[Node]]:
    """The nodes that read each value, through views too."""
    readers: dict[Node, list[Node]] = {node: [] for node in graph.nodes}
    for node in graph.nodes:
        if node.op != "reshape":
            for source in node.inputs:
                readers[storage_root(source)].append(node)
    return readers
