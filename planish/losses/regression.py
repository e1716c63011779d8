"""Losses that compare numbers with numbers, averaged over the outputs of an image."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from planish import primitives
from planish.errors import explain
from planish.graph.node import Node
from planish.losses.along_outputs import mean, total
from planish.losses.loss import Loss
from planish.losses.reduction import Array
from planish.ops.losses import EPSILON

Meaning = Callable[[Node, Node], Node]


class FixedLoss(Loss):
    """A loss without arguments of its own: subclasses give its `meaning`, and its name if that is not the class's."""

    target_shapes = "repeated"
    meaning: Meaning
    default_name: str

    def __init__(
        self, reduction: str | None = "sum_over_batch_size", name: str | None = None, dtype: str | None = None
    ) -> None:
        super().__init__(name or self.default_name, reduction, dtype)

    def call(self, y_true: Node, y_pred: Node) -> Node:
        return type(self).meaning(y_true, y_pred)


class MeanSquaredError(FixedLoss):
    """mean((y - p)^2).

    >>> float(keras.losses.MeanSquaredError()([[0.0]], [[3.0]]))
    9.0
    """

    default_name = "mean_squared_error"
    meaning = staticmethod(lambda y, p: mean(primitives.square(primitives.subtract(y, p))))


class MeanAbsoluteError(FixedLoss):
    """mean(|y - p|).

    >>> float(keras.losses.MeanAbsoluteError()([[0.0]], [[3.0]]))
    3.0
    """

    default_name = "mean_absolute_error"
    meaning = staticmethod(lambda y, p: mean(primitives.absolute(primitives.subtract(y, p))))


def _percentage(y: Node, p: Node) -> Node:
    relative = primitives.divide(primitives.subtract(y, p), primitives.maximum(primitives.absolute(y), EPSILON))
    return primitives.multiply(mean(primitives.absolute(relative)), 100.0)


class MeanAbsolutePercentageError(FixedLoss):
    """100 * mean(|y - p| / |y|).

    >>> float(keras.losses.MeanAbsolutePercentageError()([[2.0]], [[3.0]]))
    50.0
    """

    default_name = "mean_absolute_percentage_error"
    meaning = staticmethod(_percentage)


def _log_plus_one(x: Node) -> Node:
    return primitives.log(primitives.add(primitives.maximum(x, EPSILON), 1.0))


class MeanSquaredLogarithmicError(FixedLoss):
    """mean((log(y + 1) - log(p + 1))^2).

    >>> round(float(keras.losses.MeanSquaredLogarithmicError()([[0.0]], [[1.0]])), 4)
    0.4805
    """

    default_name = "mean_squared_logarithmic_error"
    meaning = staticmethod(
        lambda y, p: mean(primitives.square(primitives.subtract(_log_plus_one(p), _log_plus_one(y))))
    )


def _log_cosh(y: Node, p: Node) -> Node:
    x = primitives.subtract(p, y)
    return mean(
        primitives.subtract(primitives.add(x, primitives.softplus(primitives.multiply(x, -2.0))), math.log(2.0))
    )


class LogCosh(FixedLoss):
    """mean(log(cosh(p - y))).

    >>> round(float(keras.losses.LogCosh()([[0.0]], [[1.0]])), 4)
    0.4338
    """

    default_name = "log_cosh"
    meaning = staticmethod(_log_cosh)


def _divergence(y: Node, p: Node) -> Node:
    y, p = (primitives.minimum(primitives.maximum(x, EPSILON), 1.0) for x in (y, p))
    return total(primitives.multiply(y, primitives.log(primitives.divide(y, p))))


class KLDivergence(FixedLoss):
    """sum(y * log(y / p)).

    >>> round(float(keras.losses.KLDivergence()([[0.0, 1.0]], [[0.5, 0.5]])), 4)
    0.6931
    """

    default_name = "kl_divergence"
    meaning = staticmethod(_divergence)


class Poisson(FixedLoss):
    """mean(p - y * log(p)).

    >>> float(keras.losses.Poisson()([[0.0]], [[1.0]]))
    1.0
    """

    default_name = "poisson"
    meaning = staticmethod(
        lambda y, p: mean(primitives.subtract(p, primitives.multiply(y, primitives.log(primitives.add(p, EPSILON)))))
    )


class Huber(Loss):
    """Half the square up to `delta`, a straight line beyond.

    >>> float(keras.losses.Huber()([[0.0]], [[3.0]]))
    2.5
    """

    target_shapes = "repeated"

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
        size = primitives.absolute(primitives.subtract(y_pred, y_true))
        straight = primitives.subtract(primitives.multiply(size, self.delta), 0.5 * self.delta**2)
        return mean(
            primitives.select(
                primitives.greater(size, self.delta), straight, primitives.multiply(primitives.square(size), 0.5)
            )
        )

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "delta": self.delta}


def _direction(x: Node, axis: int | None) -> Node:
    """`x` divided by its length along a per-image axis, or along the batch; zero stays zero."""
    square = primitives.square(x)
    square_sum = primitives.batch_sum(square) if axis is None else primitives.reduce_sum(square, (axis,), keepdims=True)
    return primitives.multiply(x, primitives.minimum(primitives.rsqrt(square_sum), 1 / EPSILON))


class CosineSimilarity(Loss):
    """Minus the cosine of the angle between vectors: -1 where they point the same way.

    Vectors lie along `axis`, which is counted with the batch axis: with 0, there is one for each output.

    >>> float(keras.losses.CosineSimilarity()([[0.0, 1.0]], [[0.0, 2.0]]))
    -1.0
    """

    target_shapes = "repeated"

    def __init__(
        self,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str = "cosine_similarity",
        dtype: str | None = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        if isinstance(axis, bool) or not isinstance(axis, int):
            what = f"loss '{name}': `axis` is not the number of an axis"
            raise ValueError(explain(what=what, expected="an integer", received=repr(axis)))
        self.axis = axis

    def call(self, y_true: Node, y_pred: Node) -> Node:
        axis = self._per_image_axis(len(y_pred.shape))
        products = primitives.multiply(_direction(y_true, axis), _direction(y_pred, axis))
        return primitives.negative(
            primitives.batch_sum(products) if axis is None else primitives.reduce_sum(products, (axis,))
        )

    def _per_image_axis(self, rank: int) -> int | None:
        """The axis among the `rank` axes of an image; None for the batch."""
        counted = self.axis + rank + 1 if self.axis < 0 else self.axis
        if not 0 <= counted <= rank:
            raise ValueError(
                explain(
                    what=f"loss '{self.name}': axis {self.axis} is not an axis of the outputs",
                    expected=f"{-rank - 1} to {rank}, the batch axis included",
                    received=self.axis,
                    remedy="axis=-1, along which the outputs of an image lie",
                )
            )
        return counted - 1 if counted else None

    def evaluate(self, y_true: ArrayLike, y_pred: ArrayLike) -> tuple[Array, Array | None]:
        if np.ndim(y_pred) == 1 and self.axis == 0:  # the only axis of a single vector is its last one
            return CosineSimilarity(-1, self.reduction, self.name).evaluate(y_true, y_pred)
        return super().evaluate(y_true, y_pred)

    def check_weighted(self) -> None:
        if self.axis == 0:
            raise ValueError(
                explain(
                    what=f"loss '{self.name}' of vectors along the batch cannot weight images",
                    rule="with axis=0 a value belongs to an output, and not to an image",
                    remedy="axis=-1, or no sample_weight and no class_weight",
                )
            )

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axis": self.axis}
