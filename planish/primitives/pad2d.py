"""A border of one value around a map."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planish.graph.node import Node, TensorType
from planish.graph.settings import Settings
from planish.primitives import linearity
from planish.primitives.borders import map_extents
from planish.primitives.reaching import Reached, moved
from planish.primitives.regions import Region
from planish.primitives.registry import NO_PRODUCTS, Array, Environment, Primitive, make, register
from planish.primitives.windows import NO_PADDING, Padding, padding_of


class Pad2DSettings(Settings):
    padding: Padding
    value: float

    def first_of(self, shape: tuple[int, ...]) -> int:
        """The position of the map's first element in the flattened result, which has this shape."""
        (top, _), (left, _) = self.padding
        _, columns, channels = shape
        return (top * columns + left) * channels


def _infer(inputs: Sequence[TensorType], settings: Pad2DSettings) -> TensorType:
    rows, columns, channels = map_extents(inputs[0], settings.padding)
    (top, bottom), (left, right) = settings.padding
    return TensorType((rows + top + bottom, columns + left + right, channels))


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    (x,) = arrays
    settings = Pad2DSettings.of(node)
    return np.pad(x, ((0, 0), *settings.padding, (0, 0)), constant_values=settings.value)


def _grad(node: Node, g: Node) -> Sequence[Node | None]:
    from planish.primitives.crop2d import crop2d

    return [crop2d(g, Pad2DSettings.of(node).padding)]


def _reach(node: Node, region: Region) -> Reached:
    (top, _), (left, _) = Pad2DSettings.of(node).padding
    yield node.inputs[0], (moved(region[0], -top), moved(region[1], -left), region[2])


register(
    Primitive(
        name="pad2d",
        settings=Pad2DSettings,
        infer=_infer,
        reference=_reference,
        gradient=_grad,
        reach=_reach,
        linear=linearity.in_all,
        tail=False,
        monotone=False,
        elementwise=False,
        multiply_adds=NO_PRODUCTS,
    )
)


def pad2d(x: Node, padding: Sequence[Sequence[int]], value: float = 0.0) -> Node:
    """`x` f32[N, h, w, c] with ((top, bottom), (left, right)) more rows and columns."""
    border = padding_of(padding)
    return x if border == NO_PADDING else make("pad2d", [x], Pad2DSettings(padding=border, value=float(value)))
