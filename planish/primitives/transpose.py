"""Axes in another order: axis i of the result is axis permutation[i] of the operand. The batch axis stays in front."""

from __future__ import annotations

from collections.abc import Sequence

from planish.graph.node import Attributes, Node, TensorType
from planish.primitives.registry import Array, Environment, make, register


def _infer(inputs: Sequence[TensorType], attributes: Attributes) -> TensorType:
    (source,) = inputs
    permutation = attributes["permutation"]
    if sorted(permutation) != list(range(len(source.shape))):
        raise ValueError(f"a permutation of {len(source.shape)} axes is expected, not {permutation}")
    return TensorType(tuple(source.shape[axis] for axis in permutation), source.dtype, source.batched)


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    (x,) = arrays
    permutation = node.attributes["permutation"]
    return x.transpose(0, *(axis + 1 for axis in permutation)) if node.batched else x.transpose(permutation)


def _grad(node: Node, g: Node) -> Sequence[Node | None]:
    permutation = node.attributes["permutation"]
    return [transpose(g, [permutation.index(axis) for axis in range(len(permutation))])]


register("transpose", _infer, _reference, _grad)


def transpose(x: Node, permutation: Sequence[int]) -> Node:
    """`permutation` numbers the per-image axes from 0."""
    return make("transpose", [x], permutation=tuple(int(axis) for axis in permutation))
