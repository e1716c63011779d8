"""Gives convolutions maps that have their border already: kernels then never ask whether a pixel is inside."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from planish.graph.graph import Graph
from planish.graph.node import Node, layer_scope
from planish.ops.pad2d import pad2d
from planish.ops.windows import NO_PADDING

_PADDED = {"conv2d", "conv2d_pool", "conv2d_weight_grad"}


def separate_padding(graph: Graph) -> Graph:
    return graph.rewrite(_separated)


def _separated(node: Node) -> Node | None:
    if node.op not in _PADDED or node.attributes["padding"] == NO_PADDING:
        return None
    x, *rest = node.inputs
    with layer_scope(", ".join(node.layers)):
        border = pad2d(x, node.attributes["padding"])
    attributes = MappingProxyType({**node.attributes, "padding": NO_PADDING})
    return replace(node, inputs=(border, *rest), attributes=attributes)
