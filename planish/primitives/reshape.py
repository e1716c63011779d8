"""The same elements in the same order, in another shape: a view, which costs nothing. Flatten is one."""

from __future__ import annotations

import math
from collections.abc import Sequence

from planish.errors import explain
from planish.graph.node import Node, TensorType, current_layers
from planish.graph.settings import Settings
from planish.primitives import linearity
from planish.primitives.reaching import Reached
from planish.primitives.regions import Region, clip, reshaped
from planish.primitives.registry import NO_PRODUCTS, Array, Environment, Primitive, make, register


class ReshapeSettings(Settings):
    shape: tuple[int, ...]


def _infer(inputs: Sequence[TensorType], settings: ReshapeSettings) -> TensorType:
    (source,) = inputs
    shape = settings.shape
    if math.prod(shape) != source.size or any(extent < 0 for extent in shape):
        raise ValueError(
            explain(
                what="A reshape cannot change the number of elements",
                layer=", ".join(current_layers()) or None,
                expected=f"a shape of {source.size} elements, as {source.shape} has",
                received=f"{shape}, which has {math.prod(shape)}",
                remedy="-1 in place of one extent, which then follows from the others",
            )
        )
    return TensorType(shape, source.dtype, source.batched)


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    (x,) = arrays
    return x.reshape(len(x), *node.shape) if node.batched else x.reshape(node.shape)


def _grad(node: Node, g: Node) -> Sequence[Node | None]:
    return [reshape(g, node.inputs[0].shape)]


def _reach(node: Node, region: Region) -> Reached:
    """Another shape has no room for padding, so it is left out in the unclipped form, too."""
    (source,) = node.inputs
    inside = clip(region, node.shape)
    if inside is not None:
        yield from ((source, part) for part in reshaped(inside, node.shape, source.shape))


register(
    Primitive(
        name="reshape",
        settings=ReshapeSettings,
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


def reshape(x: Node, shape: Sequence[int]) -> Node:
    """`x` with per-image shape `shape` (all extents given)."""
    return make("reshape", [x], ReshapeSettings(shape=tuple(int(extent) for extent in shape)))
