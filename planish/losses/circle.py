"""Circle loss: pairs of images of the batch, with one label closer together and with different ones farther apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from planish import primitives
from planish.errors import explain
from planish.graph.node import Node
from planish.losses import targets
from planish.losses.loss import Loss
from planish.losses.reduction import Array
from planish.primitives import meanings
from planish.primitives.circle_sums import CircleSettings, circle_sums, sums


class Circle(Loss):
    """log(1 + exp(p + n)) of each image, for whole labels and vectors of length one (Sun et al., 2020).

    p and n are log(sum(exp(...))) over the images of the batch with the same label, and over those with another one:
    farther apart than `margin`, the former count more; nearer than 1 - `margin`, the latter do. `gamma` scales both.
    `remove_diagonal`: an image is not a pair with itself. Images without a pair of either kind have no loss, and means
    are over the others. `reduction`: see `Loss`.

    >>> loss = keras.losses.Circle(gamma=4.0)
    >>> round(float(loss([0, 0, 1], [[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]])), 4)
    1.2402
    """

    target_kind = "labels"

    def __init__(
        self,
        gamma: float = 80.0,
        margin: float = 0.4,
        remove_diagonal: bool = True,
        reduction: str | None = "sum_over_batch_size",
        name: str = "circle",
        dtype: str | None = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        for argument, value in (("gamma", gamma), ("margin", margin)):
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) < np.inf:
                what = f"loss '{name}': `{argument}` is not a number"
                raise ValueError(explain(what=what, expected="a finite number", received=repr(value)))
        self.gamma, self.margin, self.remove_diagonal = gamma, margin, bool(remove_diagonal)

    @property
    def settings(self) -> CircleSettings:
        return CircleSettings(gamma=float(self.gamma), margin=float(self.margin), without_self=self.remove_diagonal)

    # ------------------------------------------------------------------ in graphs
    def call(self, y_true: Node, y_pred: Node) -> Node:
        return self.against(y_true, y_pred, y_true, y_pred)

    def against(self, y_true: Node, y_pred: Node, ref_labels: Node, ref_embeddings: Node) -> Node:
        """The loss of each image, with pairs of images and of the others that are given."""
        for embeddings in (y_pred, ref_embeddings):
            self._check_vectors((None, *embeddings.shape))
        labels, other_labels = (_whole(each) for each in (y_true, ref_labels))
        found = circle_sums(y_pred, labels, ref_embeddings, other_labels, self.settings)
        return primitives.softplus(primitives.add(*primitives.unstack(found, 0)))

    def per_sample(self, y_true: Node, y_pred: Node) -> Node:
        values = self.traced(y_true, y_pred)
        if self.reduction in ("sum", "none"):
            return super().per_sample(y_true, y_pred)
        return primitives.multiply(values, _share(_counts(values)))

    def weighted(self, y_true: Node, y_pred: Node, weight: Node) -> Node:
        if self.reduction != "mean_with_sample_weight":
            return super().weighted(y_true, y_pred, weight)
        values = self.traced(y_true, y_pred)
        weight = primitives.multiply(weight, _counts(values))
        return primitives.multiply(primitives.multiply(values, weight), _share(weight))

    # ------------------------------------------------------------------ targets and arrays
    def prepare_targets(self, y_true: ArrayLike, output_shape: Sequence[int | None]) -> Array:
        self._check_vectors(output_shape)
        labels = targets.labels(self.name, np.asarray(y_true), (None,))
        if labels.size and (labels.max() >= 2**31 or labels.min() < -(2**31)):
            raise ValueError(
                explain(
                    what=f"loss '{self.name}': a label is too large",
                    expected="whole numbers that fit into 32 bits",
                    received=f"{labels.min()} to {labels.max()}",
                    remedy="number the labels from 0: np.unique(y, return_inverse=True)[1]",
                )
            )
        return labels

    def _check_vectors(self, shape: Sequence[int | None]) -> None:
        if len(shape) != 2:
            raise ValueError(
                explain(
                    what=f"loss '{self.name}' needs one vector of each image",
                    expected="outputs of the shape (images, numbers)",
                    received=f"outputs of the shape {tuple(shape)}",
                    remedy="Flatten(), Dense(64), UnitNormalization() as the last layers",
                )
            )

    def evaluate(self, y_true: ArrayLike, y_pred: ArrayLike) -> tuple[Array, Array | None]:
        values, _ = super().evaluate(y_true, y_pred)
        return values, np.asarray(values > 0)

    def values_against(
        self, y_true: ArrayLike, y_pred: ArrayLike, ref_labels: ArrayLike, ref_embeddings: ArrayLike
    ) -> Array:
        """As `values`, with pairs of images and of the others that are given."""
        x, z = np.asarray(y_pred), np.asarray(ref_embeddings)
        wide = np.float64 if x.dtype == np.float64 else np.float32
        labels, other_labels = self.prepare_targets(y_true, x.shape), self.prepare_targets(ref_labels, z.shape)
        if x.shape[1] != z.shape[1] or len(labels) != len(x) or len(other_labels) != len(z):
            raise ValueError(
                explain(
                    what=f"loss '{self.name}': images and references do not fit",
                    expected="vectors of one length, and a label for each of them",
                    received=f"{len(labels)} labels of {x.shape}, {len(other_labels)} of {z.shape}",
                )
            )
        found = sums(x.astype(wide), labels, z.astype(wide), other_labels, self.settings)
        return meanings.softplus(found.sum(axis=-1))

    def get_config(self) -> dict[str, Any]:
        own = {"gamma": self.gamma, "margin": self.margin, "remove_diagonal": self.remove_diagonal}
        return {**super().get_config(), **own}


def _whole(labels: Node) -> Node:
    """One label of each image, as integers are in graphs."""
    each = primitives.reshape(labels, ()) if labels.shape == (1,) else labels
    return each if each.type.dtype == "i32" else primitives.trunc(each)


def _counts(values: Node) -> Node:
    """1 for images that have a loss, else 0."""
    return primitives.greater(values, 0.0)


def _share(weight: Node) -> Node:
    """By which a sum is multiplied, for its mean over the batch to be that over the `weight`."""
    total = primitives.batch_sum(weight)
    return primitives.divide(primitives.batch_size(), primitives.select(total, total, 1.0))
