"""The best value of one rate where another reaches a given value, over evenly spread thresholds."""

from __future__ import annotations

from typing import Any

import numpy as np

from planish.errors import explain
from planish.metrics.confusion import ThresholdMetric, checked_threshold_count
from planish.metrics.reductions import divide
from planish.metrics.state import Array
from planish.tensor import Float64

# A rate is the first count as a share of the sum of both.
_RATES = {
    "sensitivity": ("true_positives", "false_negatives"),
    "recall": ("true_positives", "false_negatives"),
    "specificity": ("true_negatives", "false_positives"),
    "precision": ("true_positives", "false_positives"),
}


class _OperatingPoint(ThresholdMetric):
    """Subclasses name the rate that must reach the given value, and the rate whose largest value is reported."""

    _direction = "up"
    required: str
    reported: str

    def __init__(
        self, value: float, num_thresholds: int, class_id: int | None, name: str | None, dtype: str | None
    ) -> None:
        if not 0 <= value <= 1:
            what = f"{type(self).__name__}: `{self.required}` is not a share"
            raise ValueError(explain(what=what, expected="0 to 1", received=value))
        checked_threshold_count(type(self).__name__, num_thresholds, least=1)
        thresholds = [i / (num_thresholds - 1) for i in range(num_thresholds)] if num_thresholds > 1 else [0.5]
        super().__init__(thresholds, class_id, name, dtype)
        self.value, self.num_thresholds = value, num_thresholds

    def _rate(self, name: str) -> Array:
        part, rest = (self._states[kind] for kind in _RATES[name])
        return divide(part, part + rest)

    def result(self) -> Any:
        reached = self._rate(self.required) >= self.value
        return Float64(np.max(self._rate(self.reported), where=reached, initial=0.0))

    def get_config(self) -> dict[str, Any]:
        own = {"class_id": self.class_id, "num_thresholds": self.num_thresholds, self.required: self.value}
        return {**super().get_config(), **own}


class SensitivityAtSpecificity(_OperatingPoint):
    """The best sensitivity with at least this specificity.

    `num_thresholds`: how finely probabilities are told apart. `class_id`: only this class counts.

    >>> float(keras.metrics.SensitivityAtSpecificity(0.5)([0, 0, 1, 1], [0.1, 0.6, 0.4, 0.9]))
    1.0
    """

    required, reported = "specificity", "sensitivity"

    def __init__(
        self,
        specificity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__(specificity, num_thresholds, class_id, name, dtype)


class SpecificityAtSensitivity(_OperatingPoint):
    """The best specificity with at least this sensitivity.

    `num_thresholds`: how finely probabilities are told apart. `class_id`: only this class counts.

    >>> float(keras.metrics.SpecificityAtSensitivity(0.5)([0, 0, 1, 1], [0.1, 0.6, 0.4, 0.9]))
    1.0
    """

    required, reported = "sensitivity", "specificity"

    def __init__(
        self,
        sensitivity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__(sensitivity, num_thresholds, class_id, name, dtype)


class PrecisionAtRecall(_OperatingPoint):
    """The best precision with at least this recall.

    `num_thresholds`: how finely probabilities are told apart. `class_id`: only this class counts.

    >>> float(keras.metrics.PrecisionAtRecall(0.5)([0, 0, 1, 1], [0.1, 0.6, 0.4, 0.9]))
    1.0
    """

    required, reported = "recall", "precision"

    def __init__(
        self,
        recall: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__(recall, num_thresholds, class_id, name, dtype)


class RecallAtPrecision(_OperatingPoint):
    """The best recall with at least this precision.

    `num_thresholds`: how finely probabilities are told apart. `class_id`: only this class counts.

    >>> float(keras.metrics.RecallAtPrecision(0.8)([0, 0, 1, 1], [0.1, 0.6, 0.4, 0.9]))
    0.5
    """

    required, reported = "precision", "recall"

    def __init__(
        self,
        precision: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__(precision, num_thresholds, class_id, name, dtype)
