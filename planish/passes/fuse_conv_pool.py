"""A convolution and the maximum over windows of it that do not overlap become one node.

The map between them never reaches memory. Where training asks for the places of the maxima, they come from the same
node's operands: `conv2d_pool_places`.
"""

from __future__ import annotations

from planish.graph.graph import Graph
from planish.graph.node import Node
from planish.primitives.pooling import PoolSettings, WindowSettings
from planish.primitives.rewritten.conv2d_pool import Conv2DPoolSettings
from planish.primitives.windows import NO_PADDING

# The sums of a whole window are in registers at once.
MOST_PIXELS = 9

_FUSED = {"max_pool2d": "conv2d_pool", "pool_places": "conv2d_pool_places"}


def fuse_conv_pool(graph: Graph) -> Graph:
    if not graph.has_any(_FUSED):
        return graph
    users = graph.users()
    roots = set(graph.roots)

    def fused(original: Node, moved: Node) -> Node | None:
        (source,) = moved.inputs
        before = original.inputs[0]
        if source.op != "conv2d" or before in roots or not _one_pool(users[before]):
            return None
        settings = Conv2DPoolSettings.extending(source.settings, window=WindowSettings.of(moved).window)
        return Node(_FUSED[moved.op], source.inputs, moved.type, settings, (*source.layers, *moved.layers))

    return graph.rewrite_knowing(fused, only=_FUSED)


def _one_pool(readers: list[Node]) -> bool:
    """Whether only one pool, and the places of its maxima, read the map."""
    pools = [node for node in readers if node.op == "max_pool2d"]
    if len(pools) != 1 or not _divides(pools[0]):
        return False
    places = WindowSettings.part_of(pools[0].settings)
    return all(node is pools[0] or (node.op == "pool_places" and node.settings == places) for node in readers)


def _divides(node: Node) -> bool:
    settings = PoolSettings.of(node)
    rows, columns = settings.window
    return settings.window == settings.strides and settings.padding == NO_PADDING and rows * columns <= MOST_PIXELS
