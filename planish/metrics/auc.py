"""The area under a curve of rates, as thresholds go from 0 to 1."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from planish.errors import explain
from planish.metrics.accuracy import aligned
from planish.metrics.confusion import Counts, checked_threshold_count, count, evenly_spread, flat, weights_of_outputs
from planish.metrics.metric import Metric
from planish.metrics.reductions import divide
from planish.metrics.state import Array, State
from planish.tensor import Float64

_EPSILON = 1e-7
_CURVES = ("ROC", "PR", "PRGAIN")
_METHODS = ("interpolation", "minoring", "majoring")
_KINDS = ("true_positives", "false_positives", "true_negatives", "false_negatives")


class AUC(Metric):
    """The area under the ROC, precision-recall or precision-recall-gain curve, from counts at thresholds.

    With `multi_label`, outputs are (n, labels), each label has its own curve, and the result is the mean of the areas,
    weighted by `label_weights`; without it, `label_weights` weight the outputs.

    `num_thresholds`: how finely probabilities are told apart. `summation_method`: 'interpolation', 'minoring' or
    'majoring'. `num_labels`: their number, for `multi_label`. `from_logits`: outputs are not probabilities yet.

    >>> float(keras.metrics.AUC()([0, 1], [0.1, 0.9]))
    1.0
    """

    _direction = "up"

    def __init__(
        self,
        num_thresholds: int = 200,
        curve: str = "ROC",
        summation_method: str = "interpolation",
        name: str | None = None,
        dtype: str | None = None,
        thresholds: Sequence[float] | None = None,
        multi_label: bool = False,
        num_labels: int | None = None,
        label_weights: Sequence[float] | None = None,
        from_logits: bool = False,
    ) -> None:
        super().__init__(dtype, name)
        self.curve = _chosen("curve", curve, _CURVES)
        self.summation_method = _chosen("summation_method", summation_method, _METHODS)
        inner = _inner_thresholds(num_thresholds) if thresholds is None else sorted(thresholds)
        self._given = thresholds is not None
        self.num_thresholds = len(inner) + 2
        self.thresholds = [-_EPSILON, *inner, 1 + _EPSILON]
        self._evenly = not self._given or evenly_spread([0.0, *inner, 1.0])
        if num_labels is not None and not multi_label:
            raise ValueError(explain(what="AUC: `num_labels` goes with multi_label=True only", received=num_labels))
        self.multi_label, self.num_labels, self.from_logits = multi_label, num_labels, from_logits
        self.label_weights = None if label_weights is None else np.asarray(label_weights, np.float64)
        self._states: dict[str, State] = {}
        if num_labels is not None or not multi_label:
            self._build(num_labels or 1)

    def _build(self, labels: int) -> None:
        """Counts at each threshold for each label; without `multi_label`, all outputs are one label."""
        self._states = {kind: self.add_variable((self.num_thresholds, labels), name=kind) for kind in _KINDS}

    def update_state(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> None:
        targets, outputs = aligned(self.name, y_true, y_pred)
        weights = weights_of_outputs(sample_weight, outputs.ndim)
        if self.from_logits:
            outputs = 1 / (1 + np.exp(-outputs.astype(np.float32)))
        if self.multi_label:
            self._check_labels(outputs)
            columns = [self._count(targets[:, i], outputs[:, i], _column(weights, i)) for i in range(outputs.shape[1])]
        else:
            if self.label_weights is not None:
                weights = self.label_weights * (1.0 if weights is None else weights)
            columns = [self._count(*flat(targets, outputs, weights))]
        for kind, state in self._states.items():
            state.assign_add(np.stack([getattr(counts, kind) for counts in columns], axis=-1))

    def _count(self, targets: Array, outputs: Array, weights: Array | None) -> Counts:
        return count(targets, outputs, weights, np.asarray(self.thresholds), evenly=self._evenly)

    def _check_labels(self, outputs: Array) -> None:
        """ValueError unless outputs are (n, labels); the first ones say how many labels there are."""
        if outputs.ndim == 2 and not self._states:
            self._build(outputs.shape[1])
        labels = self._states["true_positives"].shape[1] if self._states else "labels"
        if outputs.ndim != 2 or outputs.shape[1] != labels:
            what = f"metric '{self.name}': with multi_label=True each output is a label"
            raise ValueError(explain(what=what, expected=f"outputs of shape (n, {labels})", received=outputs.shape))

    def result(self) -> Any:
        if not self._states:
            return Float64(0.0)
        areas = self._areas()
        if not self.multi_label or self.label_weights is None:
            return Float64(areas.mean())
        return Float64(divide((areas * self.label_weights).sum(), self.label_weights.sum()))

    def _areas(self) -> Array:
        """The area of each label's curve."""
        counts = [state.numpy() for state in self._states.values()]
        if self.curve == "PR" and self.summation_method == "interpolation":
            return _interpolated_precision_recall(*counts)
        x, y = _CURVE_POINTS[self.curve](*counts)
        heights = _HEIGHTS[self.summation_method](y[:-1], y[1:])
        area: Array = ((x[:-1] - x[1:]) * heights).sum(axis=0)
        return area

    def get_config(self) -> dict[str, Any]:
        own = {
            "num_thresholds": self.num_thresholds,
            "curve": self.curve,
            "summation_method": self.summation_method,
            "multi_label": self.multi_label,
            "num_labels": self.num_labels,
            "label_weights": None if self.label_weights is None else self.label_weights.tolist(),
            "from_logits": self.from_logits,
        }
        return {**super().get_config(), **own, **({"thresholds": self.thresholds[1:-1]} if self._given else {})}


