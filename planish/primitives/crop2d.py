"""A map without its outer rows and columns."""

from __future__ import annotations

from collections.abc import Sequence

from planish.graph.node import Attributes, Node, TensorType
from planish.primitives.borders import map_extents
from planish.primitives.registry import Array, Environment, make, register
from planish.primitives.windows import padding_of


def _infer(inputs: Sequence[TensorType], attributes: Attributes) -> TensorType:
    rows, columns, channels = map_extents(inputs[0], attributes["cropping"])
    (top, bottom), (left, right) = attributes["cropping"]
    if rows <= top + bottom or columns <= left + right:
        raise ValueError(f"cropping {attributes['cropping']} leaves nothing of a map of {rows}x{columns}")
    return TensorType((rows - top - bottom, columns - left - right, channels))


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    (x,) = arrays
    (top, _), (left, _) = node.attributes["cropping"]
    return x[:, top : top + node.shape[0], left : left + node.shape[1]]


def _grad(node: Node, g: Node) -> Sequence[Node | None]:
    from planish.primitives.pad2d import pad2d

    return [pad2d(g, node.attributes["cropping"])]


register("crop2d", _infer, _reference, _grad)


def crop2d(x: Node, cropping: Sequence[Sequence[int]]) -> Node:
    """`x` f32[N, h, w, c] with ((top, bottom), (left, right)) fewer rows and columns."""
    return make("crop2d", [x], cropping=padding_of(cropping))
