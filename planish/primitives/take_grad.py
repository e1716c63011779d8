"""The gradient of `take` with respect to its entries: what each of them gave away, added up."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planish.graph.node import Node, TensorType
from planish.primitives import linearity, reaching
from planish.primitives.axes import AxisSettings
from planish.primitives.entries import check_numbers, images_of, numbers_of
from planish.primitives.mistake import mistake
from planish.primitives.registry import ONLY_IN_GRADIENTS, Array, Environment, Primitive, make, register


class TakeGradSettings(AxisSettings):
    """`shape` is that of the entries."""

    shape: tuple[int, ...]


def infer(inputs: Sequence[TensorType], settings: TakeGradSettings) -> TensorType:
    """The type of the entries. ValueError for a gradient of another shape."""
    g, indices = inputs
    check_numbers("the gradient of take", g, indices)
    axis, shape = settings.axis, settings.shape
    if g.shape != (*shape[:axis], *indices.shape, *shape[axis + 1 :]):
        raise mistake("a gradient of take that is not of its result's shape", received=f"{g} for {indices} of {shape}")
    return TensorType(shape, batched=g.batched or indices.batched)


def reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    """Added up over the batch, too, where the node has no batch axis."""
    axis = TakeGradSettings.of(node).axis
    each = [_scattered(g, indices, node.shape, axis) for g, indices in images_of(arrays, node)]
    return np.stack(each) if node.batched else np.asarray(sum(each))


def _scattered(g: Array, indices: Array, shape: tuple[int, ...], axis: int) -> Array:
    numbers, named = numbers_of(indices, shape[axis])
    y = np.zeros(shape, g.dtype)
    entries, rows = np.moveaxis(y, axis, 0), np.moveaxis(g.reshape(*shape[:axis], -1, *shape[axis + 1 :]), axis, 0)
    there = named.ravel()
    np.add.at(entries, numbers.ravel()[there], rows[there])
    return y


def gradient(node: Node, g: Node) -> Sequence[Node | None]:
    from planish.primitives.take import take

    source, indices = node.inputs
    taken = take(g, indices, TakeGradSettings.of(node).axis)
    return [taken if taken.type == source.type else None, None]


register(
    Primitive(
        name="take_grad",
        settings=TakeGradSettings,
        infer=infer,
        reference=reference,
        gradient=gradient,
        reach=reaching.everything,
        linear=linearity.in_first,
        tail=False,
        monotone=False,
        elementwise=False,
        multiply_adds=ONLY_IN_GRADIENTS,
    )
)


def take_grad(g: Node, indices: Node, axis: int, shape: Sequence[int]) -> Node:
    """`g` of the shape of what was taken -> `shape`, for each image where one of the two is an image's."""
    return make("take_grad", [g, indices], TakeGradSettings(axis=axis, shape=tuple(shape)))
