"""Focal cross-entropies: what a model knows already counts less. And one that noisy labels hurt less."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from planish import primitives
from planish.errors import explain
from planish.graph.node import Node
from planish.losses import targets
from planish.losses.cross_entropies import CrossEntropy, Smoothed, negative_sum
from planish.losses.reduction import Array
from planish.ops.losses import entropy_of_yes, shares_of

Alpha = float | Sequence[float]


def _doubt(p: Node, gamma: float) -> Node:
    """(1 - p) to the power of gamma; rounding may leave p a little above 1."""
    return primitives.power(primitives.maximum(primitives.subtract(1.0, p), 0.0), gamma)


class _Focal(Smoothed):
    """What both focal cross-entropies share: the weights `alpha` and the power `gamma`."""

    def _check(self, alpha: Any, gamma: Any) -> None:
        """ValueError for what is not a number of 0 or more; of `alpha`, there may be one for each class."""
        weights = list(alpha) if isinstance(alpha, (list, tuple, np.ndarray)) else [alpha]
        for name, value in [*(("alpha", weight) for weight in weights), ("gamma", gamma)]:
            if isinstance(value, bool) or not isinstance(value, (int, float, np.number)) or not 0 <= value < np.inf:
                what = f"loss '{self.name}': `{name}` is wrong"
                raise ValueError(explain(what=what, expected="a finite number, 0 or more", received=repr(value)))


class BinaryFocalCrossentropy(_Focal):
    """BinaryCrossentropy times (1 - p)^gamma, where p is the probability of the right answer (Lin et al., 2018).

    With `apply_class_balancing`, yes counts `alpha`, and no counts 1 - `alpha`. `from_logits`: outputs are not
    probabilities yet. `label_smoothing`, 0 to 1: targets are moved towards 1/2. `axis` is -1. `reduction`: see `Loss`.

    >>> round(float(keras.losses.BinaryFocalCrossentropy()([[1.0]], [[0.5]])), 4)
    0.1733
    """

    activation = "sigmoid"

    def __init__(
        self,
        apply_class_balancing: bool = False,
        alpha: float = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str = "binary_focal_crossentropy",
        dtype: str | None = None,
    ) -> None:
        super().__init__(from_logits, label_smoothing, axis, reduction, name, dtype)
        self._check(alpha, gamma)
        self.apply_class_balancing, self.alpha, self.gamma = apply_class_balancing, alpha, gamma

    def call(self, y_true: Node, y_pred: Node) -> Node:
        y_true, logits = self.smooth(y_true, 2), self.logits(y_pred, mixed=False)
        opposite = primitives.subtract(1.0, y_true)
        if logits is not None:
            p, entropy = primitives.sigmoid(logits), primitives.sigmoid_cross_entropy(logits, y_true)
        else:
            p, entropy = y_pred, entropy_of_yes(y_true, y_pred)
        right = primitives.add(
            primitives.multiply(y_true, p), primitives.multiply(opposite, primitives.subtract(1.0, p))
        )
        value = primitives.multiply(_doubt(right, self.gamma), entropy)
        if self.apply_class_balancing:
            balance = primitives.add(
                primitives.multiply(y_true, self.alpha), primitives.multiply(opposite, 1 - self.alpha)
            )
            value = primitives.multiply(value, balance)
        return primitives.reduce_mean(value, (len(value.shape) - 1,))

    def get_config(self) -> dict[str, Any]:
        own = {"apply_class_balancing": self.apply_class_balancing, "alpha": self.alpha, "gamma": self.gamma}
        return {**super().get_config(), **own}


class CategoricalFocalCrossentropy(_Focal):
    """-sum(alpha * (1 - p)^gamma * y * log(p)) for vectors (Lin et al., 2018).

    `alpha`: a weight for all classes, or a list with one for each. `from_logits`: outputs are not probabilities yet.
    `label_smoothing`, 0 to 1: targets are moved towards all classes. `axis` is -1. `reduction`: see `Loss`.

    >>> round(float(keras.losses.CategoricalFocalCrossentropy()([[0.0, 1.0]], [[0.5, 0.5]])), 4)
    0.0433
    """

    activation = "softmax"

    def __init__(
        self,
        alpha: Alpha = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str = "categorical_focal_crossentropy",
        dtype: str | None = None,
    ) -> None:
        super().__init__(from_logits, label_smoothing, axis, reduction, name, dtype)
        self._check(alpha, gamma)
        self.alpha, self.gamma = alpha, gamma

    def call(self, y_true: Node, y_pred: Node) -> Node:
        self.classes((None, *y_pred.shape))
        y_true, logits = self.smooth(y_true, y_pred.shape[-1]), self.logits(y_pred, mixed=False)
        if logits is not None:
            p, logarithm = primitives.softmax(logits), primitives.log_softmax(logits)
        else:
            p = shares_of(y_pred)
            logarithm = primitives.log(p)
        weight = primitives.multiply(_doubt(p, self.gamma), self._weights(y_pred.shape[-1]))
        return negative_sum(primitives.multiply(weight, primitives.multiply(y_true, logarithm)))

    def prepare_targets(self, y_true: ArrayLike, output_shape: Sequence[int | None]) -> Array:
        self.classes(output_shape)
        return super().prepare_targets(y_true, output_shape)

    def _weights(self, classes: int) -> Any:
        """`alpha` as an operand. ValueError for a list of another length."""
        if isinstance(self.alpha, (int, float)):
            return float(self.alpha)
        if len(self.alpha) != classes:
            raise ValueError(
                explain(
                    what=f"loss '{self.name}': `alpha` is a list of another length",
                    expected=f"a number, or {classes} of them: one for each class",
                    received=f"{len(self.alpha)} numbers",
                    remedy=f"alpha={[0.25] * min(classes, 3)}" if classes <= 3 else "alpha=0.25",
                )
            )
        return np.asarray(self.alpha, np.float32)

    def get_config(self) -> dict[str, Any]:
        alpha = self.alpha.tolist() if isinstance(self.alpha, np.ndarray) else self.alpha
        return {**super().get_config(), "alpha": alpha, "gamma": self.gamma}


class CategoricalGeneralizedCrossEntropy(CrossEntropy):
    """(1 - p[class]^q) / q for class numbers: between the cross-entropy (q near 0) and the mean absolute error (q near
    1), which wrong labels hurt less (Zhang and Sabuncu, 2018).

    `q`: above 0 and below 1. `reduction`: see `Loss`.

    >>> round(float(keras.losses.CategoricalGeneralizedCrossEntropy()([1], [[0.5, 0.5]])), 4)
    0.5858
    """

    target_kind = "labels"
    activation = "softmax"
    from_logits = False

    def __init__(
        self,
        q: float = 0.5,
        reduction: str | None = "sum_over_batch_size",
        name: str = "categorical_generalized_cross_entropy",
        dtype: str | None = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        if isinstance(q, bool) or not isinstance(q, (int, float)) or not 0 < q < 1:
            what = f"loss '{name}': `q` is not between 0 and 1"
            raise ValueError(explain(what=what, expected="above 0 and below 1", received=repr(q)))
        self.q = q

    def call(self, y_true: Node, y_pred: Node) -> Node:
        self.classes((None, *y_pred.shape))
        if y_true.shape == (*y_pred.shape[:-1], 1):  # inside a user's loss; otherwise targets have been made to fit
            y_true = primitives.reshape(y_true, y_pred.shape[:-1])
        chosen = primitives.one_hot(y_true, y_pred.shape[-1])
        last = len(y_pred.shape) - 1
        logits = self.logits(y_pred, mixed=False)
        if logits is not None:  # its gradient is finite however small the probability is
            own = primitives.select(chosen, primitives.log_softmax(logits), 0.0)
            power = primitives.exp(primitives.multiply(primitives.reduce_sum(own, (last,)), self.q))
        else:
            own = primitives.reduce_sum(primitives.multiply(chosen, y_pred), (last,))
            power = primitives.power(own, self.q)
        return primitives.divide(primitives.subtract(1.0, power), self.q)

    def prepare_targets(self, y_true: ArrayLike, output_shape: Sequence[int | None]) -> Array:
        self.classes(output_shape)
        return targets.labels(self.name, np.asarray(y_true), output_shape)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "q": self.q}
