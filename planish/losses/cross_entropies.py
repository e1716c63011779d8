"""Cross-entropies: of class numbers, of vectors of probabilities, of yes and no.

Probabilities are divided by their sum and kept away from 0 and 1 by 1e-7, as Keras has it; with `from_logits` the
logarithm of the softmax is taken directly, which is exact.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from planish import ops
from planish.errors import explain
from planish.graph.node import Node
from planish.losses import targets
from planish.losses.loss import Loss
from planish.losses.reduction import Array

EPSILON = 1e-7


def clipped(x: Node, low: float, high: float) -> Node:
    return ops.minimum(ops.maximum(x, low), high)


def _log_probabilities(y_pred: Node, from_logits: bool) -> Node:
    if from_logits:
        return ops.log_softmax(y_pred)
    last = len(y_pred.shape) - 1
    shares = ops.divide(y_pred, ops.reduce_sum(y_pred, (last,), keepdims=True))
    return ops.log(clipped(shares, EPSILON, 1 - EPSILON))


def _negative_sum(x: Node) -> Node:
    return ops.negative(ops.reduce_sum(x, (len(x.shape) - 1,)))


class SparseCategoricalCrossentropy(Loss):
    """-log(p[class]) for class numbers; those equal to `ignore_class` do not count."""

    target_kind = "labels"

    def __init__(
        self,
        from_logits: bool = False,
        ignore_class: int | None = None,
        reduction: str | None = "sum_over_batch_size",
        axis: int = -1,
        name: str = "sparse_categorical_crossentropy",
        dtype: str | None = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self._refuse(axis=(axis, (-1,)))
        self.from_logits, self.ignore_class = from_logits, ignore_class
        if ignore_class is not None and self.reduction == "mean_with_sample_weight":
            self._refuse(reduction=(self.reduction, ("sum_over_batch_size", "sum", "none")))

    def call(self, y_true: Node, y_pred: Node) -> Node:
        chosen = ops.one_hot(y_true, y_pred.shape[-1])  # all zeros for -1, which ignored labels were made
        return _negative_sum(ops.multiply(chosen, _log_probabilities(y_pred, self.from_logits)))

    def per_sample(self, y_true: Node, y_pred: Node) -> Node:
        value = super().per_sample(y_true, y_pred)
        if self.ignore_class is None or self.reduction == "sum":
            return value
        # The mean over the labels that count, of which there may be none.
        chosen = ops.one_hot(y_true, y_pred.shape[-1])
        counted = ops.maximum(ops.batch_sum(chosen, range(len(chosen.shape))), 1.0)
        return ops.multiply(value, ops.divide(ops.multiply(ops.batch_size(), y_true.type.size), counted))

    def prepare_targets(self, y_true: ArrayLike, output_shape: Sequence[int | None]) -> Array:
        return targets.labels(self.name, np.asarray(y_true), output_shape, self.ignore_class)

    def counted(self, prepared: Array) -> Array | None:
        return None if self.ignore_class is None else prepared >= 0

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "from_logits": self.from_logits, "ignore_class": self.ignore_class}


class _Smoothed(Loss):
    """What the cross-entropies of vectors share: `label_smoothing` moves that share of the target to all outcomes."""

    def __init__(
        self,
        from_logits: bool,
        label_smoothing: float,
        axis: int,
        reduction: str | None,
        name: str,
        dtype: str | None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self._refuse(axis=(axis, (-1,)))
        if not 0 <= label_smoothing <= 1:
            what = f"loss '{name}': `label_smoothing` is a share"
            raise ValueError(explain(what=what, expected="0 to 1", received=label_smoothing))
        self.from_logits, self.label_smoothing, self.axis = from_logits, label_smoothing, axis

    def _smooth(self, y_true: Node, outcomes: int) -> Node:
        if not self.label_smoothing:
            return y_true
        return ops.add(ops.multiply(y_true, 1 - self.label_smoothing), self.label_smoothing / outcomes)

    def get_config(self) -> dict[str, Any]:
        own = {"from_logits": self.from_logits, "label_smoothing": self.label_smoothing, "axis": self.axis}
        return {**super().get_config(), **own}


class CategoricalCrossentropy(_Smoothed):
    """-sum(y * log(p)) for vectors."""

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str = "categorical_crossentropy",
        dtype: str | None = None,
    ) -> None:
        super().__init__(from_logits, label_smoothing, axis, reduction, name, dtype)

    def call(self, y_true: Node, y_pred: Node) -> Node:
        y_true = self._smooth(y_true, y_pred.shape[-1])
        return _negative_sum(ops.multiply(y_true, _log_probabilities(y_pred, self.from_logits)))

    def prepare_targets(self, y_true: ArrayLike, output_shape: Sequence[int | None]) -> Array:
        prepared = super().prepare_targets(y_true, output_shape)
        if output_shape[-1] == 1:
            text = explain(
                what=f"loss '{self.name}' of a model with one output is always 0",
                remedy="give the last layer a unit for each class, or use loss='binary_crossentropy'",
            )
            warnings.warn(text, SyntaxWarning, stacklevel=2)
        return prepared


class BinaryCrossentropy(_Smoothed):
    """-(y * log(p) + (1 - y) * log(1 - p)), averaged over the outputs."""

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str = "binary_crossentropy",
        dtype: str | None = None,
    ) -> None:
        super().__init__(from_logits, label_smoothing, axis, reduction, name, dtype)

    def call(self, y_true: Node, y_pred: Node) -> Node:
        y_true = self._smooth(y_true, 2)
        if self.from_logits:  # log(1 + exp(x)) - x * y: no probability comes near 0 or 1
            entropy = ops.subtract(ops.softplus(y_pred), ops.multiply(y_pred, y_true))
        else:
            p = clipped(y_pred, EPSILON, 1 - EPSILON)
            yes = ops.multiply(y_true, ops.log(p))
            no = ops.multiply(ops.subtract(1.0, y_true), ops.log(ops.subtract(1.0, p)))
            entropy = ops.negative(ops.add(yes, no))
        return ops.reduce_mean(entropy, (len(entropy.shape) - 1,))
