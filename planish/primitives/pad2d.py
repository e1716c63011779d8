"""A border of one value around a map."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planish.graph.node import Attributes, Node, TensorType
from planish.primitives.borders import map_extents
from planish.primitives.registry import Array, Environment, make, register
from planish.primitives.windows import NO_PADDING, padding_of


def _infer(inputs: Sequence[TensorType], attributes: Attributes) -> TensorType:
    rows, columns, channels = map_extents(inputs[0], attributes["padding"])
    (top, bottom), (left, right) = attributes["padding"]
    return TensorType((rows + top + bottom, columns + left + right, channels))


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    (x,) = arrays
    return np.pad(x, ((0, 0), *node.attributes["padding"], (0, 0)), constant_values=node.attributes["value"])


def _grad(node: Node, g: Node) -> Sequence[Node | None]:
    from planish.primitives.crop2d import crop2d

    return [crop2d(g, node.attributes["padding"])]


register("pad2d", _infer, _reference, _grad)


def pad2d(x: Node, padding: Sequence[Sequence[int]], value: float = 0.0) -> Node:
    """`x` f32[N, h, w, c] with ((top, bottom), (left, right)) more rows and columns."""
    border = padding_of(padding)
    return x if border == NO_PADDING else make("pad2d", [x], padding=border, value=float(value))
