"""Brings input values into another range."""

from __future__ import annotations

from typing import Any, Unpack

import numpy as np

from planish import primitives, serialization
from planish.graph.node import Node
from planish.layers import arguments
from planish.layers.common_arguments import LayerOptions
from planish.layers.context import CallContext
from planish.layers.layer import Layer, Shape

Factor = float | list[float]


class Rescaling(Layer):
    """`x * scale + offset`; each of them is one number, or a list with one number per channel (the last axis).

    >>> print(keras.layers.Rescaling(1 / 255)(np.array([[0.0, 255.0]])))
    [[0. 1.]]
    """

    def __init__(self, scale: Any, offset: Any = 0.0, **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        self.scale = self._numbers("scale", serialization.deserialize(scale))
        self.offset = self._numbers("offset", serialization.deserialize(offset))

    def _numbers(self, name: str, value: Any) -> Factor:
        if np.ndim(value) == 0:
            return arguments.number(self.label, name, value)
        if np.ndim(value) > 1:
            raise arguments.wrong_argument(self.label, name, "a number, or a list with a number per channel", value)
        return [arguments.number(self.label, name, item) for item in value]

    def check_input(self, shape: Shape) -> None:
        for name, value in (("scale", self.scale), ("offset", self.offset)):
            if isinstance(value, list) and (not shape or len(value) != shape[-1]):
                raise self.mistake(
                    f"{name} has numbers for {len(value)} channels",
                    shape,
                    expected=f"{shape[-1]} numbers, one for each channel" if shape else "one number",
                    received=f"{len(value)} numbers",
                    remedy=f"one number for all channels: {name}={value[0]:g}" if value else f"a number: {name}=1",
                )

    def call(self, x: Node, context: CallContext) -> Node:
        return primitives.add(primitives.multiply(x, _as_operand(self.scale)), _as_operand(self.offset))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "scale": self.scale, "offset": self.offset}


def _as_operand(value: Factor) -> float | Node:
    """A number, or a vector of constants."""
    if isinstance(value, float):
        return value
    return primitives.concatenate([primitives.broadcast_to(primitives.constant(item), (1,)) for item in value], 0)
