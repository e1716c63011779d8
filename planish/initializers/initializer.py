"""What every initializer is: a function of a shape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planish import precision

Array = NDArray[np.float32]


class Initializer:
    """Base of all initializers: `__call__(shape, dtype=None)` and `get_config()`.

    >>> class Halves(keras.initializers.Initializer):
    ...     def values(self, shape):
    ...         return np.full(shape, 0.5)
    >>> print(Halves()((2,)))
    [0.5 0.5]
    """

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> Array:
        precision.require_float32(f"initializer {type(self).__name__}", dtype)
        return np.asarray(self.values(tuple(shape)), dtype=np.float32, order="C")

    def values(self, shape: tuple[int, ...]) -> NDArray[Any]:
        """The array, in any float type."""
        raise NotImplementedError(f"initializer {type(self).__name__} does not define values(shape)")

    def get_config(self) -> dict[str, Any]:
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Initializer:
        return cls(**config)
