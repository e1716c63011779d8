"""Brings input values into another range."""

from __future__ import annotations

from typing import Any, Unpack

import numpy as np
from numpy.typing import NDArray

from planish import config, primitives, serialization
from planish.errors import number_of
from planish.graph.node import Node, dtype_of_numbers
from planish.layers.base import arguments
from planish.layers.base.common_arguments import LayerOptions
from planish.layers.base.context import CallContext
from planish.layers.base.layer import Layer, Shape

Factor = float | list[Any] | NDArray[Any]


class Rescaling(Layer):
    """`x * scale + offset`; each of them is one number, a list with one number per channel, or an array that goes
    together with an image. Channels are the last axis, or the first where `config.image_data_format()` says so.

    >>> print(keras.layers.Rescaling(1 / 255)(np.array([[0.0, 255.0]])))
    [[0. 1.]]
    """

    def __init__(self, scale: Any, offset: Any = 0.0, **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        self.scale = self._numbers("scale", serialization.deserialize(scale))
        self.offset = self._numbers("offset", serialization.deserialize(offset))

    def _numbers(self, name: str, value: Any) -> Factor:
        try:
            array = np.asarray(value)
        except ValueError:
            array = np.asarray(None)
        if array.dtype.kind not in "fiu" or not np.isfinite(array).all():
            expected = "a number, a list with a number per channel, or an array of numbers"
            raise arguments.wrong_argument(self.label, name, expected, value)
        if array.ndim == 0:
            number: float = array.item()  # a whole number stays one, as in Keras's configuration
            return number
        return array if isinstance(value, np.ndarray) else array.astype(np.float64).tolist()

    def check_input(self, shape: Shape) -> None:
        for name, value in (("scale", self.scale), ("offset", self.offset)):
            extents = np.shape(_beside(value))
            if not _goes_with(extents, shape):
                raise self._misfit(name, value, shape)

    def _misfit(self, name: str, value: Factor, shape: Shape) -> ValueError:
        given = np.asarray(value)
        if given.ndim > 1 or not shape:
            return self.mistake(
                f"{name} does not go together with the images",
                shape,
                expected=f"numbers of shape {shape}, or 1 along some axes" if shape else "one number",
                received=f"numbers of shape {given.shape}",
                remedy=f"a number: {name}=1",
            )
        channels = shape[0] if config.image_data_format() == "channels_first" and len(shape) == 3 else shape[-1]
        return self.mistake(
            f"{name} has numbers for {number_of(given.size, 'channel')}",
            shape,
            expected=f"{number_of(channels, 'number')}, one for each channel",
            received=number_of(given.size, "number"),
            remedy=f"one number for all channels: {name}={given[0]:g}" if given.size else f"a number: {name}=1",
        )

    def call(self, x: Node, context: CallContext) -> Node:
        return primitives.add(primitives.multiply(x, _as_operand(self.scale)), _as_operand(self.offset))

    def get_config(self) -> dict[str, Any]:
        scale, offset = (serialization.serialize(value) for value in (self.scale, self.offset))
        return {**super().get_config(), "scale": scale, "offset": offset}


def _beside(value: Factor) -> Any:
    """As numbers that are broadcast with an image: as in Keras, axes are added behind those given if channels come
    first."""
    array = np.asarray(value, dtype_of_numbers())
    if array.ndim and config.image_data_format() == "channels_first":
        return array.reshape(*array.shape, *(1,) * (3 - array.ndim))
    return array


def _goes_with(extents: tuple[int, ...], shape: Shape) -> bool:
    """Whether numbers of these extents can be broadcast to an image of the shape."""
    pairs = zip(reversed(extents), reversed(shape), strict=False)
    return len(extents) <= len(shape) and all(extent in (1, size) for extent, size in pairs)


def _as_operand(value: Factor) -> float | Node:
    """A number, or an array of constants."""
    return value if isinstance(value, float) else primitives.table(_beside(value))
