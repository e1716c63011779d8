"""What every initializer is: a function of a shape."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planish import precision, signatures
from planish.constructors import Constructed

Array = NDArray[Any]


def made(initializer: Callable[..., Any], shape: tuple[int, ...], dtype: str = "float32") -> Any:
    """What an initializer, which may be a user's function of a shape and perhaps a `dtype`, gives for a weight."""
    if signatures.takes(initializer, shape, dtype=dtype):
        return initializer(shape, dtype=dtype)
    return initializer(shape)


class Initializer(Constructed):
    """Base of all initializers: `__call__(shape, dtype=None)` and `get_config()`. Subclasses write `__call__`, as in
    Keras, or `values(shape)`.

    >>> class Halves(keras.initializers.Initializer):
    ...     def values(self, shape):
    ...         return np.full(shape, 0.5)
    >>> print(Halves()((2,)))
    [0.5 0.5]
    """

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> Array:
        chosen = precision.checked(f"initializer {type(self).__name__}", dtype)
        return np.asarray(self.values(tuple(shape)), dtype=chosen, order="C")

    def values(self, shape: tuple[int, ...]) -> NDArray[Any]:
        """The array, in any float type."""
        raise NotImplementedError(f"initializer {type(self).__name__} does not define values(shape)")

    def get_config(self) -> dict[str, Any]:
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Initializer:
        return cls(**config)
