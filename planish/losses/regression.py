"""Losses that compare numbers with numbers, averaged over the outputs of an image."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from planish import ops
from planish.graph.node import Node
from planish.losses.cross_entropies import EPSILON, clipped
from planish.losses.loss import Loss

Meaning = Callable[[Node, Node], Node]


def mean(x: Node) -> Node:
    return ops.reduce_mean(x, (len(x.shape) - 1,))


def total(x: Node) -> Node:
    return ops.reduce_sum(x, (len(x.shape) - 1,))


class FixedLoss(Loss):
    """A loss without arguments of its own: subclasses give its `meaning`, and its name if it is not the class's."""

    meaning: Meaning
    default_name: str

    def __init__(
        self, reduction: str | None = "sum_over_batch_size", name: str | None = None, dtype: str | None = None
    ) -> None:
        super().__init__(name or self.default_name, reduction, dtype)

    def call(self, y_true: Node, y_pred: Node) -> Node:
        return type(self).meaning(y_true, y_pred)


class MeanSquaredError(FixedLoss):
    """mean((y - p)^2)."""

    default_name = "mean_squared_error"
    meaning = staticmethod(lambda y, p: mean(ops.square(ops.subtract(y, p))))


class MeanAbsoluteError(FixedLoss):
    """mean(|y - p|)."""

    default_name = "mean_absolute_error"
    meaning = staticmethod(lambda y, p: mean(ops.absolute(ops.subtract(y, p))))


def _percentage(y: Node, p: Node) -> Node:
    relative = ops.divide(ops.subtract(y, p), ops.maximum(ops.absolute(y), EPSILON))
    return ops.multiply(mean(ops.absolute(relative)), 100.0)


class MeanAbsolutePercentageError(FixedLoss):
    """100 * mean(|y - p| / |y|)."""

    default_name = "mean_absolute_percentage_error"
    meaning = staticmethod(_percentage)


def _log_plus_one(x: Node) -> Node:
    return ops.log(ops.add(ops.maximum(x, EPSILON), 1.0))


class MeanSquaredLogarithmicError(FixedLoss):
    """mean((log(y + 1) - log(p + 1))^2)."""

    default_name = "mean_squared_logarithmic_error"
    meaning = staticmethod(lambda y, p: mean(ops.square(ops.subtract(_log_plus_one(p), _log_plus_one(y)))))


def _log_cosh(y: Node, p: Node) -> Node:
    x = ops.subtract(p, y)
    return mean(ops.subtract(ops.add(x, ops.softplus(ops.multiply(x, -2.0))), math.log(2.0)))


class LogCosh(FixedLoss):
    """mean(log(cosh(p - y)))."""

    default_name = "log_cosh"
    meaning = staticmethod(_log_cosh)


def _divergence(y: Node, p: Node) -> Node:
    y, p = clipped(y, EPSILON, 1.0), clipped(p, EPSILON, 1.0)
    return total(ops.multiply(y, ops.log(ops.divide(y, p))))


class KLDivergence(FixedLoss):
    """sum(y * log(y / p))."""

    default_name = "kl_divergence"
    meaning = staticmethod(_divergence)


class Poisson(FixedLoss):
    """mean(p - y * log(p))."""

    default_name = "poisson"
    meaning = staticmethod(lambda y, p: mean(ops.subtract(p, ops.multiply(y, ops.log(ops.add(p, EPSILON))))))


class Huber(Loss):
    """Half the square up to `delta`, a straight line beyond."""

    def __init__(
        self,
        delta: float = 1.0,
        reduction: str | None = "sum_over_batch_size",
        name: str = "huber_loss",
        dtype: str | None = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.delta = delta

    def call(self, y_true: Node, y_pred: Node) -> Node:
        size = ops.absolute(ops.subtract(y_pred, y_true))
        straight = ops.subtract(ops.multiply(size, self.delta), 0.5 * self.delta**2)
        return mean(ops.select(ops.greater(size, self.delta), straight, ops.multiply(ops.square(size), 0.5)))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "delta": self.delta}


def cosine(y_true: Node, y_pred: Node) -> Node:
    """The cosine of the angle between vectors; 0 if one of them is 0."""
    return total(ops.multiply(_direction(y_true), _direction(y_pred)))


def _direction(x: Node) -> Node:
    square_sum = ops.reduce_sum(ops.square(x), (len(x.shape) - 1,), keepdims=True)
    return ops.multiply(x, ops.minimum(ops.rsqrt(square_sum), 1 / EPSILON))


class CosineSimilarity(Loss):
    """Minus the cosine of the angle between vectors: -1 where they point the same way."""

    def __init__(
        self,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str = "cosine_similarity",
        dtype: str | None = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self._refuse(axis=(axis, (-1,)))

    def call(self, y_true: Node, y_pred: Node) -> Node:
        return ops.negative(cosine(y_true, y_pred))
