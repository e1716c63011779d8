"""A variable: a named float32 array that outlives a step, and its place in the graph."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from planish import ops
from planish.errors import explain
from planish.graph.node import Node

if TYPE_CHECKING:
    from planish.regularizers import Regularizer

Array = NDArray[np.float32]
Initializer = Callable[[tuple[int, ...]], NDArray[Any]]

_assignments = itertools.count(1)
_making = threading.RLock()  # two threads that read a new variable have to see the same array


class Variable:
    """A weight, a moving statistic or an optimizer's slot.

    `shape` and `path` (its name in graphs, unique within a model: 'conv2d/kernel') are fixed. The array is made by
    `initializer` when it is first read: a variable that is loaded before that never pays for its random numbers.
    """

    def __init__(
        self,
        name: str,
        path: str,
        shape: tuple[int, ...],
        dtype: str = "float32",
        trainable: bool = True,
        initializer: Initializer = np.zeros,
        regularizer: Regularizer | None = None,
    ) -> None:
        self.name = name
        self.path = path
        self.shape = tuple(int(extent) for extent in shape)
        self.dtype = dtype
        self.trainable = trainable
        self.initializer = initializer
        self.regularizer = regularizer
        self.version = next(_assignments)
        self._array: Array | None = None
        self._node: Node | None = None

    @property
    def value(self) -> Array:
        """The array itself (float32, C-contiguous). Whoever writes into it calls `touch` afterwards."""
        if self._array is None:
            with _making:
                if self._array is None:
                    self._array = self._made()
        return self._array

    def _made(self) -> Array:
        if self.initializer is np.zeros:  # as an optimizer's slots: no memory is touched
            return np.zeros(self.shape, np.float32)
        return np.array(self.initializer(self.shape), dtype=np.float32, order="C").reshape(self.shape)

    @property
    def node(self) -> Node:
        """The leaf that stands for this variable in every graph."""
        if self._node is None:
            with _making:
                if self._node is None:
                    self._node = ops.parameter(self.path, self.shape)
        return self._node

    @property
    def size(self) -> int:
        """Number of elements."""
        return self.node.type.size

    @property
    def ndim(self) -> int:
        return len(self.shape)

    def assign(self, array: ArrayLike) -> None:
        """Copies `array` (of this variable's shape, any number type) in place. Raises ValueError for another shape."""
        given = np.asarray(array)
        if given.shape != self.shape:
            raise ValueError(
                explain(
                    what=f"weight '{self.path}': an array of another shape was assigned",
                    expected=self.shape,
                    received=given.shape,
                )
            )
        if self._array is None:
            self._array = np.array(given, dtype=np.float32, order="C")
        else:
            self._array[...] = given
        self.touch()

    def touch(self) -> None:
        """Says that the array has changed: what was packed from it is out of date."""
        self.version = next(_assignments)

    def numpy(self) -> Array:
        """A copy of the array."""
        return self.value.copy()

    def __getstate__(self) -> dict[str, Any]:
        """What copies and pickles hold; the node is made again where it is needed."""
        return {**self.__dict__, "_node": None}

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return np.array(self.value, dtype=dtype)

    def __repr__(self) -> str:
        return f"<Variable path={self.path}, shape={self.shape}, dtype={self.dtype}>"
