"""A convolution and the maximum over windows of it that do not overlap become one node.

The map between never reaches memory.
"""

from __future__ import annotations

from types import MappingProxyType

from planish.graph.graph import Graph
from planish.graph.node import Node
from planish.ops.windows import NO_PADDING

# The sums of a whole window are in registers at once.
MOST_PIXELS = 9


def fuse_conv_pool(graph: Graph) -> Graph:
    used_once = graph.used_once()

    def fused(original: Node, moved: Node) -> Node | None:
        if moved.op != "max_pool2d" or not _divides(moved):
            return None
        (source,) = moved.inputs
        if source.op != "conv2d" or original.inputs[0] not in used_once:
            return None
        attributes = MappingProxyType(dict(sorted({**source.attributes, "window": moved.attributes["window"]}.items())))
        return Node("conv2d_pool", source.inputs, moved.type, attributes, (*source.layers, *moved.layers))

    return graph.rewrite_knowing(fused)


def _divides(node: Node) -> bool:
    window = node.attributes["window"]
    return bool(
        window == node.attributes["strides"]
        and node.attributes["padding"] == NO_PADDING
        and window[0] * window[1] <= MOST_PIXELS
    )
