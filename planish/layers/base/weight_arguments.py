"""The arguments about one weight of a layer: `kernel_initializer`, `kernel_regularizer` and `kernel_constraint`.

They are attributes of the layer, where its user may read and change them until the weight is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from planish import constraints, initializers, regularizers
from planish.layers.base.layer import Layer
from planish.variable import Variable

_ROOMS: dict[str, Any] = {"initializer": initializers, "regularizer": regularizers, "constraint": constraints}


def take(layer: Layer, weight: str, initializer: Any, regularizer: Any = None, constraint: Any = None) -> None:
    """Keeps the arguments about a weight ("kernel") as the layer's attributes. Errors as in the rooms' `get`."""
    given = {"initializer": initializer, "regularizer": regularizer, "constraint": constraint}
    for kind, value in given.items():
        setattr(layer, f"{weight}_{kind}", _ROOMS[kind].get(value))


def make(layer: Layer, weight: str, shape: Sequence[int], called: str | None = None) -> Variable:
    """The weight of that name, as the layer's attributes say; `called`: their first word, if it is not the weight's."""
    of_kind = {kind: getattr(layer, f"{called or weight}_{kind}") for kind in _ROOMS}
    return layer.add_weight(weight, tuple(shape), **of_kind)


def config(layer: Layer, *weights: str) -> dict[str, Any]:
    """The arguments about the weights in Keras's serialized form and order."""
    return {
        f"{weight}_{kind}": room.serialize(getattr(layer, f"{weight}_{kind}"))
        for kind, room in _ROOMS.items()
        for weight in weights
    }