def _chosen(argument: str, value: str, known: Sequence[str]) -> str:
    by_name = {name.lower(): name for name in known}
    if str(value).lower() not in by_name:
        expected = " or ".join(map(repr, known))
        raise ValueError(explain(what=f"AUC: unknown `{argument}`", expected=expected, received=repr(value)))
    return by_name[str(value).lower()]


def _inner_thresholds(number: int) -> list[float]:
    checked_threshold_count("AUC", number, least=2)
    return [i / (number - 1) for i in range(1, number - 1)]


def _column(weights: Array | None, label: int) -> Array | None:
    return None if weights is None else weights[:, label % weights.shape[1]]


def _roc(tp: Array, fp: Array, tn: Array, fn: Array) -> tuple[Array, Array]:
    return divide(fp, fp + tn), divide(tp, tp + fn)


def _precision_recall(tp: Array, fp: Array, tn: Array, fn: Array) -> tuple[Array, Array]:
    return divide(tp, tp + fn), divide(tp, tp + fp)


def _precision_recall_gain(tp: Array, fp: Array, tn: Array, fn: Array) -> tuple[Array, Array]:
    """Flach and Kull, 2015."""
    scale = divide(tp + fn, tn + fp)
    recall_gain = np.where(tp == 0, 0.0, 1 - scale * divide(fn, tp))
    precision_gain = np.where(tp == 0, 1.0, 1 - scale * divide(fp, tp))
    return np.maximum(recall_gain, 0.0), precision_gain


def _interpolated_precision_recall(tp: Array, fp: Array, tn: Array, fn: Array) -> Array:
    """Davis and Goadrich, 2006: between thresholds true positives go in a straight line, not precision."""
    positives = tp + fp
    step = tp[:-1] - tp[1:]
    slope = divide(step, np.maximum(positives[:-1] - positives[1:], 0))
    intercept = tp[1:] - slope * positives[1:]
    ratio = np.where((positives[:-1] > 0) & (positives[1:] > 0), divide(positives[:-1], positives[1:]), 1.0)
    area: Array = divide(slope * (step + intercept * np.log(ratio)), np.maximum(tp[1:] + fn[1:], 0)).sum(axis=0)
    return area


_CURVE_POINTS = {"ROC": _roc, "PR": _precision_recall, "PRGAIN": _precision_recall_gain}
_HEIGHTS: dict[str, Callable[[Array, Array], Array]] = {
    "interpolation": lambda a, b: (a + b) / 2,
    "minoring": np.minimum,
    "majoring": np.maximum,
}
