"""A tensor repeated along axes of extent one, and along new axes in front."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planish.errors import explain
from planish.graph.node import Node, TensorType, current_layers
from planish.graph.settings import Settings
from planish.primitives import linearity, reaching
from planish.primitives.broadcasting import aligned, summed_to
from planish.primitives.registry import NO_PRODUCTS, Array, Environment, Primitive, make, register


class BroadcastToSettings(Settings):
    shape: tuple[int, ...]


def _infer(inputs: Sequence[TensorType], settings: BroadcastToSettings) -> TensorType:
    (source,) = inputs
    shape = settings.shape
    missing = len(shape) - len(source.shape)
    if missing < 0 or any(a not in (1, b) for a, b in zip(source.shape, shape[missing:], strict=True)):
        raise ValueError(
            explain(
                what=f"A tensor of shape {source.shape} cannot be repeated to {shape}",
                layer=", ".join(current_layers()) or None,
                rule="axes are compared from the last; they have to be equal, or one in the tensor",
            )
        )
    return TensorType(shape, source.dtype, source.batched)


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    (x,) = aligned(arrays, node)
    return np.broadcast_to(x, (len(x), *node.shape) if node.batched else node.shape)


def _grad(node: Node, g: Node) -> Sequence[Node | None]:
    return [summed_to(g, node.inputs[0])]


register(
    Primitive(
        name="broadcast_to",
        settings=BroadcastToSettings,
        infer=_infer,
        reference=_reference,
        gradient=_grad,
        reach=reaching.by_element,
        linear=linearity.in_all,
        tail=False,
        monotone=False,
        elementwise=False,
        multiply_adds=NO_PRODUCTS,
    )
)


def broadcast_to(x: Node, shape: Sequence[int]) -> Node:
    """`x` repeated to per-image shape `shape`."""
    target = tuple(int(extent) for extent in shape)
    return x if x.shape == target else make("broadcast_to", [x], BroadcastToSettings(shape=target))
