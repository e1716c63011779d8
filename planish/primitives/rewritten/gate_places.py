"""Places of maxima, but none where an activation switched the window off."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planish.graph.node import Node, TensorType
from planish.graph.settings import Settings
from planish.primitives.mistake import mistake
from planish.primitives.registry import Array, Environment, make, register_rewritten
from planish.primitives.rewritten.pool_places import NO_PLACE


def _infer(inputs: Sequence[TensorType], settings: Settings) -> TensorType:
    places, y = inputs
    if places != TensorType(y.shape, "i8"):
        raise mistake("places do not belong to what switches them off", expected=f"i8 for {y}", received=f"{places}")
    return places


def gated(places: Array, y: Array) -> Array:
    """`NO_PLACE` where `y` is not positive."""
    kept: Array = np.where(y > 0, places, np.int8(NO_PLACE))
    return kept


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    return gated(*arrays)


register_rewritten("gate_places", Settings, _infer, _reference)


def gate_places(places: Node, y: Node) -> Node:
    """`places` where `y` f32 of their shape is positive, `NO_PLACE` elsewhere."""
    return make("gate_places", [places, y])
