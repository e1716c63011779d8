"""What all metrics share. State is float64 sums, so that a result does not depend on how rows are grouped beyond its last digits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from planish import naming
from planish.errors import explain

Array = NDArray[Any]


class Metric:
    """Base: `update_state` takes any number of rows, `result` reads, `reset_state` starts over."""

    _direction: str | None = None  # 'up' or 'down': which way is better

    def __init__(self, name: str | None = None, dtype: str | None = None) -> None:
        self.name = name or naming.snake_case(type(self).__name__)
        if dtype not in (None, "float32"):
            raise ValueError(explain(what=f"metric '{self.name}': `dtype` is not supported", expected="None or 'float32'", received=dtype))
        self.reset_state()

    def update_state(self, *arguments: Any, **named: Any) -> None:
        raise NotImplementedError(f"metric {type(self).__name__} defines no update_state(...)")

    def result(self) -> Any:
        raise NotImplementedError(f"metric {type(self).__name__} defines no result()")

    def reset_state(self) -> None:
        raise NotImplementedError(f"metric {type(self).__name__} defines no reset_state()")

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """Updates, and gives the result of all rows so far."""
        self.update_state(*arguments, **named)
        return self.result()

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, "dtype": "float32"}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Metric:
        arguments = {name: value for name, value in config.items() if name != "dtype"}
        return cls(**arguments)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}>"


def weights_like(sample_weight: ArrayLike | None, values: Array) -> Array | None:
    """Sample weights repeated to the shape of the values that they weigh."""
    if sample_weight is None:
        return None
    weights = np.asarray(sample_weight, np.float64)
    if weights.ndim == values.ndim + 1 and weights.shape[-1] == 1:
        weights = weights[..., 0]
    return np.broadcast_to(weights.reshape(weights.shape + (1,) * (values.ndim - weights.ndim)), values.shape)


class Sum(Metric):
    """The weighted sum of values."""

    def __init__(self, name: str = "sum", dtype: str | None = None) -> None:
        super().__init__(name, dtype)

    def update_state(self, values: ArrayLike, sample_weight: ArrayLike | None = None) -> None:
        array = np.asarray(values, np.float64)
        weights = weights_like(sample_weight, array)
        self.total += float(array.sum() if weights is None else (array * weights).sum())

    def result(self) -> Any:
        return np.float64(self.total)

    def reset_state(self) -> None:
        self.total = 0.0


class Mean(Metric):
    """The weighted mean of values; 0 before the first."""

    def __init__(self, name: str = "mean", dtype: str | None = None) -> None:
        super().__init__(name, dtype)

    def update_state(self, values: ArrayLike, sample_weight: ArrayLike | None = None) -> None:
        self.add(np.asarray(values, np.float64), sample_weight)

    def add(self, array: Array, sample_weight: ArrayLike | None) -> None:
        weights = weights_like(sample_weight, array)
        self.total += float(array.sum(dtype=np.float64) if weights is None else (array * weights).sum())
        self.count += float(array.size if weights is None else weights.sum())

    def result(self) -> Any:
        return np.float64(self.total / self.count if self.count else 0.0)

    def reset_state(self) -> None:
        self.total = self.count = 0.0


class MeanMetricWrapper(Mean):
    """The mean of a function of (y_true, y_pred) that gives a value per image."""

    def __init__(self, fn: Callable[..., Any], name: str | None = None, dtype: str | None = None, **kwargs: Any) -> None:
        self._function, self._arguments = fn, kwargs
        super().__init__(name or getattr(fn, "__name__", "metric"), dtype)

    def update_state(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> None:
        self.add(np.asarray(self._function(np.asarray(y_true), np.asarray(y_pred), **self._arguments)), sample_weight)
