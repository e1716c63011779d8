"""What a metric remembers between updates."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from planish.errors import explain
from planish.tensor import ArrayOperators

Array = NDArray[Any]

_MOST_NUMBERS = 10_000_000


class State(ArrayOperators):
    """A named float64 array with Keras's `assign`, `assign_add` and `numpy`; it takes part in NumPy's arithmetic."""

    def __init__(self, shape: Sequence[int], name: str, initializer: Callable[..., ArrayLike] = np.zeros) -> None:
        self.name = name
        self.shape = tuple(int(extent) for extent in shape)
        if math.prod(self.shape) > _MOST_NUMBERS:
            what = f"a metric would hold {math.prod(self.shape):,} numbers in its {name!r}"
            raise ValueError(explain(what=what, expected=f"up to {_MOST_NUMBERS:,}", received=f"shape {self.shape}"))
        self._array = np.array(initializer(self.shape), np.float64).reshape(self.shape)

    @property
    def value(self) -> Array:
        return self._array

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        return self._array.dtype

    def assign(self, value: ArrayLike) -> None:
        self._array = np.broadcast_to(np.asarray(value, np.float64), self.shape).copy()

    def put(self, values: Array | None) -> None:
        """Holds this very array, or zeros, from now on."""
        if values is None:
            self.reset()
        else:
            self._array = values

    def reset(self) -> None:
        """All zeros, as in Keras, whatever the initializer was."""
        self.assign(0.0)

    def __repr__(self) -> str:
        return f"<State {self.name}={self._array!r}>"
