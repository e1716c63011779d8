"""Losses as metrics: their mean over images."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from planish import losses
from planish.losses.reduction import same_rank
from planish.metrics.reductions import Comparison
from planish.metrics.state import Array
from planish.tensor import Float64


class LossMetric(Comparison):
    """The mean of a loss, under the loss's name if it is given no other. `arguments` are those of the loss."""

    loss_class: type[losses.Loss]
    _direction = "down"

    def __init__(self, name: str | None = None, dtype: str | None = None, **arguments: Any) -> None:
        self._loss = self.loss_class(**arguments)
        self._arguments = arguments
        super().__init__(name or self._loss.name, dtype)

    def update_state(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> None:
        values, counted = self._loss.evaluate(y_true, y_pred)
        self.add(values, sample_weight, counted)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **self._arguments}


class MeanSquaredError(LossMetric):
    """mean((y - p)^2).

    >>> float(keras.metrics.MeanSquaredError()([[0.0]], [[3.0]]))
    9.0
    """

    loss_class = losses.MeanSquaredError


class MeanAbsoluteError(LossMetric):
    """mean(|y - p|).

    >>> float(keras.metrics.MeanAbsoluteError()([[0.0]], [[3.0]]))
    3.0
    """

    loss_class = losses.MeanAbsoluteError


class MeanAbsolutePercentageError(LossMetric):
    """100 * mean(|y - p| / |y|).

    >>> float(keras.metrics.MeanAbsolutePercentageError()([[2.0]], [[3.0]]))
    50.0
    """

    loss_class = losses.MeanAbsolutePercentageError


class MeanSquaredLogarithmicError(LossMetric):
    """mean((log(y + 1) - log(p + 1))^2).

    >>> round(float(keras.metrics.MeanSquaredLogarithmicError()([[0.0]], [[1.0]])), 4)
    0.4805
    """

    loss_class = losses.MeanSquaredLogarithmicError


class KLDivergence(LossMetric):
    """sum(y * log(y / p)).

    >>> round(float(keras.metrics.KLDivergence()([[0.0, 1.0]], [[0.5, 0.5]])), 4)
    0.6931
    """

    loss_class = losses.KLDivergence


class Poisson(LossMetric):
    """mean(p - y * log(p)).

    >>> float(keras.metrics.Poisson()([[0.0]], [[1.0]]))
    1.0
    """

    loss_class = losses.Poisson


class Hinge(LossMetric):
    """mean(max(1 - y * p, 0)).

    >>> float(keras.metrics.Hinge()([[1.0]], [[0.5]]))
    0.5
    """

    loss_class = losses.Hinge


class SquaredHinge(LossMetric):
    """mean(max(1 - y * p, 0)^2).

    >>> float(keras.metrics.SquaredHinge()([[1.0]], [[0.5]]))
    0.25
    """

    loss_class = losses.SquaredHinge


class CategoricalHinge(LossMetric):
    """max(largest wrong - right + 1, 0).

    >>> float(keras.metrics.CategoricalHinge()([[0.0, 1.0]], [[0.5, 0.5]]))
    1.0
    """

    loss_class = losses.CategoricalHinge


class LogCoshError(LossMetric):
    """mean(log(cosh(p - y))).

    >>> round(float(keras.metrics.LogCoshError()([[0.0]], [[1.0]])), 4)
    0.4338
    """

    loss_class = losses.LogCosh

    def __init__(self, name: str = "logcosh", dtype: str | None = None) -> None:
        super().__init__(name, dtype)


class BinaryCrossentropy(LossMetric):
    """Cross-entropy for yes and no.

    `from_logits` and `label_smoothing` as in the loss.

    >>> round(float(keras.metrics.BinaryCrossentropy()([[1.0]], [[0.5]])), 4)
    0.6931
    """

    loss_class = losses.BinaryCrossentropy

    def __init__(
        self,
        name: str = "binary_crossentropy",
        dtype: str | None = None,
        from_logits: bool = False,
        label_smoothing: float = 0,
    ) -> None:
        super().__init__(name, dtype, from_logits=from_logits, label_smoothing=label_smoothing)


class CategoricalCrossentropy(LossMetric):
    """Cross-entropy for vectors.

    `from_logits`, `label_smoothing` and `axis` as in the loss.

    >>> round(float(keras.metrics.CategoricalCrossentropy()([[0.0, 1.0]], [[0.5, 0.5]])), 4)
    0.6931
    """

    loss_class = losses.CategoricalCrossentropy

    def __init__(
        self,
        name: str = "categorical_crossentropy",
        dtype: str | None = None,
        from_logits: bool = False,
        label_smoothing: float = 0,
        axis: int = -1,
    ) -> None:
        super().__init__(name, dtype, from_logits=from_logits, label_smoothing=label_smoothing, axis=axis)


class SparseCategoricalCrossentropy(LossMetric):
    """Cross-entropy for class numbers.

    `from_logits`, `ignore_class` and `axis` as in the loss.

    >>> round(float(keras.metrics.SparseCategoricalCrossentropy()([1], [[0.5, 0.5]])), 4)
    0.6931
    """

    loss_class = losses.SparseCategoricalCrossentropy

    def __init__(
        self,
        name: str = "sparse_categorical_crossentropy",
        dtype: str | None = None,
        from_logits: bool = False,
        ignore_class: int | None = None,
        axis: int = -1,
    ) -> None:
        super().__init__(name, dtype, from_logits=from_logits, ignore_class=ignore_class, axis=axis)


class CosineSimilarity(Comparison):
    """The cosine of the angle between target and output: 1 where they point the same way.

    `axis` is that of the vectors.

    >>> float(keras.metrics.CosineSimilarity()([[0.0, 1.0]], [[0.0, 2.0]]))
    1.0
    """

    _direction = "up"

    def __init__(self, name: str = "cosine_similarity", dtype: str | None = None, axis: int = -1) -> None:
        super().__init__(name, dtype)
        self._loss = losses.CosineSimilarity(axis)

    @property
    def by_batch(self) -> bool:
        """Vectors may lie along the batch."""
        return self._loss.axis != -1

    def compare(self, y_true: Array, y_pred: Array) -> ArrayLike:
        return np.negative(self._loss.values(y_true, y_pred))


class RootMeanSquaredError(Comparison):
    """sqrt(mean((y - p)^2)), the mean over everything.

    >>> float(keras.metrics.RootMeanSquaredError()([[0.0]], [[3.0]]))
    3.0
    """

    _direction = "down"

    def __init__(self, name: str = "root_mean_squared_error", dtype: str | None = None) -> None:
        super().__init__(name, dtype)

    def compare(self, y_true: Array, y_pred: Array) -> ArrayLike:
        targets, outputs = same_rank(y_true.astype(np.float64), y_pred.astype(np.float64))
        errors: Array = np.square(losses.MeanSquaredError().prepare_targets(targets, outputs.shape) - outputs)
        return errors

    def result(self) -> Any:
        return Float64(np.sqrt(super().result()))
