"""Shares of images that are classified correctly."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from planish.errors import explain
from planish.losses.reduction import same_rank
from planish.metrics.reductions import Comparison
from planish.metrics.state import Array


def aligned(metric: str, y_true: ArrayLike, y_pred: ArrayLike) -> tuple[Array, Array]:
    """Targets and outputs of one shape: a last axis of one is added or dropped. ValueError if they differ otherwise."""
    targets, outputs = same_rank(np.asarray(y_true), np.asarray(y_pred))
    if targets.shape != outputs.shape:
        raise ValueError(
            explain(
                what=f"metric '{metric}': targets and outputs of a yes-or-no metric differ in shape",
                expected=f"targets of shape {outputs.shape}",
                received=f"targets of shape {targets.shape}",
                remedy="use 'accuracy', which picks what fits, or make vectors of class numbers: to_categorical(y)",
            )
        )
    return targets, outputs


def _equal(one: Array, other: Array) -> Array:
    """1 where they are, else 0."""
    return _as_number(np.equal(one, other))


def _as_number(yes: Array) -> Array:
    number: Array = yes.astype(np.float64)
    return number


def accuracy(y_true: ArrayLike, y_pred: ArrayLike) -> Array:
    """1 where target and output are equal."""
    return _equal(*aligned("accuracy", y_true, y_pred))


def binary_accuracy(y_true: ArrayLike, y_pred: ArrayLike, threshold: float = 0.5) -> Array:
    """1 where an output is on the right side of the threshold.

    Arrays `y_true` and `y_pred`, [n, outputs].

    >>> print(keras.metrics.binary_accuracy([[1], [0]], [[0.7], [0.8]]))
    [[1.]
     [0.]]
    """
    targets, outputs = aligned("binary_accuracy", y_true, y_pred)
    return _equal(targets, outputs > threshold)


def categorical_accuracy(y_true: ArrayLike, y_pred: ArrayLike) -> Array:
    """1 where the largest output is where the largest target is.

    Arrays `y_true` and `y_pred`, [n, classes].

    >>> print(keras.metrics.categorical_accuracy([[0, 1], [1, 0]], [[0.1, 0.9], [0.2, 0.8]]))
    [1. 0.]
    """
    return _equal(np.argmax(y_true, axis=-1), np.argmax(y_pred, axis=-1))


def _class_numbers(metric: str, y_true: ArrayLike, outputs: Array) -> Array:
    """One class number for each vector of outputs: (n, 1) becomes (n,)."""
    targets = np.asarray(y_true)
    if targets.shape == (*outputs.shape[:-1], 1):
        targets = targets[..., 0]
    if targets.shape != outputs.shape[:-1]:
        raise ValueError(
            explain(
                what=f"metric '{metric}' needs one class number for each vector of outputs",
                expected=f"targets of shape {outputs.shape[:-1]}",
                received=f"targets of shape {targets.shape}",
                remedy=f"for one-hot targets use '{metric.replace('sparse_', '')}'",
            )
        )
    return targets


def sparse_categorical_accuracy(y_true: ArrayLike, y_pred: ArrayLike) -> Array:
    """1 where the largest output is that of the class.

    Class numbers `y_true` [n], and `y_pred` [n, classes].

    >>> print(keras.metrics.sparse_categorical_accuracy([1, 0], [[0.1, 0.9], [0.2, 0.8]]))
    [1. 0.]
    """
    outputs = np.asarray(y_pred)
    classes = _class_numbers("sparse_categorical_accuracy", y_true, outputs)
    return _equal(classes, np.argmax(outputs, axis=-1))


def _among_largest(classes: Array, outputs: Array, k: int) -> Array:
    """1 where fewer than k outputs are larger than that of the class. Classes out of range are never among them."""
    known = (classes >= 0) & (classes < outputs.shape[-1])
    places = np.where(known, classes, 0).astype(np.intp)[..., None]
    own = np.take_along_axis(outputs, places, axis=-1)
    larger = (outputs > np.where(np.isnan(own), -np.inf, own)).sum(axis=-1)
    return _as_number(known & (larger < k))


def top_k_categorical_accuracy(y_true: ArrayLike, y_pred: ArrayLike, k: int = 5) -> Array:
    """1 where the class of a one-hot target is among the k largest outputs (ties count).

    Arrays `y_true` and `y_pred`, [n, classes].

    >>> print(keras.metrics.top_k_categorical_accuracy([[0, 0, 1]], [[0.1, 0.6, 0.3]], k=2))
    [1.]
    """
    return _among_largest(np.argmax(y_true, axis=-1), np.asarray(y_pred), k)


def sparse_top_k_categorical_accuracy(
    y_true: ArrayLike, y_pred: ArrayLike, k: int = 5, from_sorted_ids: bool = False
) -> Array:
    """1 where the class is among the k largest outputs (ties count).

    With `from_sorted_ids`, outputs are class numbers, the likeliest first.

    Class numbers `y_true` [n], and `y_pred` [n, classes].

    >>> print(keras.metrics.sparse_top_k_categorical_accuracy([2], [[0.1, 0.6, 0.3]], k=2))
    [1.]
    """
    outputs = np.asarray(y_pred)
    classes = _class_numbers("sparse_top_k_categorical_accuracy", y_true, outputs)
    if from_sorted_ids:
        return _as_number(np.equal(classes[..., None], outputs[..., :k]).any(axis=-1))
    return _among_largest(classes, outputs, k)


class Accuracy(Comparison):
    """How often outputs equal targets.

    >>> float(keras.metrics.Accuracy()([1, 2], [1, 3]))
    0.5
    """

    _direction = "up"
    compare = staticmethod(accuracy)

    def __init__(self, name: str = "accuracy", dtype: str | None = None) -> None:
        super().__init__(name, dtype)


class BinaryAccuracy(Comparison):
    """How often outputs are on the right side of a threshold.

    >>> float(keras.metrics.BinaryAccuracy()([[1], [0]], [[0.7], [0.8]]))
    0.5
    """

    _direction = "up"

    def __init__(self, name: str = "binary_accuracy", dtype: str | None = None, threshold: float = 0.5) -> None:
        super().__init__(name, dtype)
        self.threshold = threshold

    def compare(self, y_true: Array, y_pred: Array) -> ArrayLike:
        return binary_accuracy(y_true, y_pred, self.threshold)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "threshold": self.threshold}


class CategoricalAccuracy(Comparison):
    """How often the largest output is the class, for one-hot targets.

    >>> float(keras.metrics.CategoricalAccuracy()([[0, 1], [1, 0]], [[0.1, 0.9], [0.2, 0.8]]))
    0.5
    """

    _direction = "up"
    compare = staticmethod(categorical_accuracy)

    def __init__(self, name: str = "categorical_accuracy", dtype: str | None = None) -> None:
        super().__init__(name, dtype)


class SparseCategoricalAccuracy(Comparison):
    """How often the largest output is the class, for class numbers.

    >>> float(keras.metrics.SparseCategoricalAccuracy()([1, 0], [[0.1, 0.9], [0.2, 0.8]]))
    0.5
    """

    _direction = "up"
    compare = staticmethod(sparse_categorical_accuracy)

    def __init__(self, name: str = "sparse_categorical_accuracy", dtype: str | None = None) -> None:
        super().__init__(name, dtype)


class TopKCategoricalAccuracy(Comparison):
    """How often the class is among the k largest outputs, for one-hot targets.

    >>> float(keras.metrics.TopKCategoricalAccuracy(k=2)([[0, 0, 1]], [[0.1, 0.6, 0.3]]))
    1.0
    """

    _direction = "up"

    def __init__(self, k: int = 5, name: str = "top_k_categorical_accuracy", dtype: str | None = None) -> None:
        super().__init__(name, dtype)
        self.k = k

    def compare(self, y_true: Array, y_pred: Array) -> ArrayLike:
        return top_k_categorical_accuracy(y_true, y_pred, self.k)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "k": self.k}


class SparseTopKCategoricalAccuracy(Comparison):
    """How often the class is among the k largest outputs, for class numbers.

    `from_sorted_ids`: outputs are class numbers, the best first.

    >>> float(keras.metrics.SparseTopKCategoricalAccuracy(k=2)([2, 1], [[0.1, 0.6, 0.3], [0.5, 0.2, 0.3]]))
    0.5
    """

    _direction = "up"

    def __init__(
        self,
        k: int = 5,
        name: str = "sparse_top_k_categorical_accuracy",
        dtype: str | None = None,
        from_sorted_ids: bool = False,
    ) -> None:
        super().__init__(name, dtype)
        self.k, self.from_sorted_ids = k, from_sorted_ids

    def compare(self, y_true: Array, y_pred: Array) -> ArrayLike:
        return sparse_top_k_categorical_accuracy(y_true, y_pred, self.k, self.from_sorted_ids)

    def get_config(self) -> dict[str, Any]:
        sorted_ids = {"from_sorted_ids": True} if self.from_sorted_ids else {}
        return {**super().get_config(), "k": self.k, **sorted_ids}
