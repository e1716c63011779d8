"""Tensors joined along an axis."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planish.errors import explain
from planish.graph.node import Node, TensorType, current_layers
from planish.primitives import linearity
from planish.primitives.axes import AxisSettings, axis_of
from planish.primitives.reaching import Reached
from planish.primitives.regions import Region
from planish.primitives.registry import NO_PRODUCTS, Array, Environment, Primitive, make, register


def _infer(inputs: Sequence[TensorType], settings: AxisSettings) -> TensorType:
    axis = settings.axis
    first = inputs[0].shape
    others = {(type_.shape[:axis] + type_.shape[axis + 1 :], type_.dtype, type_.batched) for type_ in inputs}
    if len(others) != 1 or any(len(type_.shape) != len(first) for type_ in inputs):
        raise ValueError(
            explain(
                what=f"These tensors cannot be joined along axis {axis}",
                layer=", ".join(current_layers()) or None,
                rule="they may differ only in their extent along that axis",
                received=" and ".join(str(type_) for type_ in inputs),
            )
        )
    joined = sum(type_.shape[axis] for type_ in inputs)
    return TensorType((*first[:axis], joined, *first[axis + 1 :]), inputs[0].dtype, inputs[0].batched)


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    return np.concatenate(arrays, axis=AxisSettings.of(node).axis + node.batched)


def _grad(node: Node, g: Node) -> Sequence[Node | None]:
    from planish.primitives.slice_axis import slice_axis

    axis = AxisSettings.of(node).axis
    extents = [source.shape[axis] for source in node.inputs]
    starts = [sum(extents[:place]) for place in range(len(extents))]
    return [slice_axis(g, axis, start, start + extent) for start, extent in zip(starts, extents, strict=True)]


def _reach(node: Node, region: Region) -> Reached:
    axis = AxisSettings.of(node).axis
    start = 0
    for source in node.inputs:
        extent = source.shape[axis]
        part = frozenset(place - start for place in region[axis] if start <= place < start + extent)
        start += extent
        if part:
            yield source, (*region[:axis], part, *region[axis + 1 :])


register(
    Primitive(
        name="concatenate",
        settings=AxisSettings,
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


def concatenate(xs: Sequence[Node], axis: int) -> Node:
    """`xs` joined along the per-image axis `axis`."""
    if not xs:
        raise ValueError("nothing to join: concatenate needs at least one tensor")
    return make("concatenate", xs, AxisSettings(axis=axis_of(xs[0], axis)))
