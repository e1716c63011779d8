"""The gradient of `take_along_axis` with respect to its entries: what each of them gave away, added up."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planish.graph.node import Node, TensorType
from planish.primitives import linearity
from planish.primitives.axes import AxisSettings
from planish.primitives.entries import check_numbers, images_of, numbers_of
from planish.primitives.mistake import mistake
from planish.primitives.registry import ONLY_IN_GRADIENTS, Array, Environment, Primitive, make, register


class TakeAlongAxisGradSettings(AxisSettings):
    """`extent`: how many entries there are along the axis."""

    extent: int


def _infer(inputs: Sequence[TensorType], settings: TakeAlongAxisGradSettings) -> TensorType:
    g, indices = inputs
    check_numbers("the gradient of take_along_axis", g, indices)
    axis = settings.axis
    shape = (*g.shape[:axis], settings.extent, *g.shape[axis + 1 :])
    if g.shape != indices.shape:
        raise mistake("a gradient of take_along_axis has the shape of its numbers", received=f"{g} for {indices}")
    return TensorType(shape, batched=g.batched or indices.batched)


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    each = [
        _scattered(g, indices, node.shape, TakeAlongAxisGradSettings.of(node).axis)
        for g, indices in images_of(arrays, node)
    ]
    return np.stack(each) if node.batched else each[0]


def _scattered(g: Array, indices: Array, shape: tuple[int, ...], axis: int) -> Array:
    numbers, named = numbers_of(indices, shape[axis])
    y = np.zeros(shape, g.dtype)
    for place in np.ndindex(g.shape):
        if named[place]:
            y[(*place[:axis], numbers[place], *place[axis + 1 :])] += g[place]
    return y


def _grad(node: Node, g: Node) -> Sequence[Node | None]:
    from planish.primitives.take_along_axis import take_along_axis

    source, indices = node.inputs
    taken = take_along_axis(g, indices, TakeAlongAxisGradSettings.of(node).axis)
    return [taken if taken.type == source.type else None, None]


register(
    Primitive(
        name="take_along_axis_grad",
        settings=TakeAlongAxisGradSettings,
        infer=_infer,
        reference=_reference,
        gradient=_grad,
        reach=ONLY_IN_GRADIENTS,
        linear=linearity.in_first,
        tail=False,
        monotone=False,
        elementwise=False,
        multiply_adds=ONLY_IN_GRADIENTS,
    )
)


def take_along_axis_grad(g: Node, indices: Node, axis: int, extent: int) -> Node:
    """`g` of the shape of the numbers -> the same shape with `extent` entries along the axis."""
    return make("take_along_axis_grad", [g, indices], TakeAlongAxisGradSettings(axis=axis, extent=extent))
