"""Tensors joined along an axis, and a part of a tensor along an axis (its gradient)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planish.errors import explain
from planish.graph.node import Attributes, Node, TensorType, current_layers
from planish.primitives.axes import axis_of
from planish.primitives.broadcasting import zeros_like
from planish.primitives.registry import Array, Environment, make, register


def _infer(inputs: Sequence[TensorType], attributes: Attributes) -> TensorType:
    axis = attributes["axis"]
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
    return np.concatenate(arrays, axis=node.attributes["axis"] + node.batched)


def _grad(node: Node, g: Node) -> Sequence[Node | None]:
    axis = node.attributes["axis"]
    extents = [source.shape[axis] for source in node.inputs]
    starts = [sum(extents[:place]) for place in range(len(extents))]
    return [slice_axis(g, axis, start, start + extent) for start, extent in zip(starts, extents, strict=True)]


def _infer_slice(inputs: Sequence[TensorType], attributes: Attributes) -> TensorType:
    (source,) = inputs
    axis = attributes["axis"]
    extent = attributes["stop"] - attributes["start"]
    if not 0 <= attributes["start"] < attributes["stop"] <= source.shape[axis]:
        raise ValueError(f"entries {attributes['start']} to {attributes['stop']} are not in axis {axis} of {source}")
    return TensorType((*source.shape[:axis], extent, *source.shape[axis + 1 :]), source.dtype, source.batched)


def _slice(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    (x,) = arrays
    settings = node.attributes
    before = (slice(None),) * (settings["axis"] + node.batched)
    part: Array = x[(*before, slice(settings["start"], settings["stop"]))]
    return part


def _slice_grad(node: Node, g: Node) -> Sequence[Node | None]:
    (source,) = node.inputs
    axis, start, stop = (node.attributes[name] for name in ("axis", "start", "stop"))
    zeros = zeros_like(source)
    before = [slice_axis(zeros, axis, 0, start)] if start else []
    after = [slice_axis(zeros, axis, stop, source.shape[axis])] if stop < source.shape[axis] else []
    return [concatenate([*before, g, *after], axis)]


register("concatenate", _infer, _reference, _grad)
register("slice_axis", _infer_slice, _slice, _slice_grad)


def concatenate(xs: Sequence[Node], axis: int) -> Node:
    """`xs` joined along the per-image axis `axis`."""
    if not xs:
        raise ValueError("nothing to join: concatenate needs at least one tensor")
    return make("concatenate", xs, axis=axis_of(xs[0], axis))


def slice_axis(x: Node, axis: int, start: int, stop: int) -> Node:
    """Entries start .. stop - 1 along the per-image axis `axis`."""
    return make("slice_axis", [x], axis=axis_of(x, axis), start=int(start), stop=int(stop))
