"""Axes in another order: axis i of the result is axis permutation[i] of the operand. The batch axis stays in front."""

from __future__ import annotations

from collections.abc import Sequence

from planish.graph.node import Node, TensorType
from planish.graph.settings import Settings
from planish.primitives import linearity
from planish.primitives.reaching import Reached
from planish.primitives.regions import Region
from planish.primitives.registry import NO_PRODUCTS, Array, Environment, Primitive, make, register


class TransposeSettings(Settings):
    permutation: tuple[int, ...]


def _infer(inputs: Sequence[TensorType], settings: TransposeSettings) -> TensorType:
    (source,) = inputs
    permutation = settings.permutation
    if sorted(permutation) != list(range(len(source.shape))):
        raise ValueError(f"a permutation of {len(source.shape)} axes is expected, not {permutation}")
    return TensorType(tuple(source.shape[axis] for axis in permutation), source.dtype, source.batched)


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    (x,) = arrays
    permutation = TransposeSettings.of(node).permutation
    return x.transpose(0, *(axis + 1 for axis in permutation)) if node.batched else x.transpose(permutation)


def _grad(node: Node, g: Node) -> Sequence[Node | None]:
    permutation = TransposeSettings.of(node).permutation
    return [transpose(g, [permutation.index(axis) for axis in range(len(permutation))])]


def _reach(node: Node, region: Region) -> Reached:
    permutation = TransposeSettings.of(node).permutation
    yield node.inputs[0], tuple(region[permutation.index(axis)] for axis in range(len(permutation)))


register(
    Primitive(
        name="transpose",
        settings=TransposeSettings,
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


def transpose(x: Node, permutation: Sequence[int]) -> Node:
    """`permutation` numbers the per-image axes from 0."""
    return make("transpose", [x], TransposeSettings(permutation=tuple(int(axis) for axis in permutation)))
