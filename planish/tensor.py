"""The results of computations: NumPy's arrays and numbers, with the `.numpy()` of Keras's tensors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NoReturn

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin
from numpy.typing import ArrayLike, NDArray

from planish.errors import explain
from planish.graph.node import Node

Array = NDArray[Any]


def _no_tape(value: Any) -> NoReturn:
    """What TensorFlow's tape is told, which asks for this when it is to find gradients."""
    raise AttributeError(
        explain(
            what="TensorFlow's tape has not seen what planish computed",
            rule="planish computes gradients itself, in compiled programs",
            remedy="model.gradients(x, target) by the image, model.gradients(x, target, of=layer) by a layer's maps\n"
            "a step of training: model.train_on_batch(x, y)",
        )
    )


class Tensor(np.ndarray[Any, np.dtype[Any]]):
    """An ndarray; what is computed or taken from it has `.numpy()`, too."""

    _id = property(_no_tape)

    def numpy(self) -> Array:
        """The same values as a plain ndarray."""
        return self.view(np.ndarray)

    def __array_wrap__(self, array: Any, context: Any = None, return_scalar: bool = False) -> Any:
        return tensor(array[()] if return_scalar else array)

    def __getitem__(self, place: Any) -> Any:
        return tensor(super().__getitem__(place))


class Float32(np.float32):
    """A number of type float32."""

    _id = property(_no_tape)

    def numpy(self) -> np.float32:
        """The same value as a plain NumPy number."""
        return np.float32(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return Float32, (float(self),)


class Float64(np.float64):
    """A number of type float64."""

    _id = property(_no_tape)

    def numpy(self) -> np.float64:
        """The same value as a plain NumPy number."""
        return np.float64(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return Float64, (float(self),)


class Int32(np.int32):
    """A number of type int32."""

    _id = property(_no_tape)

    def numpy(self) -> np.int32:
        """The same value as a plain NumPy number."""
        return np.int32(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return Int32, (int(self),)


class Int64(np.int64):
    """A number of type int64."""

    _id = property(_no_tape)

    def numpy(self) -> np.int64:
        """The same value as a plain NumPy number."""
        return np.int64(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return Int64, (int(self),)


_NUMBERS: dict[type, Any] = {
    np.float32: Float32,
    np.float64: Float64,
    np.int32: Int32,
    np.int64: Int64,
    float: Float64,
}


def tensor(value: Any) -> Any:
    """An array or a number with `.numpy()`. Nothing is copied; other values, such as truth values, stay as they are."""
    if isinstance(value, np.ndarray):
        return value.view(Tensor) if value.ndim else tensor(value[()])
    made = _NUMBERS.get(type(value))
    return value if made is None else made(value)


class ArrayOperators(NDArrayOperatorsMixin):
    """Arithmetic, comparison and indexing for something with an array as its `value`.

    The results are tensors of their own. As in Keras, `v += 1` makes `v` the name of one; `v.assign_add(1)` changes
    what is stored.
    """

    value: Any

    __hash__ = object.__hash__  # although `==` compares the values: it is found in dictionaries by what it is

    __iadd__ = NDArrayOperatorsMixin.__add__
    __isub__ = NDArrayOperatorsMixin.__sub__
    __imul__ = NDArrayOperatorsMixin.__mul__
    __imatmul__ = NDArrayOperatorsMixin.__matmul__
    __itruediv__ = NDArrayOperatorsMixin.__truediv__
    __ifloordiv__ = NDArrayOperatorsMixin.__floordiv__
    __imod__ = NDArrayOperatorsMixin.__mod__
    __ipow__ = NDArrayOperatorsMixin.__pow__

    def assign(self, value: ArrayLike) -> None:
        raise NotImplementedError

    def assign_add(self, value: ArrayLike) -> None:
        """Adds `value`, which is broadcast."""
        self.assign(_combined(np.add, self, value))

    def assign_sub(self, value: ArrayLike) -> None:
        """Subtracts `value`, which is broadcast."""
        self.assign(_combined(np.subtract, self, value))

    def numpy(self) -> Array:
        """A copy of the array; of a single value, a NumPy number."""
        copied: Array = self.value.copy()
        return copied if copied.ndim else copied[()]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.array(self.value, dtype=dtype)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        if any(isinstance(item, Node) for item in inputs):
            return NotImplemented  # nodes know what to make of a variable
        results = getattr(ufunc, method)(*(_plain(item) for item in inputs), **options)
        return tuple(map(tensor, results)) if isinstance(results, tuple) else tensor(results)

    def __getitem__(self, place: Any) -> Any:
        found = self.value[place]
        return tensor(found.copy() if isinstance(found, np.ndarray) else found)

    def __len__(self) -> int:
        return len(self.value)

    def __iter__(self) -> Iterator[Any]:
        return (self[place] for place in range(len(self)))

    def __bool__(self) -> bool:
        return bool(self.value)

    def __int__(self) -> int:
        return int(self.value)

    def __index__(self) -> int:
        return int(self.value.__index__())

    def __float__(self) -> float:
        return float(self.value)

    def __round__(self, digits: int = 0) -> Any:
        return tensor(np.round(self.value, digits))

    def __format__(self, spec: str) -> str:
        return format(self.value[()], spec) if spec else str(self)


def _combined(combine: np.ufunc, variable: ArrayOperators, value: ArrayLike) -> Any:
    """The variable's value with another. ValueError or TypeError for what cannot be added to it or taken from it."""
    try:
        return combine(variable.value, value)
    except (TypeError, ValueError) as error:
        raise (TypeError if isinstance(error, TypeError) else ValueError)(
            explain(
                what=f"{variable!r}: the value to {combine.__name__} does not fit",
                expected=f"numbers that can be broadcast to {variable.value.shape}",
                received=f"an array of shape {value.shape}" if isinstance(value, np.ndarray) else repr(value)[:200],
            )
        ) from None


def _plain(item: Any) -> Any:
    return item.value if isinstance(item, ArrayOperators) else item
