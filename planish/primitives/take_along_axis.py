"""Entries of an axis by numbers that every other position has for itself: the score of each row's own class.

What numbers mean is said in `planish.primitives.entries`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planish.graph.node import Node, TensorType
from planish.primitives import linearity
from planish.primitives.axes import AxisSettings, axis_of
from planish.primitives.entries import check_numbers, images_of, numbers_of
from planish.primitives.mistake import mistake
from planish.primitives.reaching import Reached
from planish.primitives.regions import Region
from planish.primitives.registry import NO_PRODUCTS, Array, Environment, Primitive, make, register


def _infer(inputs: Sequence[TensorType], settings: AxisSettings) -> TensorType:
    x, indices = inputs
    check_numbers("take_along_axis", x, indices)
    axis = settings.axis
    _check_others(x.shape, indices.shape, axis)
    return TensorType(indices.shape, batched=x.batched or indices.batched)


def _check_others(shape: tuple[int, ...], indices: tuple[int, ...], axis: int) -> None:
    if shape[:axis] + shape[axis + 1 :] != indices[:axis] + indices[axis + 1 :] or len(shape) != len(indices):
        raise mistake(
            "take_along_axis needs numbers for each position of the other axes",
            expected=f"the shape {shape}, of any extent along axis {axis}",
            received=indices,
        )


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    picked = np.stack([_taken(x, indices, AxisSettings.of(node).axis) for x, indices in images_of(arrays, node)])
    return picked if node.batched else picked[0]


def _taken(x: Array, indices: Array, axis: int) -> Array:
    numbers, named = numbers_of(indices, x.shape[axis])
    taken: Array = np.where(named, np.take_along_axis(x, numbers, axis), np.asarray(np.nan, x.dtype))
    return taken


def _grad(node: Node, g: Node) -> Sequence[Node | None]:
    from planish.primitives.batch_sum import batch_sum
    from planish.primitives.take_along_axis_grad import take_along_axis_grad

    x, indices = node.inputs
    axis = AxisSettings.of(node).axis
    each = take_along_axis_grad(g, indices, axis, x.shape[axis])
    return [batch_sum(each, ()) if each.batched and not x.batched else each, None]


def _reach(node: Node, region: Region) -> Reached:
    x, indices = node.inputs
    axis = AxisSettings.of(node).axis
    yield x, (*region[:axis], frozenset(range(x.shape[axis])), *region[axis + 1 :])
    yield indices, region


register(
    Primitive(
        name="take_along_axis",
        settings=AxisSettings,
        infer=_infer,
        reference=_reference,
        gradient=_grad,
        reach=_reach,
        linear=linearity.in_first,
        tail=False,
        monotone=False,
        elementwise=False,
        multiply_adds=NO_PRODUCTS,
    )
)


def take_along_axis(x: Node, indices: Node, axis: int) -> Node:
    """x[..., n, ...] and indices of the same shape, of any extent along the per-image axis `axis` -> like indices."""
    return make("take_along_axis", [x, indices], AxisSettings(axis=axis_of(x, axis)))
