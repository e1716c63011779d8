"""A graph as text: stable, complete (equal text means equal program), and readable.

%0: f32[N,28,28,1] = input[name='x']
%1: f32[3,3,1,32] = parameter[name='conv2d/kernel']
%2: f32[N,26,26,32] = conv2d[dilation=(1, 1), groups=1, padding=((0, 0), (0, 0)), strides=(1, 1)] %0 %1  # conv2d
output 'y' = %2
"""

from __future__ import annotations

from collections.abc import Mapping

from planish.graph.graph import Graph
from planish.graph.node import Node
from planish.graph.settings import name_of


def print_graph(graph: Graph, *, comments: bool = True, parameters: Mapping[str, str] | None = None) -> str:
    """One line a node, then the results.

    Without `comments` the names of the user's layers are left out, and `parameters` may have other names: neither
    changes what the program computes.
    """
    names = {node: f"%{place}" for place, node in enumerate(graph.nodes)}
    lines = [_line(node, names, parameters, comments) for node in graph.nodes]
    lines += [f"output {name!r} = {names[node]}" for name, node in graph.outputs]
    lines += [f"update {(parameters or {}).get(name, name)!r} = {names[node]}" for name, node in graph.updates]
    return "\n".join(lines) + "\n"


def _line(node: Node, names: dict[Node, str], parameters: Mapping[str, str] | None, comments: bool) -> str:
    if parameters is not None and node.op == "parameter":
        told = f"name={parameters[name_of(node)]!r}"
    else:
        told = str(node.settings)
    words = [f"{names[node]}: {node.type} = {node.op}[{told}]" if told else f"{names[node]}: {node.type} = {node.op}"]
    words += [names[source] for source in node.inputs]
    line = " ".join(words)
    if not comments:
        return line
    layers = ", ".join(" ".join(layer.split()) for layer in node.layers)  # a name with a line break stays on its line
    return f"{line}  # {layers}" if layers else line
