"""The same elements in the same order, in another shape: a view, which costs nothing. Flatten is one."""

from __future__ import annotations

import math
from collections.abc import Sequence

from planish.errors import explain
from planish.graph.node import Attributes, Node, TensorType, current_layers
from planish.primitives.registry import Array, Environment, make, register


def _infer(inputs: Sequence[TensorType], attributes: Attributes) -> TensorType:
    (source,) = inputs
    shape = attributes["shape"]
    if math.prod(shape) != source.size or any(extent < 0 for extent in shape):
        raise ValueError(
            explain(
                what="A reshape cannot change the number of elements",
                layer=", ".join(current_layers()) or None,
                expected=f"a shape of {source.size} elements, as {source.shape} has",
                received=f"{shape}, which has {math.prod(shape)}",
            )
        )
    return TensorType(shape, source.dtype, source.batched)


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    (x,) = arrays
    return x.reshape(len(x), *node.shape) if node.batched else x.reshape(node.shape)


def _grad(node: Node, g: Node) -> Sequence[Node | None]:
    return [reshape(g, node.inputs[0].shape)]


register("reshape", _infer, _reference, _grad)


def reshape(x: Node, shape: Sequence[int]) -> Node:
    """`x` with per-image shape `shape` (all extents given)."""
    return make("reshape", [x], shape=tuple(int(extent) for extent in shape))
