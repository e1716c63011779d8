"""Precision, recall and the area under a curve: counts of right and wrong yes and no, at thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from planish.errors import explain
from planish.metrics.metric import Array, Metric, weights_like

_EPSILON = 1e-7


class _Counts(Metric):
    """Weighted counts of true and false positives and negatives at every threshold."""

    def __init__(self, thresholds: Array, name: str, dtype: str | None) -> None:
        self._thresholds = thresholds
        super().__init__(name, dtype)

    def reset_state(self) -> None:
        shape = self._thresholds.shape
        self.true_positives, self.false_positives = np.zeros(shape), np.zeros(shape)
        self.true_negatives, self.false_negatives = np.zeros(shape), np.zeros(shape)

    def _count(self, y_true: Array, y_pred: Array, weights: Array | None) -> None:
        """Rows sorted by output: what is above a threshold is a tail of them."""
        targets, outputs = y_true.reshape(-1).astype(np.float64), y_pred.reshape(-1).astype(np.float64)
        own = np.ones_like(targets) if weights is None else weights.reshape(-1)
        order = np.argsort(outputs, kind="stable")
        outputs = outputs[order]
        for positive, above, below in (
            (True, self.true_positives, self.false_negatives),
            (False, self.false_positives, self.true_negatives),
        ):
            shares = np.concatenate([[0.0], np.cumsum((own * (targets if positive else 1 - targets))[order])])
            under = shares[np.searchsorted(outputs, self._thresholds, side="right")]
            below += under
            above += shares[-1] - under


def _ratio(numerator: Array, denominator: Array) -> Array:
    return np.divide(numerator, denominator, out=np.zeros_like(numerator), where=denominator != 0)


def _prepared(
    y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None
) -> tuple[Array, Array, Array | None]:
    targets, outputs = np.asarray(y_true), np.asarray(y_pred)
    if targets.ndim == outputs.ndim - 1 and outputs.shape[-1] == 1:
        targets = targets[..., None]
    if targets.shape != outputs.shape:
        raise ValueError(
            explain(
                what="targets and outputs of a yes-or-no metric differ in shape",
                expected=outputs.shape,
                received=targets.shape,
                remedy="use one-hot targets (to_categorical), or a metric for class numbers",
            )
        )
    return targets, outputs, weights_like(sample_weight, targets)


def _among_largest(outputs: Array, k: int) -> Array:
    """Where the k largest of each row are; of equal ones, the first."""
    ranks = np.argsort(np.argsort(-outputs, axis=-1, kind="stable"), axis=-1, kind="stable")
    return ranks < k


class _Ratio(_Counts):
    """Precision or recall: true positives over a sum."""

    _direction = "up"

    def __init__(
        self,
        thresholds: float | Sequence[float] | None,
        top_k: int | None,
        class_id: int | None,
        name: str | None,
        dtype: str | None,
    ) -> None:
        default = 0.5 if top_k is None else -np.inf
        given = default if thresholds is None else thresholds
        # In float32, as outputs are: an output of 0.1 is not above a threshold of 0.1.
        bounds = np.atleast_1d(np.asarray(given, np.float32)).astype(np.float64)
        if thresholds is not None and not ((bounds >= 0) & (bounds <= 1)).all():
            raise ValueError(explain(what="`thresholds` are shares", expected="0 to 1", received=thresholds))
        self.thresholds, self.top_k, self.class_id = thresholds, top_k, class_id
        super().__init__(bounds, name or type(self).__name__.lower(), dtype)

    def update_state(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> None:
        targets, outputs, weights = _prepared(y_true, y_pred, sample_weight)
        if self.top_k is not None:
            outputs = np.where(_among_largest(outputs, self.top_k), outputs, -np.inf)
        if self.class_id is not None:
            column = slice(self.class_id, self.class_id + 1)
            targets, outputs = targets[..., column], outputs[..., column]
            weights = None if weights is None else weights[..., column]
        self._count(targets, outputs, weights)

    def _result(self, missed: Array) -> Any:
        values = _ratio(self.true_positives, self.true_positives + missed)
        return np.float64(values[0]) if len(values) == 1 else values

    def get_config(self) -> dict[str, Any]:
        own = {"thresholds": self.thresholds, "top_k": self.top_k, "class_id": self.class_id}
        return {**super().get_config(), **own}


class Precision(_Ratio):
    """The share of yes answers that are right."""

    def __init__(
        self,
        thresholds: float | Sequence[float] | None = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__(thresholds, top_k, class_id, name, dtype)

    def result(self) -> Any:
        return self._result(self.false_positives)


class Recall(_Ratio):
    """The share of yes targets that are found."""

    def __init__(
        self,
        thresholds: float | Sequence[float] | None = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__(thresholds, top_k, class_id, name, dtype)

    def result(self) -> Any:
        return self._result(self.false_negatives)


class AUC(_Counts):
    """The area under the ROC or precision-recall curve, from counts at evenly spaced thresholds."""

    _direction = "up"

    def __init__(
        self,
        num_thresholds: int = 200,
        curve: str = "ROC",
        summation_method: str = "interpolation",
        name: str | None = None,
        dtype: str | None = None,
        thresholds: Sequence[float] | None = None,
        from_logits: bool = False,
    ) -> None:
        for argument, value, known in (
            ("curve", curve, ("ROC", "PR")),
            ("summation_method", summation_method, ("interpolation", "minoring", "majoring")),
        ):
            if value not in known:
                raise ValueError(
                    explain(what=f"AUC: unknown `{argument}`", expected=" or ".join(known), received=repr(value))
                )
        if num_thresholds < 2:
            raise ValueError(
                explain(
                    what="AUC: `num_thresholds` is a number of thresholds",
                    expected="2 or more",
                    received=num_thresholds,
                )
            )
        self.curve, self.summation_method, self.from_logits = curve, summation_method, from_logits
        inner = (
            sorted(thresholds)
            if thresholds is not None
            else [(i + 1) / (num_thresholds - 1) for i in range(num_thresholds - 2)]
        )
        self.thresholds = None if thresholds is None else list(thresholds)
        self.num_thresholds = len(inner) + 2
        super().__init__(np.array([-_EPSILON, *inner, 1 + _EPSILON]), name or "auc", dtype)

    def update_state(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> None:
        targets, outputs, weights = _prepared(y_true, y_pred, sample_weight)
        if self.from_logits:
            outputs = 1 / (1 + np.exp(-outputs.astype(np.float64)))
        self._count(targets, outputs, weights)

    def result(self) -> Any:
        recall = _ratio(self.true_positives, self.true_positives + self.false_negatives)
        if self.curve == "ROC":
            x, y = _ratio(self.false_positives, self.false_positives + self.true_negatives), recall
        elif self.summation_method == "interpolation":
            return np.float64(self._interpolated_precision_recall())
        else:
            x, y = recall, _ratio(self.true_positives, self.true_positives + self.false_positives)
        pairs = {
            "interpolation": (y[:-1] + y[1:]) / 2,
            "minoring": np.minimum(y[:-1], y[1:]),
            "majoring": np.maximum(y[:-1], y[1:]),
        }
        return np.float64(((x[:-1] - x[1:]) * pairs[self.summation_method]).sum())

    def _interpolated_precision_recall(self) -> float:
        """Davis and Goadrich, 2006: true positives in a straight line between thresholds, not precision."""
        positives = self.true_positives + self.false_positives
        step = self.true_positives[:-1] - self.true_positives[1:]
        slope = _ratio(step, np.maximum(positives[:-1] - positives[1:], 0))
        intercept = self.true_positives[1:] - slope * positives[1:]
        both = (positives[:-1] > 0) & (positives[1:] > 0)
        ratio = np.where(both, np.divide(positives[:-1], positives[1:], out=np.ones_like(step), where=both), 1.0)
        total = np.maximum(self.true_positives[1:] + self.false_negatives[1:], 0)
        return float(_ratio(slope * (step + intercept * np.log(ratio)), total).sum())

    def get_config(self) -> dict[str, Any]:
        own = {
            "num_thresholds": self.num_thresholds,
            "curve": self.curve,
            "summation_method": self.summation_method,
            "thresholds": self.thresholds,
            "from_logits": self.from_logits,
        }
        return {**super().get_config(), **own}
