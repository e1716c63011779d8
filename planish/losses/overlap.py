"""Losses that compare regions: how much of targets and outputs overlaps, over the batch or along axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from planish import primitives
from planish.errors import explain
from planish.graph.node import Node
from planish.losses.loss import Loss
from planish.losses.reduction import Array
from planish.ops.losses import EPSILON

Axis = int | Sequence[int] | None


class _Overlap(Loss):
    """What both share: sums along `axis`, which is counted with the batch axis; None sums everything."""

    target_shapes = "same"

    def __init__(self, reduction: str | None, name: str, axis: Axis, dtype: str | None) -> None:
        super().__init__(name, reduction, dtype)
        given = list(axis) if isinstance(axis, (list, tuple)) else [axis]
        if axis is not None and any(isinstance(each, bool) or not isinstance(each, int) for each in given):
            what = f"loss '{name}': `axis` is not an axis, or several"
            raise ValueError(explain(what=what, expected="None, an integer, or integers", received=repr(axis)))
        self.axis = axis

    def total(self, x: Node) -> Node:
        """The sum along `axis`."""
        axes = self._axes(len(x.shape) + 1)
        if 0 in axes:
            return primitives.batch_sum(x, [axis - 1 for axis in axes if axis])
        return primitives.reduce_sum(x, [axis - 1 for axis in axes])

    def _axes(self, rank: int) -> list[int]:
        """The axes among `rank`. ValueError for one that is not there, or is there twice."""
        given = range(rank) if self.axis is None else self.axis if isinstance(self.axis, Sequence) else [self.axis]
        counted = [axis + rank if axis < 0 else axis for axis in given]
        if len(set(counted)) == len(counted) and all(0 <= axis < rank for axis in counted):
            return counted
        raise ValueError(
            explain(
                what=f"loss '{self.name}': these are not axes of the outputs",
                expected=f"{-rank} to {rank - 1}, the batch axis included, each of them once",
                received=repr(self.axis),
                remedy="axis=None for everything, or the axes of an image: axis=(1, 2, 3)",
            )
        )

    def evaluate(self, y_true: ArrayLike, y_pred: ArrayLike) -> tuple[Array, Array | None]:
        if np.ndim(y_pred) == 1:  # the only axis is summed along, whatever its number is
            everything = type(self).from_config({**self.get_config(), "axis": None})
            return everything.evaluate(np.asarray(y_true)[..., None], np.asarray(y_pred)[..., None])
        return super().evaluate(y_true, y_pred)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axis": self.axis}


class Dice(_Overlap):
    """1 - 2 * sum(y * p) / (sum(y) + sum(p)): 0 where regions are the same.

    `axis`: what is summed along, counted with the batch axis; None is everything. `reduction`: see `Loss`.

    >>> round(float(keras.losses.Dice()([[1.0, 0.0]], [[1.0, 1.0]])), 4)
    0.3333
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str = "dice",
        axis: Axis = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__(reduction, name, axis, dtype)

    def call(self, y_true: Node, y_pred: Node) -> Node:
        both = primitives.multiply(self.total(primitives.multiply(y_true, y_pred)), 2.0)
        sizes = primitives.add(primitives.add(self.total(y_true), self.total(y_pred)), EPSILON)
        return primitives.subtract(1.0, primitives.divide(both, sizes))


class Tversky(_Overlap):
    """1 - sum(y * p) / (sum(y * p) + alpha * sum(y * (1 - p)) + beta * sum((1 - y) * p)) (Salehi et al., 2017).

    `alpha`: what is missed counts so much; `beta`: what is wrongly found does. `axis`: what is summed along, counted
    with the batch axis; None is everything. `reduction`: see `Loss`.

    >>> round(float(keras.losses.Tversky(beta=1.0)([[1.0, 0.0]], [[1.0, 1.0]])), 4)
    0.5
    """

    def __init__(
        self,
        alpha: float = 0.5,
        beta: float = 0.5,
        reduction: str | None = "sum_over_batch_size",
        name: str = "tversky",
        axis: Axis = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__(reduction, name, axis, dtype)
        for argument, value in (("alpha", alpha), ("beta", beta)):
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) < np.inf:
                what = f"loss '{name}': `{argument}` is not a number"
                raise ValueError(explain(what=what, expected="a finite number", received=repr(value)))
        self.alpha, self.beta = alpha, beta

    def call(self, y_true: Node, y_pred: Node) -> Node:
        both = self.total(primitives.multiply(y_true, y_pred))
        missed = self.total(primitives.multiply(y_true, primitives.subtract(1.0, y_pred)))
        wrong = self.total(primitives.multiply(primitives.subtract(1.0, y_true), y_pred))
        weighted = primitives.add(primitives.multiply(missed, self.alpha), primitives.multiply(wrong, self.beta))
        whole = primitives.add(primitives.add(both, weighted), EPSILON)
        return primitives.subtract(1.0, primitives.divide(both, whole))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "alpha": self.alpha, "beta": self.beta}
