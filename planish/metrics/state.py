"""What a metric remembers between updates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin
from numpy.typing import ArrayLike, NDArray

Array = NDArray[Any]


class State(NDArrayOperatorsMixin):
    """A named float64 array with Keras's `assign`, `assign_add` and `numpy`; it takes part in NumPy's arithmetic."""

    def __init__(self, shape: Sequence[int], name: str, initializer: Callable[..., ArrayLike] = np.zeros) -> None:
        self.name = name
        self.shape = tuple(int(extent) for extent in shape)
        self._array = np.array(initializer(self.shape), np.float64).reshape(self.shape)

    @property
    def value(self) -> Array:
        return self._array

    @property
    def dtype(self) -> np.dtype[Any]:
        return self._array.dtype

    def assign(self, value: ArrayLike) -> None:
        self._array = np.broadcast_to(np.asarray(value, np.float64), self.shape).copy()

    def assign_add(self, value: ArrayLike) -> None:
        self.assign(self._array + np.asarray(value, np.float64))

    def assign_sub(self, value: ArrayLike) -> None:
        self.assign(self._array - np.asarray(value, np.float64))

    def reset(self) -> None:
        """All zeros, as Keras has it, whatever the initializer was."""
        self.assign(0.0)

    def numpy(self) -> Array:
        """A copy of the array."""
        return self._array.copy()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.array(self._array, dtype=dtype)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        return getattr(ufunc, method)(*(_plain(item) for item in inputs), **options)

    def __getitem__(self, place: Any) -> Any:
        return self._array[place]

    def __len__(self) -> int:
        return len(self._array)

    def __float__(self) -> float:
        return float(self._array)

    def __repr__(self) -> str:
        return f"<State {self.name}={self._array!r}>"


def _plain(item: Any) -> Any:
    return item.value if isinstance(item, State) else item
