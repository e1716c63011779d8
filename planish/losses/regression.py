"""Losses that compare numbers with numbers, averaged over the outputs of an image."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from planish import ops
from planish.graph.node import Node
from planish.losses.cross_entropies import EPSILON
from planish.losses.loss import Loss


def _mean(x: Node) -> Node:
    return ops.reduce_mean(x, (len(x.shape) - 1,))


def _sum(x: Node) -> Node:
    return ops.reduce_sum(x, (len(x.shape) - 1,))


def _difference(y_true: Node, y_pred: Node) -> Node:
    return ops.subtract(y_true, y_pred)


def _log_plus_one(x: Node) -> Node:
    return ops.log(ops.add(ops.maximum(x, EPSILON), 1.0))


def _signs(y_true: Node) -> Node:
    """Targets 0 and 1 become -1 and 1; -1 stays."""
    return ops.select(ops.equal(y_true, 0.0), -1.0, y_true)


def _margin(y_true: Node, y_pred: Node) -> Node:
    return ops.maximum(ops.subtract(1.0, ops.multiply(_signs(y_true), y_pred)), 0.0)


def _percentage(y_true: Node, y_pred: Node) -> Node:
    relative = ops.divide(_difference(y_true, y_pred), ops.maximum(ops.absolute(y_true), EPSILON))
    return ops.multiply(_mean(ops.absolute(relative)), 100.0)


def _categorical_hinge(y_true: Node, y_pred: Node) -> Node:
    last = (len(y_pred.shape) - 1,)
    right = _sum(ops.multiply(y_true, y_pred))
    wrong = ops.reduce_max(ops.multiply(ops.subtract(1.0, y_true), y_pred), last)
    return ops.maximum(ops.add(ops.subtract(wrong, right), 1.0), 0.0)


def _divergence(y_true: Node, y_pred: Node) -> Node:
    p, q = (ops.minimum(ops.maximum(x, EPSILON), 1.0) for x in (y_true, y_pred))
    return _sum(ops.multiply(p, ops.log(ops.divide(p, q))))


def _poisson(y_true: Node, y_pred: Node) -> Node:
    return _mean(ops.subtract(y_pred, ops.multiply(y_true, ops.log(ops.add(y_pred, EPSILON)))))


def _log_cosh(y_true: Node, y_pred: Node) -> Node:
    x = ops.subtract(y_pred, y_true)
    return _mean(ops.subtract(ops.add(x, ops.softplus(ops.multiply(x, -2.0))), math.log(2.0)))


Meaning = Callable[[Node, Node], Node]


class _Plain(Loss):
    """A loss without arguments of its own."""

    meaning: Meaning

    def __init__(self, reduction: str | None = "sum_over_batch_size", name: str | None = None, dtype: str | None = None) -> None:
        super().__init__(name, reduction, dtype)

    def value(self, y_true: Node, y_pred: Node) -> Node:
        return type(self).meaning(y_true, y_pred)


class MeanSquaredError(_Plain):
    """mean((y - p)^2)."""

    meaning = staticmethod(lambda y, p: _mean(ops.square(_difference(y, p))))


class MeanAbsoluteError(_Plain):
    """mean(|y - p|)."""

    meaning = staticmethod(lambda y, p: _mean(ops.absolute(_difference(y, p))))


class MeanAbsolutePercentageError(_Plain):
    """100 * mean(|y - p| / |y|)."""

    meaning = staticmethod(_percentage)


class MeanSquaredLogarithmicError(_Plain):
    """mean((log(y + 1) - log(p + 1))^2)."""

    meaning = staticmethod(lambda y, p: _mean(ops.square(ops.subtract(_log_plus_one(y), _log_plus_one(p)))))


class Hinge(_Plain):
    """mean(max(1 - y * p, 0)) for targets -1 and 1 (0 counts as -1)."""

    meaning = staticmethod(lambda y, p: _mean(_margin(y, p)))


class SquaredHinge(_Plain):
    """mean(max(1 - y * p, 0)^2) for targets -1 and 1 (0 counts as -1)."""

    meaning = staticmethod(lambda y, p: _mean(ops.square(_margin(y, p))))


class CategoricalHinge(_Plain):
    """max(largest wrong - right + 1, 0) for one-hot targets."""

    meaning = staticmethod(_categorical_hinge)


class KLDivergence(_Plain):
    """sum(y * log(y / p))."""

    meaning = staticmethod(_divergence)

    def __init__(
        self, reduction: str | None = "sum_over_batch_size", name: str | None = "kl_divergence", dtype: str | None = None
    ) -> None:
        super().__init__(reduction, name, dtype)


class Poisson(_Plain):
    """mean(p - y * log(p))."""

    meaning = staticmethod(_poisson)


class LogCosh(_Plain):
    """mean(log(cosh(p - y)))."""

    meaning = staticmethod(_log_cosh)


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

    def value(self, y_true: Node, y_pred: Node) -> Node:
        size = ops.absolute(_difference(y_true, y_pred))
        straight = ops.subtract(ops.multiply(size, self.delta), 0.5 * self.delta**2)
        return _mean(ops.select(ops.greater(size, self.delta), straight, ops.multiply(ops.square(size), 0.5)))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "delta": self.delta}
