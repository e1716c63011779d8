"""Sums and means of values, one value or several for each image."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from planish import losses, serialization, tracing
from planish.losses.reduction import same_rank
from planish.metrics.metric import Metric
from planish.metrics.state import Array
from planish.tensor import Float64, tensor

Reduce = Callable[..., Any]


def divide(numerator: ArrayLike, denominator: ArrayLike) -> Array:
    """0 where the denominator is 0."""
    above, below = np.broadcast_arrays(np.asarray(numerator, np.float64), np.asarray(denominator, np.float64))
    quotient: Array = np.divide(above, below, out=np.zeros_like(above), where=below != 0)
    return quotient


def samplewise(
    values: ArrayLike, sample_weight: ArrayLike | None, reduce: Reduce, counted: Array | None = None
) -> tuple[Array, Array | None]:
    """Weighted values, one for each image, and the images' weights; `reduce` is np.sum or np.mean.

    `counted` is false where a value does not count. That makes its weight 0, and matters only if there are weights.
    """
    array, weight = np.asarray(values, np.float64), None
    if sample_weight is not None:
        weight = np.asarray(sample_weight, np.float64)
        if counted is not None:
            mask, weight = same_rank(counted.astype(np.float64), weight)
            weight = weight * mask
        array, weight = same_rank(array, weight)
        rank = weight.ndim
        if array.ndim > rank:
            array = reduce(array, axis=tuple(range(rank, array.ndim)))
        weight = np.broadcast_to(weight, array.shape)
        array = array * weight
        if rank > 1:
            weight = reduce(weight, axis=tuple(range(1, rank)))
    if array.ndim > 1:
        array = reduce(array, axis=tuple(range(1, array.ndim)))
    return array, weight


class Sum(Metric):
    """The weighted sum of values.

    >>> float(keras.metrics.Sum()([1.0, 2.0, 6.0]))
    9.0
    """

    def __init__(self, name: str = "sum", dtype: str | None = None) -> None:
        super().__init__(dtype, name)
        self.total = self.add_variable(name="total")

    def update_state(self, values: ArrayLike, sample_weight: ArrayLike | None = None) -> None:
        self.total.assign_add(samplewise(values, sample_weight, np.sum)[0].sum())

    def result(self) -> Any:
        return Float64(self.total)


class _Average(Metric):
    """The weighted mean of values; 0 before the first."""

    def __init__(self, name: str | None, dtype: str | None) -> None:
        super().__init__(dtype, name)
        self.total = self.add_variable(name="total")
        self.count = self.add_variable(name="count")

    def add(self, values: ArrayLike, sample_weight: ArrayLike | None, counted: Array | None = None) -> None:
        array, weight = samplewise(values, sample_weight, np.mean, counted)
        self.total.assign_add(array.sum())
        self.count.assign_add(array.size if weight is None else weight.sum())

    def result(self) -> Any:
        return Float64(divide(self.total, self.count))


class Mean(_Average):
    """The weighted mean of values; 0 before the first.

    >>> float(keras.metrics.Mean()([1.0, 2.0, 6.0]))
    3.0
    """

    def __init__(self, name: str = "mean", dtype: str | None = None) -> None:
        super().__init__(name, dtype)

    def update_state(self, values: ArrayLike, sample_weight: ArrayLike | None = None) -> None:
        self.add(values, sample_weight)


class Comparison(_Average):
    """The mean over images of what `compare(y_true, y_pred)` gives for each. Subclasses write `compare`."""

    def compare(self, y_true: Array, y_pred: Array) -> ArrayLike:
        raise NotImplementedError(f"metric {type(self).__name__} defines no compare(y_true, y_pred)")

    def update_state(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> None:
        self.add(self.compare(np.asarray(y_true), np.asarray(y_pred)), sample_weight)


class MeanMetricWrapper(Comparison):
    """The mean of a function of (y_true, y_pred) arrays that gives a value for each image.

    For outputs (n, 1), targets (n,) are passed as (n, 1), as losses and built-in metrics read them. Keras's function
    metrics compare every target with every output there.

    `fn`: the function; other arguments are passed to it.

    >>> float(keras.metrics.MeanMetricWrapper(lambda t, p: abs(t - p))([1.0, 2.0], [1.0, 4.0]))
    1.0
    """

    def __init__(
        self, fn: Callable[..., ArrayLike], name: str | None = None, dtype: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(name, dtype)
        self._function, self._arguments = fn, kwargs
        if isinstance(fn, losses.Loss) or fn in losses.functions.CLASSES:
            self._direction = "down"

    @property
    def by_batch(self) -> bool:
        """A function of the user's own may give one number for the batch."""
        function = tracing.innermost(self._function)
        return (getattr(function, "__module__", None) or "").partition(".")[0] != "planish"

    @property
    def own_function(self) -> Callable[..., Any] | None:
        """The user's own function, with its other arguments, if nothing but this class says what its values are for."""
        if type(self) is not MeanMetricWrapper or isinstance(self._function, losses.Loss) or not self.by_batch:
            return None
        return functools.partial(self._function, **self._arguments)

    def compare(self, y_true: Array, y_pred: Array) -> ArrayLike:
        if isinstance(self._function, losses.Loss):
            return self._function.values(y_true, y_pred)
        return self._function(*map(tensor, same_rank(y_true, y_pred)), **self._arguments)

    def get_config(self) -> dict[str, Any]:
        function: Any = self._function
        if isinstance(function, losses.Loss):
            serialized = losses.serialize(function)
        else:
            serialized = serialization.serialize(function)
        return {**super().get_config(), "fn": serialized, **serialization.serialize(self._arguments)}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Metric:
        from planish import metrics

        return cls(**{**config, "fn": metrics.function_of(config["fn"])})
