"""A map without its outer rows and columns."""

from __future__ import annotations

from collections.abc import Sequence

from planish.graph.node import Node, TensorType
from planish.graph.settings import Settings
from planish.primitives import linearity
from planish.primitives.borders import map_extents
from planish.primitives.reaching import Reached, moved
from planish.primitives.regions import Region
from planish.primitives.registry import NO_PRODUCTS, Array, Environment, Primitive, make, register
from planish.primitives.windows import Padding, padding_of


class Crop2DSettings(Settings):
    cropping: Padding


def _infer(inputs: Sequence[TensorType], settings: Crop2DSettings) -> TensorType:
    rows, columns, channels = map_extents(inputs[0], settings.cropping)
    (top, bottom), (left, right) = settings.cropping
    if rows <= top + bottom or columns <= left + right:
        raise ValueError(f"cropping {settings.cropping} leaves nothing of a map of {rows}x{columns}")
    return TensorType((rows - top - bottom, columns - left - right, channels))


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    (x,) = arrays
    (top, _), (left, _) = Crop2DSettings.of(node).cropping
    return x[:, top : top + node.shape[0], left : left + node.shape[1]]


def _grad(node: Node, g: Node) -> Sequence[Node | None]:
    from planish.primitives.pad2d import pad2d

    return [pad2d(g, Crop2DSettings.of(node).cropping)]


def _reach(node: Node, region: Region) -> Reached:
    (top, _), (left, _) = Crop2DSettings.of(node).cropping
    yield node.inputs[0], (moved(region[0], top), moved(region[1], left), region[2])


register(
    Primitive(
        name="crop2d",
        settings=Crop2DSettings,
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


def crop2d(x: Node, cropping: Sequence[Sequence[int]]) -> Node:
    """`x` f32[N, h, w, c] with ((top, bottom), (left, right)) fewer rows and columns."""
    return make("crop2d", [x], Crop2DSettings(cropping=padding_of(cropping)))
