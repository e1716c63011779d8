"""Tensors joined along an axis, and a part of a tensor along an axis (its gradient)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planish.graph.node import Attributes, Node, TensorType
from planish.ops.registry import Array, Environment, make, register


def _infer(inputs: Sequence[TensorType], attributes: Attributes) -> TensorType:
    axis = attributes["axis"]
    first = inputs[0].shape
    if any(type_.shape[:axis] + type_.shape[axis + 1 :] != first[:axis] + first[axis + 1 :] for type_ in inputs):
        raise ValueError(f"tensors of shapes {[type_.shape for type_ in inputs]} cannot be joined along axis {axis}")
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
    return TensorType((*source.shape[:axis], extent, *source.shape[axis + 1 :]), source.dtype, source.batched)


def _slice(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    (x,) = arrays
    settings = node.attributes
    before = (slice(None),) * (settings["axis"] + node.batched)
    part: Array = x[(*before, slice(settings["start"], settings["stop"]))]
    return part


register("concatenate", _infer, _reference, _grad)
register("slice_axis", _infer_slice, _slice, None)


def concatenate(xs: Sequence[Node], axis: int) -> Node:
    """`xs` joined along the per-image axis `axis`."""
    return make("concatenate", xs, axis=int(axis))


def slice_axis(x: Node, axis: int, start: int, stop: int) -> Node:
    """Entries start .. stop - 1 along the per-image axis `axis`."""
    return make("slice_axis", [x], axis=int(axis), start=int(start), stop=int(stop))
