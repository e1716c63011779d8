"""The gradient of `resize2d`: each pixel's part in the pixels of the result, added up in their order."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planish.graph.node import Node, TensorType
from planish.graph.settings import Settings
from planish.primitives import linearity
from planish.primitives.registry import ONLY_IN_GRADIENTS, Array, Environment, Primitive, make, register
from planish.primitives.resize2d import matrices


class Resize2DGradSettings(Settings):
    """`shape` is that of the map before."""

    shape: tuple[int, ...]
    interpolation: str


def _infer(inputs: Sequence[TensorType], settings: Resize2DGradSettings) -> TensorType:
    return TensorType(settings.shape, batched=inputs[0].batched)


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    (g,) = arrays
    down, across = matrices(node.shape, node.inputs[0].shape[:2], Resize2DGradSettings.of(node).interpolation)
    gradient: Array = np.einsum("ij,kl,...ikc->...jlc", down, across, g).astype(g.dtype)
    return gradient


def _grad(node: Node, g: Node) -> Sequence[Node | None]:
    from planish.primitives.resize2d import resize2d

    return [resize2d(g, node.inputs[0].shape[:2], Resize2DGradSettings.of(node).interpolation)]


register(
    Primitive(
        name="resize2d_grad",
        settings=Resize2DGradSettings,
        infer=_infer,
        reference=_reference,
        gradient=_grad,
        reach=ONLY_IN_GRADIENTS,
        linear=linearity.in_all,
        tail=False,
        monotone=False,
        elementwise=False,
        multiply_adds=ONLY_IN_GRADIENTS,
    )
)


def resize2d_grad(g: Node, shape: Sequence[int], interpolation: str) -> Node:
    """`g` f32[N, rows, columns, c] -> f32[N, *shape]."""
    return make("resize2d_grad", [g], Resize2DGradSettings(shape=tuple(shape), interpolation=interpolation))
