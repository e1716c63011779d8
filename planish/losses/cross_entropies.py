"""Cross-entropies: for class numbers, for vectors of probabilities, for yes and no.

Where outputs are the result of a softmax or a sigmoid, or with `from_logits`, the loss is that of the logits, which is
exact (`logits.py`). Other outputs are kept away from 0 and 1 by 1e-7, and scaled to the sum 1, as in Keras.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from planish import primitives, warned
from planish.errors import explain
from planish.graph.node import Node
from planish.losses import targets
from planish.losses.along_outputs import mean
from planish.losses.logits import logits_under, warn_of_probabilities
from planish.losses.loss import Loss
from planish.losses.reduction import Array
from planish.ops.losses import entropy_of_yes, kept_inside, shares_of


def negative_sum(x: Node) -> Node:
    """Minus the sum along the last axis."""
    return primitives.negative(primitives.reduce_sum(x, (len(x.shape) - 1,)))


class CrossEntropy(Loss):
    """What all three share: they know logits when they see them."""

    target_shapes = "same"
    activation: str
    from_logits: bool

    def classes(self, output_shape: Sequence[int | None]) -> int | None:
        """The last axis of outputs, whose shape has the batch axis. ValueError if there is none."""
        if len(output_shape) > 1:
            return output_shape[-1]
        raise ValueError(
            explain(
                what=f"loss '{self.name}' needs a number for each class",
                expected="outputs of shape (n, classes)",
                received="outputs of shape (n,): one number for each image" if output_shape else "a single number",
                remedy="Dense(classes, activation='softmax') as the last layer\n"
                "or, for two classes, loss='binary_crossentropy'",
            )
        )

    def logits(self, y_pred: Node, *, mixed: bool = True) -> Node | None:
        """The logits of `y_pred`; None if there are only probabilities."""
        logits = logits_under(y_pred, self.activation, mixed=mixed)
        if logits is None:
            return y_pred if self.from_logits else None
        if self.from_logits:
            warn_of_probabilities(self.name)
        return logits


class SparseCategoricalCrossentropy(CrossEntropy):
    """-log(p[class]) for class numbers; those equal to `ignore_class` do not count.

    `from_logits`: outputs are not probabilities yet. `axis` is -1. `reduction`: see `Loss`.

    >>> round(float(keras.losses.SparseCategoricalCrossentropy()([1], [[0.5, 0.5]])), 4)
    0.6931
    """

    target_kind = "labels"
    activation = "softmax"

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
        self.classes((None, *y_pred.shape))
        if y_true.shape == (
            *y_pred.shape[:-1],
            1,
        ):  # inside a user's loss; otherwise targets have been made to fit
            y_true = primitives.reshape(y_true, y_pred.shape[:-1])
        chosen = primitives.one_hot(y_true, y_pred.shape[-1])  # all zeros for -1, which stands for ignored labels
        return negative_sum(primitives.select(chosen, self._log_probabilities(y_pred), 0.0))

    def _log_probabilities(self, y_pred: Node) -> Node:
        logits = self.logits(y_pred, mixed=self.ignore_class is None)
        if logits is not None:
            return primitives.log_softmax(logits)
        shares = kept_inside(y_pred)
        total = primitives.reduce_sum(shares, (len(shares.shape) - 1,), keepdims=True)
        return primitives.subtract(primitives.log(shares), primitives.log(total))

    def per_sample(self, y_true: Node, y_pred: Node) -> Node:
        value = super().per_sample(y_true, y_pred)
        if self.ignore_class is None or self.reduction == "sum":
            return value
        # The mean over the labels that count; there may be none.
        chosen = primitives.one_hot(y_true, y_pred.shape[-1])
        counted = primitives.maximum(primitives.batch_sum(chosen, range(len(chosen.shape))), 1.0)
        return primitives.multiply(
            value, primitives.divide(primitives.multiply(primitives.batch_size(), y_true.type.size), counted)
        )

    def prepare_targets(self, y_true: ArrayLike, output_shape: Sequence[int | None]) -> Array:
        self.classes(output_shape)
        return targets.labels(self.name, np.asarray(y_true), output_shape, self.ignore_class)

    def counted(self, prepared: Array) -> Array | None:
        return None if self.ignore_class is None else prepared >= 0

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "from_logits": self.from_logits, "ignore_class": self.ignore_class}


class Smoothed(CrossEntropy):
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
            what = f"loss '{name}': `label_smoothing` is not a share"
            raise ValueError(explain(what=what, expected="0 to 1", received=label_smoothing))
        self.from_logits, self.label_smoothing, self.axis = from_logits, label_smoothing, axis

    def smooth(self, y_true: Node, outcomes: int) -> Node:
        if not self.label_smoothing:
            return y_true
        return primitives.add(primitives.multiply(y_true, 1 - self.label_smoothing), self.label_smoothing / outcomes)

    def get_config(self) -> dict[str, Any]:
        own = {"from_logits": self.from_logits, "label_smoothing": self.label_smoothing, "axis": self.axis}
        return {**super().get_config(), **own}


class CategoricalCrossentropy(Smoothed):
    """-sum(y * log(p)) for vectors.

    `from_logits`: outputs are not probabilities yet. `label_smoothing`, 0 to 1: targets are moved towards all classes.
    `axis` is -1. `reduction`: see `Loss`.

    >>> round(float(keras.losses.CategoricalCrossentropy()([[0.0, 1.0]], [[0.5, 0.5]])), 4)
    0.6931
    """

    activation = "softmax"

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
        self.classes((None, *y_pred.shape))
        y_true = self.smooth(y_true, y_pred.shape[-1])
        logits = self.logits(y_pred)
        if logits is not None:
            return negative_sum(primitives.multiply(y_true, primitives.log_softmax(logits)))
        return negative_sum(primitives.multiply(y_true, primitives.log(shares_of(y_pred))))

    def prepare_targets(self, y_true: ArrayLike, output_shape: Sequence[int | None]) -> Array:
        classes = self.classes(output_shape)
        prepared = super().prepare_targets(y_true, output_shape)
        if classes == 1:
            text = explain(
                what=f"loss '{self.name}' of a model with one output is always 0",
                remedy="give the last layer a unit for each class, or use loss='binary_crossentropy'",
            )
            warned.warn(text, SyntaxWarning)
        return prepared


class BinaryCrossentropy(Smoothed):
    """-(y * log(p) + (1 - y) * log(1 - p)), averaged over the outputs.

    `from_logits`: outputs are not probabilities yet. `label_smoothing`, 0 to 1: targets are moved towards 1/2. `axis`
    is -1. `reduction`: see `Loss`.

    >>> round(float(keras.losses.BinaryCrossentropy()([[1.0]], [[0.5]])), 4)
    0.6931
    """

    activation = "sigmoid"

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
        y_true = self.smooth(y_true, 2)
        logits = self.logits(y_pred)
        if logits is None:
            return mean(entropy_of_yes(y_true, y_pred))
        return mean(primitives.sigmoid_cross_entropy(logits, y_true))
