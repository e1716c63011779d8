"""F-scores: the harmonic mean of precision and recall of each class."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from planish.errors import explain, unknown_name
from planish.metrics.metric import Metric
from planish.metrics.state import Array
from planish.tensor import Float64, tensor

_EPSILON = 1e-7
_AVERAGES = ("micro", "macro", "weighted")


class FBetaScore(Metric):
    """(1 + beta^2) * precision * recall / (beta^2 * precision + recall), for one-hot targets.

    Without a threshold, the largest output of an image is its yes. `average=None` gives an array with a score for each
    class.

    >>> float(keras.metrics.FBetaScore(average="micro", beta=2.0)([[0, 1], [1, 0]], [[0.1, 0.9], [0.2, 0.8]]))
    0.4999999550000021
    """

    _direction = "up"

    def __init__(
        self,
        average: str | None = None,
        beta: float = 1.0,
        threshold: float | None = None,
        name: str = "fbeta_score",
        dtype: str | None = None,
    ) -> None:
        super().__init__(dtype, name)
        if average is not None and average not in _AVERAGES:
            raise ValueError(unknown_name("average of an F-score", average, _AVERAGES))
        if beta <= 0:
            raise ValueError(explain(what=f"metric '{name}': `beta` is wrong", expected="above 0", received=beta))
        if threshold is not None and not 0 < threshold <= 1:
            what = f"metric '{name}': `threshold` is not a share"
            raise ValueError(explain(what=what, expected="above 0, up to 1", received=threshold))
        self.average, self.beta, self.threshold = average, beta, threshold

    def update_state(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> None:
        targets, outputs = np.asarray(y_true, np.float64), np.asarray(y_pred)
        if targets.ndim != 2 or targets.shape != outputs.shape:
            raise ValueError(
                explain(
                    what=f"metric '{self.name}' needs one-hot targets and outputs of shape (n, classes)",
                    expected=outputs.shape,
                    received=targets.shape,
                    remedy="make vectors of class numbers: to_categorical(y)",
                )
            )
        if not self._variables:
            shape = () if self.average == "micro" else outputs.shape[1:]
            for name in ("true_positives", "false_positives", "false_negatives", "intermediate_weights"):
                self.add_variable(shape, name=name)
        yes = self._answers(outputs)
        weights = 1.0 if sample_weight is None else np.asarray(sample_weight, np.float64).reshape(-1, 1)
        axis = None if self.average == "micro" else 0
        for state, values in zip(
            self._variables, (yes * targets, yes * (1 - targets), (1 - yes) * targets, targets), strict=True
        ):
            state.assign_add((values * weights).sum(axis=axis))

    def _answers(self, outputs: Array) -> Array:
        if self.threshold is not None:
            yes = outputs > self.threshold
        else:
            yes = (outputs >= outputs.max(axis=-1, keepdims=True)) & (np.abs(outputs) > 1e-9)
        answers: Array = yes.astype(np.float64)
        return answers

    def result(self) -> Any:
        if not self._variables:
            return Float64(0.0)
        right, wrong, missed, images = (state.numpy() for state in self._variables)
        precision, recall = right / (right + wrong + _EPSILON), right / (right + missed + _EPSILON)
        score = (1 + self.beta**2) * precision * recall / (self.beta**2 * precision + recall + _EPSILON)
        if self.average is None:
            return tensor(score)
        if self.average == "weighted":
            return Float64((score * images / (images.sum() + _EPSILON)).sum())
        return Float64(score.mean())

    def get_config(self) -> dict[str, Any]:
        own = {"average": self.average, "beta": self.beta, "threshold": self.threshold}
        return {**super().get_config(), **own}


class F1Score(FBetaScore):
    """2 * precision * recall / (precision + recall), for one-hot targets.

    `average`: None (a value for each class), 'micro', 'macro' or 'weighted'. `threshold`: an output counts
    above it; None takes the largest one.

    >>> float(keras.metrics.F1Score(average="micro")([[0, 1], [1, 0]], [[0.1, 0.9], [0.2, 0.8]]))
    0.4999999250000064
    """

    def __init__(
        self,
        average: str | None = None,
        threshold: float | None = None,
        name: str = "f1_score",
        dtype: str | None = None,
    ) -> None:
        super().__init__(average, 1.0, threshold, name, dtype)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["beta"]
        return config
