"""Cross-entropies: of class numbers, of vectors of probabilities, of yes and no.

Probabilities are divided by their sum and kept away from 0 and 1 by 1e-7, as Keras has it; with `from_logits` the logarithm of the softmax is
taken directly, which is exact.
"""

from __future__ import annotations

from typing import Any

from planish import ops
from planish.errors import explain
from planish.graph.node import Node
from planish.losses import targets
from planish.losses.loss import Array, Loss

EPSILON = 1e-7


def bounded(x: Node) -> Node:
    return ops.minimum(ops.maximum(x, EPSILON), 1 - EPSILON)


def _log_probabilities(y_pred: Node, from_logits: bool) -> Node:
    if from_logits:
        return ops.log_softmax(y_pred)
    last = len(y_pred.shape) - 1
    return ops.log(bounded(ops.divide(y_pred, ops.reduce_sum(y_pred, (last,), keepdims=True))))


def _summed(x: Node) -> Node:
    return ops.reduce_sum(x, (len(x.shape) - 1,))


class SparseCategoricalCrossentropy(Loss):
    """-log(p[class]) for class numbers."""

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
        _refuse(name, axis=(axis, -1), ignore_class=(ignore_class, None))
        self.from_logits = from_logits

    def value(self, y_true: Node, y_pred: Node) -> Node:
        chosen = ops.one_hot(y_true, y_pred.shape[-1])
        return ops.negative(_summed(ops.multiply(chosen, _log_probabilities(y_pred, self.from_logits))))

    def prepare_targets(self, y_true: Any, output_shape: Any) -> Array:
        import numpy as np

        return targets.labels(self.name, np.asarray(y_true), output_shape)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "from_logits": self.from_logits, "ignore_class": None}


class CategoricalCrossentropy(Loss):
    """-sum(y * log(p)) for vectors; `label_smoothing` moves that share of the target to all classes alike."""

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str = "categorical_crossentropy",
        dtype: str | None = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        _refuse(name, axis=(axis, -1))
        self.from_logits, self.label_smoothing = from_logits, _share(name, label_smoothing)

    def value(self, y_true: Node, y_pred: Node) -> Node:
        if self.label_smoothing:
            y_true = ops.add(ops.multiply(y_true, 1 - self.label_smoothing), self.label_smoothing / y_pred.shape[-1])
        return ops.negative(_summed(ops.multiply(y_true, _log_probabilities(y_pred, self.from_logits))))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "from_logits": self.from_logits, "label_smoothing": self.label_smoothing, "axis": -1}


class BinaryCrossentropy(Loss):
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
        super().__init__(name, reduction, dtype)
        _refuse(name, axis=(axis, -1))
        self.from_logits, self.label_smoothing = from_logits, _share(name, label_smoothing)

    def value(self, y_true: Node, y_pred: Node) -> Node:
        if self.label_smoothing:
            y_true = ops.add(ops.multiply(y_true, 1 - self.label_smoothing), 0.5 * self.label_smoothing)
        if self.from_logits:  # max(x, 0) - x * y + log(1 + exp(-|x|)): no probability comes near 0 or 1
            entropy = ops.subtract(ops.softplus(y_pred), ops.multiply(y_pred, y_true))
        else:
            p = bounded(y_pred)
            yes = ops.multiply(y_true, ops.log(p))
            no = ops.multiply(ops.subtract(1.0, y_true), ops.log(ops.subtract(1.0, p)))
            entropy = ops.negative(ops.add(yes, no))
        return ops.reduce_mean(entropy, (len(entropy.shape) - 1,))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "from_logits": self.from_logits, "label_smoothing": self.label_smoothing, "axis": -1}


def _refuse(loss: str, **arguments: tuple[Any, Any]) -> None:
    for name, (value, only) in arguments.items():
        if value != only:
            raise ValueError(explain(what=f"loss '{loss}': `{name}` is not supported", expected=repr(only), received=repr(value)))


def _share(loss: str, value: float) -> float:
    if not 0 <= value <= 1:
        raise ValueError(explain(what=f"loss '{loss}': `label_smoothing` is a share", expected="0 to 1", received=value))
    return value
