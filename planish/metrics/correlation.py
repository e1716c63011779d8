"""How targets and outputs vary together: correlations, and the share of the variance that outputs explain."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from planish import warned
from planish.errors import explain, unknown_name
from planish.losses.reduction import same_rank
from planish.metrics.metric import Metric
from planish.metrics.reductions import Comparison
from planish.metrics.state import Array, State
from planish.tensor import Float64, tensor

_EPSILON = 1e-7
_AGGREGATIONS = (None, "uniform_average", "variance_weighted_average")


def _pearson(y_true: ArrayLike, y_pred: ArrayLike, axis: int) -> Array:
    targets, outputs = _centred(y_true, y_pred, axis)
    with np.errstate(divide="ignore", invalid="ignore"):
        spreads = np.sqrt((targets**2).mean(axis=axis) * (outputs**2).mean(axis=axis))
        correlation: Array = (targets * outputs).mean(axis=axis) / spreads
    return correlation


def _concordance(y_true: ArrayLike, y_pred: ArrayLike, axis: int) -> Array:
    targets, outputs = _centred(y_true, y_pred, axis)
    one, other = (array.mean(axis=axis) for array in _wide(y_true, y_pred))
    whole = (targets**2).mean(axis=axis) + (outputs**2).mean(axis=axis) + (one - other) ** 2
    concordance: Array = 2 * (targets * outputs).mean(axis=axis) / (whole + _EPSILON)
    return concordance


def _wide(y_true: ArrayLike, y_pred: ArrayLike) -> tuple[Array, Array]:
    return same_rank(np.asarray(y_true, np.float64), np.asarray(y_pred, np.float64))


def _centred(y_true: ArrayLike, y_pred: ArrayLike, axis: int) -> tuple[Array, Array]:
    """Without their means along the axis. ValueError for shapes that differ."""
    targets, outputs = _wide(y_true, y_pred)
    if targets.shape != outputs.shape:
        raise ValueError(
            explain(
                what="a correlation needs targets and outputs of the same shape",
                expected=f"targets of shape {outputs.shape}",
                received=f"targets of shape {targets.shape}",
            )
        )
    return targets - targets.mean(axis=axis, keepdims=True), outputs - outputs.mean(axis=axis, keepdims=True)


def pearson_correlation(y_true: ArrayLike, y_pred: ArrayLike, axis: int = -1) -> Any:
    """The correlation of each pair of vectors, -1 to 1; not a number for vectors that do not vary.

    Arrays `y_true` and `y_pred` [n, outputs] of the same shape; `axis` is that of the vectors.

    >>> round(float(keras.metrics.pearson_correlation([[0, 1, 2]], [[1, 3, 5]])[0]), 4)
    1.0
    """
    return tensor(_pearson(y_true, y_pred, axis))


def concordance_correlation(y_true: ArrayLike, y_pred: ArrayLike, axis: int = -1) -> Any:
    """The concordance of each pair of vectors, -1 to 1: 1 only where they are the same.

    Arrays `y_true` and `y_pred` [n, outputs] of the same shape; `axis` is that of the vectors.

    >>> round(float(keras.metrics.concordance_correlation([[0, 1, 2]], [[1, 3, 5]])[0]), 4)
    0.3636
    """
    return tensor(_concordance(y_true, y_pred, axis))


class _Correlation(Comparison):
    """What both share: the axis of the vectors, which may be that of the batch."""

    _direction = "up"

    def __init__(self, name: str, dtype: str | None, axis: int) -> None:
        super().__init__(name, dtype)
        if isinstance(axis, bool) or not isinstance(axis, int):
            what = f"metric '{name}': `axis` is not the number of an axis"
            raise ValueError(explain(what=what, expected="an integer", received=repr(axis)))
        self.axis = axis

    @property
    def by_batch(self) -> bool:
        """Vectors may lie along the batch."""
        return self.axis != -1

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axis": self.axis}


class PearsonCorrelation(_Correlation):
    """The mean correlation of targets and outputs, as vectors along `axis`.

    >>> round(float(keras.metrics.PearsonCorrelation()([[0, 1, 2]], [[1, 3, 5]])), 4)
    1.0
    """

    def __init__(self, name: str = "pearson_correlation", dtype: str | None = None, axis: int = -1) -> None:
        super().__init__(name, dtype, axis)

    def compare(self, y_true: Array, y_pred: Array) -> ArrayLike:
        return _pearson(y_true, y_pred, self.axis)


class ConcordanceCorrelation(_Correlation):
    """The mean concordance of targets and outputs, as vectors along `axis`: 1 only where they are the same.

    >>> round(float(keras.metrics.ConcordanceCorrelation()([[0, 1, 2]], [[1, 3, 5]])), 4)
    0.3636
    """

    def __init__(self, name: str = "concordance_correlation", dtype: str | None = None, axis: int = -1) -> None:
        super().__init__(name, dtype, axis)

    def compare(self, y_true: Array, y_pred: Array) -> ArrayLike:
        return _concordance(y_true, y_pred, self.axis)


class R2Score(Metric):
    """The share of the targets' variance that outputs explain: 1 is all of it, 0 is what their mean would do.

    `class_aggregation`: 'uniform_average' is the mean over outputs, 'variance_weighted_average' weights them by their
    variance, None gives a value for each. `num_regressors` adjusts for so many independent variables.

    >>> round(float(keras.metrics.R2Score()([[1.0], [4.0], [3.0]], [[2.0], [4.0], [4.0]])), 4)
    0.5714
    """

    _direction = "up"

    def __init__(
        self,
        class_aggregation: str | None = "uniform_average",
        num_regressors: int = 0,
        name: str = "r2_score",
        dtype: str | None = None,
    ) -> None:
        super().__init__(dtype, name)
        if class_aggregation not in _AGGREGATIONS:
            raise ValueError(unknown_name("class_aggregation of R2Score", class_aggregation, map(str, _AGGREGATIONS)))
        if isinstance(num_regressors, bool) or not isinstance(num_regressors, int) or num_regressors < 0:
            what = f"metric '{name}': `num_regressors` is not a number of variables"
            raise ValueError(explain(what=what, expected="an integer, 0 or more", received=repr(num_regressors)))
        self.class_aggregation, self.num_regressors = class_aggregation, num_regressors
        self.num_samples = self.add_variable(name="num_samples")

    @property
    def _sums(self) -> list[State]:
        """Made by the first update, which knows how many outputs there are."""
        return self._variables[1:]

    def update_state(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> None:
        targets, outputs = _wide(y_true, y_pred)
        if outputs.ndim != 2 or targets.shape != outputs.shape:
            raise ValueError(
                explain(
                    what=f"metric '{self.name}' needs targets and outputs of shape (n, outputs)",
                    expected=f"outputs of two axes, and targets of their shape {outputs.shape}",
                    received=f"targets of shape {targets.shape}",
                )
            )
        if not self._sums:
            for name in ("squared_sum", "sum", "residual", "count"):
                self.add_variable(outputs.shape[1:], name=name)
        weights = np.ones((1, 1)) if sample_weight is None else np.asarray(sample_weight, np.float64)
        weights = np.broadcast_to(weights[:, None] if weights.ndim == 1 else weights, targets.shape)
        weighted = targets * weights
        terms = (targets * weighted, weighted, (targets - outputs) ** 2 * weights, weights)
        for state, term in zip(self._sums, terms, strict=True):
            state.assign_add(term.sum(axis=0))
        self.num_samples.assign_add(targets.size)

    def result(self) -> Any:
        if not self._sums:
            return Float64(0.0)
        squares, sums, residual, count = (state.numpy() for state in self._sums)
        with np.errstate(divide="ignore", invalid="ignore"):
            total = squares - sums * (sums / count)
            scores = 1 - residual / total
            scores = np.where(np.isinf(scores), 0.0, scores)
            if self.class_aggregation is None:
                return tensor(self._adjusted(scores))
            if self.class_aggregation == "uniform_average":
                return Float64(self._adjusted(scores.mean()))
            return Float64(self._adjusted((total * scores).sum() / total.sum()))

    def _adjusted(self, score: Any) -> Any:
        """For the number of independent variables, with a warning where there are too few images for that."""
        left = float(self.num_samples) - self.num_regressors - 1
        if not self.num_regressors:
            return score
        if left <= 0:
            text = explain(
                what=f"metric '{self.name}' cannot be adjusted for {self.num_regressors} variables: it stays as it is",
                expected=f"more than {self.num_regressors + 1} numbers",
                received=f"{int(float(self.num_samples))}",
            )
            warned.warn(text)
            return score
        return 1 - (1 - score) * (float(self.num_samples) - 1) / left

    def get_config(self) -> dict[str, Any]:
        own = {"class_aggregation": self.class_aggregation, "num_regressors": self.num_regressors}
        return {**super().get_config(), **own}
