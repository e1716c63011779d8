"""The sum of all gradients of windows that have a place, channel by channel."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planish.graph.node import Node, TensorType
from planish.graph.settings import Settings
from planish.primitives.mistake import mistake
from planish.primitives.registry import Array, Environment, make, register_rewritten
from planish.primitives.rewritten.pool_places import NO_PLACE


def _infer(inputs: Sequence[TensorType], settings: Settings) -> TensorType:
    places, g = inputs
    if places != TensorType(g.shape, "i8"):
        raise mistake("places do not belong to a gradient", expected=f"i8 for {g}", received=f"{places}")
    return TensorType(g.shape[-1:], batched=False)


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    places, g = arrays
    total: Array = np.where(places != NO_PLACE, g, 0).sum(axis=(0, 1, 2), dtype=environment.dtype)
    return total


register_rewritten("placed_sum", Settings, _infer, _reference)


def placed_sum(places: Node, g: Node) -> Node:
    """`places` i8 and `g` f32 [N, rows, columns, c] -> f32[c]: the sum of all `g` that have a place."""
    return make("placed_sum", [places, g])
