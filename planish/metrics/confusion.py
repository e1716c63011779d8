"""Counts of right and wrong yes and no, at thresholds. They compare in float32, so that ties are Keras's ties."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from planish.errors import explain
from planish.metrics.accuracy import aligned
from planish.metrics.metric import Metric
from planish.metrics.state import Array, State
from planish.tensor import Float64, tensor

_EPSILON = 1e-7
_MOST_THRESHOLDS = 1_000_000
"""More would not tell float32 outputs apart any better, and would take memory that nobody means to give a metric."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Weighted counts at each threshold, float64 [thresholds]."""

    true_positives: Array
    false_positives: Array
    true_negatives: Array
    false_negatives: Array


def checked_threshold_count(owner: str, number: int, least: int) -> int:
    """`number`. ValueError if it is not from `least` to a million; `owner` is the metric's class."""
    if isinstance(number, bool) or not isinstance(number, int) or not least <= number <= _MOST_THRESHOLDS:
        raise ValueError(
            explain(
                what=f"{owner}: `num_thresholds` is not a number of thresholds",
                expected=f"an integer from {least} to {_MOST_THRESHOLDS:,}",
                received=repr(number),
                remedy="num_thresholds=200",
            )
        )
    return number


def evenly_spread(thresholds: Sequence[float]) -> bool:
    """Whether thresholds divide 0 to 1 into equal parts; Keras then counts by buckets."""
    number = len(thresholds)
    return number >= 3 and bool(np.allclose(thresholds, np.arange(number) / (number - 1), atol=_EPSILON))


def count(targets: Array, outputs: Array, weights: Array | None, thresholds: Array, *, evenly: bool) -> Counts:
    """Counts of flat arrays; an output above a threshold is a yes, a target that is not 0 should be one."""
    order = np.argsort(thresholds, kind="stable")
    passed = _thresholds_passed(outputs.astype(np.float32), thresholds[order].astype(np.float32), evenly)
    own = np.ones(len(targets)) if weights is None else weights
    yes = targets != 0
    positives = _at_each(passed[yes], own[yes], order)
    negatives = _at_each(passed[~yes], own[~yes], order)
    return Counts(positives[0], negatives[0], negatives[1], positives[1])


def _thresholds_passed(outputs: Array, thresholds: Array, evenly: bool) -> Array:
    """How many of the sorted thresholds are below each output; none for NaN."""
    number = len(thresholds)
    with np.errstate(invalid="ignore"):
        if evenly:
            passed = np.ceil(np.clip(outputs, np.float32(0), np.float32(1)) * np.float32(number - 1))
            if thresholds[0] < 0 or thresholds[-1] > 1:
                passed = np.maximum(passed, 1)
        else:
            passed = np.searchsorted(thresholds, outputs, side="left")
        return np.where(np.isnan(outputs), 0, passed).astype(np.intp)


def _at_each(passed: Array, weights: Array, order: Array) -> tuple[Array, Array]:
    """The weights above each threshold and not above it, in the thresholds' own order."""
    sums = np.bincount(passed, weights=weights, minlength=len(order) + 1)
    above, below = np.empty(len(order)), np.empty(len(order))
    above[order] = np.cumsum(sums[::-1])[::-1][1:]
    below[order] = np.cumsum(sums)[:-1]
    return above, below


def flat(y_true: Array, y_pred: Array, weights: Array | None) -> tuple[Array, Array, Array | None]:
    """Everything as one row; weights repeated for each output of an image."""
    spread = None if weights is None else np.broadcast_to(weights, y_pred.shape).reshape(-1)
    return y_true.reshape(-1), y_pred.reshape(-1), spread


def weights_of_outputs(sample_weight: ArrayLike | None, rank: int) -> Array | None:
    """Sample weights with as many axes as the outputs, so that they can be repeated for them."""
    if sample_weight is None:
        return None
    weights = np.asarray(sample_weight, np.float64)
    return weights.reshape(*weights.shape, *(1,) * (rank - weights.ndim))


class ThresholdMetric(Metric):
    """Base: the counts named in `kept`, at thresholds, over all outputs or those of one class."""

    kept: tuple[str, ...] = ("true_positives", "false_positives", "true_negatives", "false_negatives")

    def __init__(self, thresholds: Sequence[float], class_id: int | None, name: str | None, dtype: str | None) -> None:
        super().__init__(dtype, name)
        self.thresholds = list(thresholds)
        self.class_id = class_id
        self._evenly = evenly_spread(self.thresholds)
        self._states = {kind: self.add_variable((len(self.thresholds),), name=kind) for kind in self.kept}

    def __getattr__(self, name: str) -> State:
        states: dict[str, State] = self.__dict__.get("_states", {})
        if name not in states:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return states[name]

    def update_state(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> None:
        targets, outputs = aligned(self.name, y_true, y_pred)
        weights = weights_of_outputs(sample_weight, outputs.ndim)
        outputs = self._filtered(outputs)
        if self.class_id is not None:
            targets, outputs = self._column(targets), self._column(outputs)
        rows = flat(targets, outputs, weights)
        counts = count(*rows, np.asarray(self.thresholds, np.float64), evenly=self._evenly)
        for kind, state in self._states.items():
            state.assign_add(getattr(counts, kind))

    def _filtered(self, outputs: Array) -> Array:
        return outputs

    def _column(self, array: Array) -> Array:
        assert self.class_id is not None
        if array.ndim < 2 or not -array.shape[-1] <= self.class_id < array.shape[-1]:
            raise ValueError(
                explain(
                    what=f"metric '{self.name}': there is no class {self.class_id}",
                    expected="outputs of shape (n, classes)",
                    received=array.shape,
                )
            )
        return array[..., self.class_id, None]


def one_or_all(values: Any) -> Any:
    """A number if there is one threshold, an array if there are several."""
    return Float64(values[0]) if len(values) == 1 else tensor(np.asarray(values))


def checked_thresholds(thresholds: float | Sequence[float] | None, default: float) -> list[float]:
    """A list of thresholds. ValueError if one of them is not a share."""
    if thresholds is None:
        return [default]
    given = list(thresholds) if isinstance(thresholds, Sequence | np.ndarray) else [thresholds]
    if not given or any(value is None or not 0 <= value <= 1 for value in given):
        raise ValueError(explain(what="`thresholds` are not shares", expected="0 to 1", received=thresholds))
    return given
