"""A convolution and the maximum over windows of its result that do not overlap, whose map is never written.

Rows and columns of the map that no window reads do not exist.
"""

from __future__ import annotations

from collections.abc import Sequence

from planish.graph.node import Node, TensorType
from planish.primitives.conv2d import Conv2DSettings
from planish.primitives.registry import Array, Environment, op_named, register_rewritten
from planish.primitives.windows import Pair, pooled


class Conv2DPoolSettings(Conv2DSettings):
    window: Pair


def infer(inputs: Sequence[TensorType], settings: Conv2DPoolSettings) -> TensorType:
    """The type of the maxima. ValueError if map, kernel and settings do not go together."""
    rows, columns, channels = op_named("conv2d").infer(inputs, Conv2DSettings.part_of(settings)).shape
    height, width = settings.window
    return TensorType((rows // height, columns // width, channels))


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    return pooled(unpooled(arrays, node, environment), Conv2DPoolSettings.of(node).window)


def unpooled(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    """The map that the maxima are of."""
    settings = Conv2DSettings.part_of(node.settings)
    types = [source.type for source in node.inputs]
    convolution = Node("conv2d", node.inputs, op_named("conv2d").infer(types, settings), settings, node.layers)
    return op_named("conv2d").reference(arrays, convolution, environment)


register_rewritten("conv2d_pool", Conv2DPoolSettings, infer, _reference, tail=True)
