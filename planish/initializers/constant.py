"""Initial values that are not drawn."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from planish import serialization
from planish.errors import explain
from planish.initializers.initializer import Initializer


class Zeros(Initializer):
    """All zeros.

    >>> print(keras.initializers.Zeros()((2,)))
    [0. 0.]
    """

    def values(self, shape: tuple[int, ...]) -> NDArray[Any]:
        return np.zeros(shape)


class Ones(Initializer):
    """All ones.

    >>> print(keras.initializers.Ones()((2,)))
    [1. 1.]
    """

    def values(self, shape: tuple[int, ...]) -> NDArray[Any]:
        return np.ones(shape)


class Constant(Initializer):
    """Every element is `value`; an array is broadcast to the shape.

    >>> print(keras.initializers.Constant(0.5)((2,)))
    [0.5 0.5]
    """

    def __init__(self, value: Any = 0.0) -> None:
        self.value = value

    def values(self, shape: tuple[int, ...]) -> NDArray[Any]:
        return np.broadcast_to(np.asarray(self.value, np.float64), shape)

    def get_config(self) -> dict[str, Any]:
        return {"value": serialization.serialize(self.value)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Initializer:
        return cls(serialization.deserialize(config["value"]))


class Identity(Initializer):
    """A matrix of zeros with `gain` on the diagonal.

    >>> print(keras.initializers.Identity()((2, 2)))
    [[1. 0.]
     [0. 1.]]
    """

    def __init__(self, gain: float = 1.0) -> None:
        self.gain = gain

    def values(self, shape: tuple[int, ...]) -> NDArray[Any]:
        if len(shape) != 2:
            raise ValueError(
                explain(what="initializer Identity makes matrices only", expected="a shape of rank 2", received=shape)
            )
        return self.gain * np.eye(*shape)

    def get_config(self) -> dict[str, Any]:
        return {"gain": self.gain}
