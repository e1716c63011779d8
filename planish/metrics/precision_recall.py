"""Precision, recall, and the counts that they are made from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from planish.metrics.confusion import ThresholdMetric, checked_thresholds, one_or_all
from planish.metrics.reductions import divide
from planish.metrics.state import Array

_NOT_CHOSEN = -1e10
"""Replaces outputs that are not among the k largest: it is below every threshold."""

Thresholds = float | Sequence[float] | None


class _Count(ThresholdMetric):
    """One of the four counts, at one or several thresholds."""

    def __init__(self, thresholds: Thresholds = None, name: str | None = None, dtype: str | None = None) -> None:
        super().__init__(checked_thresholds(thresholds, 0.5), None, name, dtype)
        self.init_thresholds = thresholds

    def result(self) -> Any:
        return one_or_all(self._states[self.kept[0]].numpy())

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "thresholds": self.init_thresholds}


class TruePositives(_Count):
    """Yes answers that are right.

    `thresholds`: an output counts above it, 0 to 1; a list gives a value for each.

    >>> float(keras.metrics.TruePositives()([1, 1], [0.2, 0.7]))
    1.0
    """

    kept = ("true_positives",)


class FalsePositives(_Count):
    """Yes answers that are wrong.

    `thresholds`: an output counts above it, 0 to 1; a list gives a value for each.

    >>> float(keras.metrics.FalsePositives()([0, 0], [0.2, 0.7]))
    1.0
    """

    kept = ("false_positives",)


class TrueNegatives(_Count):
    """No answers that are right.

    `thresholds`: an output counts above it, 0 to 1; a list gives a value for each.

    >>> float(keras.metrics.TrueNegatives()([0, 0], [0.2, 0.7]))
    1.0
    """

    kept = ("true_negatives",)


class FalseNegatives(_Count):
    """No answers that are wrong.

    `thresholds`: an output counts above it, 0 to 1; a list gives a value for each.

    >>> float(keras.metrics.FalseNegatives()([1, 1], [0.2, 0.7]))
    1.0
    """

    kept = ("false_negatives",)


class _Ratio(ThresholdMetric):
    """True positives as a share of the sum of both counts."""

    _direction = "up"

    def __init__(
        self,
        thresholds: Thresholds = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        default = 0.5 if top_k is None else _NOT_CHOSEN
        super().__init__(checked_thresholds(thresholds, default), class_id, name, dtype)
        self.init_thresholds, self.top_k = thresholds, top_k

    def _filtered(self, outputs: Array) -> Array:
        if self.top_k is None:
            return outputs
        largest = np.argsort(-outputs, axis=-1, kind="stable")[..., : self.top_k]
        chosen = np.zeros(outputs.shape, bool)
        np.put_along_axis(chosen, largest, True, axis=-1)
        return np.where(chosen, outputs, _NOT_CHOSEN)

    def result(self) -> Any:
        right, wrong = (state.numpy() for state in self._states.values())
        return one_or_all(divide(right, right + wrong))

    def get_config(self) -> dict[str, Any]:
        own = {"thresholds": self.init_thresholds, "top_k": self.top_k, "class_id": self.class_id}
        return {**super().get_config(), **own}


class Precision(_Ratio):
    """The share of yes answers that are right.

    `thresholds`: an output counts above it, 0 to 1; a list gives a value for each. `top_k`: only the largest
    outputs count. `class_id`: only this class counts.

    >>> float(keras.metrics.Precision()([0, 1], [0.7, 0.7]))
    0.5
    """

    kept = ("true_positives", "false_positives")


class Recall(_Ratio):
    """The share of yes targets that are found.

    `thresholds`: an output counts above it, 0 to 1; a list gives a value for each. `top_k`: only the largest
    outputs count. `class_id`: only this class counts.

    >>> float(keras.metrics.Recall()([1, 1], [0.2, 0.7]))
    0.5
    """

    kept = ("true_positives", "false_negatives")
