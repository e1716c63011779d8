"""The sum over all images of the batch, and over per-image axes: y[...] = sum over n (and axes) of x[n, ...]."""

from __future__ import annotations

from collections.abc import Sequence

from planish.graph.node import Attributes, Node, TensorType
from planish.ops.registry import Array, Environment, make, register


def _infer(inputs: Sequence[TensorType], attributes: Attributes) -> TensorType:
    (source,) = inputs
    kept = tuple(extent for axis, extent in enumerate(source.shape) if axis not in attributes["axes"])
    return TensorType(kept, batched=False)


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    (x,) = arrays
    total: Array = x.sum(axis=(0, *(axis + 1 for axis in node.attributes["axes"])))
    return total


def _grad(node: Node, g: Node) -> Sequence[Node | None]:
    from planish.ops.binary import add, multiply
    from planish.ops.reshape import reshape

    # Every image gets the gradient: broadcasting against the image's own (zeroed) values gives it the batch axis.
    (source,) = node.inputs
    kept = tuple(1 if axis in node.attributes["axes"] else extent for axis, extent in enumerate(source.shape))
    return [add(multiply(source, 0.0), reshape(g, kept))]


register("batch_sum", _infer, _reference, _grad)


def batch_sum(x: Node, axes: Sequence[int] = ()) -> Node:
    """`x` f32[N, ...] -> the per-image shape without `axes`, for the batch as a whole."""
    return make("batch_sum", [x], axes=tuple(sorted(int(axis) for axis in axes)))
