"""Losses watched as metrics: their mean over images."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from planish import losses
from planish.metrics.metric import Array, Mean, weights_like


class LossMetric(Mean):
    """The mean of a loss. Subclasses name the loss."""

    loss_class: type[losses.Loss]
    _direction = "down"

    def __init__(self, name: str | None = None, dtype: str | None = None, **arguments: Any) -> None:
        self._loss = self.loss_class(**arguments)
        self._arguments = arguments
        super().__init__(name or self._loss.name, dtype)

    def update_state(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> None:
        self.add(self._loss.call(y_true, y_pred), sample_weight)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **self._arguments}


class MeanSquaredError(LossMetric):
    """mean((y - p)^2)."""

    loss_class = losses.MeanSquaredError


class MeanAbsoluteError(LossMetric):
    """mean(|y - p|)."""

    loss_class = losses.MeanAbsoluteError


class MeanAbsolutePercentageError(LossMetric):
    """100 * mean(|y - p| / |y|)."""

    loss_class = losses.MeanAbsolutePercentageError


class MeanSquaredLogarithmicError(LossMetric):
    """mean((log(y + 1) - log(p + 1))^2)."""

    loss_class = losses.MeanSquaredLogarithmicError


class KLDivergence(LossMetric):
    """sum(y * log(y / p))."""

    loss_class = losses.KLDivergence


class Poisson(LossMetric):
    """mean(p - y * log(p))."""

    loss_class = losses.Poisson


class Hinge(LossMetric):
    """mean(max(1 - y * p, 0))."""

    loss_class = losses.Hinge


class SquaredHinge(LossMetric):
    """mean(max(1 - y * p, 0)^2)."""

    loss_class = losses.SquaredHinge


class CategoricalHinge(LossMetric):
    """max(largest wrong - right + 1, 0)."""

    loss_class = losses.CategoricalHinge


class LogCoshError(LossMetric):
    """mean(log(cosh(p - y)))."""

    loss_class = losses.LogCosh

    def __init__(self, name: str = "logcosh", dtype: str | None = None) -> None:
        super().__init__(name, dtype)


class BinaryCrossentropy(LossMetric):
    """Cross-entropy of yes and no."""

    loss_class = losses.BinaryCrossentropy


class CategoricalCrossentropy(LossMetric):
    """Cross-entropy of vectors."""

    loss_class = losses.CategoricalCrossentropy


class SparseCategoricalCrossentropy(LossMetric):
    """Cross-entropy of class numbers."""

    loss_class = losses.SparseCategoricalCrossentropy


class RootMeanSquaredError(Mean):
    """sqrt(mean((y - p)^2)), the mean over everything."""

    _direction = "down"

    def __init__(self, name: str = "root_mean_squared_error", dtype: str | None = None) -> None:
        super().__init__(name, dtype)

    def update_state(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> None:
        targets, outputs = np.asarray(y_true, np.float64), np.asarray(y_pred, np.float64)
        if targets.ndim == outputs.ndim - 1:
            targets = targets[..., None]
        squares: Array = (targets - outputs) ** 2
        self.add(squares, weights_like(sample_weight, squares))

    def result(self) -> Any:
        return np.sqrt(super().result())
