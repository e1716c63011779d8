"""A graph as text: stable, complete (equal text means equal program), and made to be read.

%x: f32[N,28,28,1] = input
%k1: f32[3,3,1,32] = parameter conv2d/kernel
%2: f32[N,26,26,32] = conv2d[dilation=(1, 1), groups=1, padding=((0, 0), (0, 0)), strides=(1, 1)] %0 %1  # conv2d
"""

from __future__ import annotations

from planish.graph.graph import Graph
from planish.graph.node import Node


def print_graph(graph: Graph, *, comments: bool = True) -> str:
    """One line a node, then the results. Without `comments` the names of the user's layers are left out."""
    names = {node: f"%{place}" for place, node in enumerate(graph.nodes)}
    lines = [_line(node, names, comments) for node in graph.nodes]
    lines += [f"output {name} = {names[node]}" for name, node in graph.outputs]
    lines += [f"update {name} = {names[node]}" for name, node in graph.updates]
    return "\n".join(lines) + "\n"


def _line(node: Node, names: dict[Node, str], comments: bool) -> str:
    settings = ", ".join(f"{name}={value!r}" for name, value in sorted(node.attributes.items()))
    words = [f"{names[node]}: {node.type} = {node.op}" + (f"[{settings}]" if settings else "")]
    words += [names[source] for source in node.inputs]
    layers = f"  # {', '.join(node.layers)}" if comments and node.layers else ""
    return " ".join(words) + layers
