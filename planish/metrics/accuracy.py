"""Shares of images that are classified right."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from planish.errors import explain
from planish.metrics.metric import Array, MeanMetricWrapper


def _labels(y_true: Array, y_pred: Array) -> Array:
    """Class numbers with as many axes as there are vectors of outputs: (n, 1) becomes (n,)."""
    if y_true.ndim == y_pred.ndim and y_true.shape[-1] == 1:
        return y_true[..., 0]
    return y_true


def accuracy(y_true: ArrayLike, y_pred: ArrayLike) -> Array:
    """1 where target and output are equal."""
    targets, outputs = np.asarray(y_true), np.asarray(y_pred)
    if targets.ndim == outputs.ndim - 1:
        targets = targets[..., None]
    return (targets == outputs).astype(np.float64).mean(axis=-1) if outputs.ndim > 1 else (targets == outputs).astype(np.float64)


def binary_accuracy(y_true: ArrayLike, y_pred: ArrayLike, threshold: float = 0.5) -> Array:
    """The share of outputs on the right side of the threshold."""
    targets, outputs = np.asarray(y_true), np.asarray(y_pred)
    if targets.ndim == outputs.ndim - 1 and outputs.shape[-1] == 1:
        targets = targets[..., None]
    right = targets == (outputs > threshold)
    return right.mean(axis=-1) if right.ndim > 1 else right.astype(np.float64)


def categorical_accuracy(y_true: ArrayLike, y_pred: ArrayLike) -> Array:
    """1 where the largest output is where the largest target is."""
    return (np.argmax(y_true, axis=-1) == np.argmax(y_pred, axis=-1)).astype(np.float64)


def sparse_categorical_accuracy(y_true: ArrayLike, y_pred: ArrayLike) -> Array:
    """1 where the largest output is that of the class."""
    outputs = np.asarray(y_pred)
    return (_labels(np.asarray(y_true), outputs) == np.argmax(outputs, axis=-1)).astype(np.float64)


def _among_top(classes: Array, outputs: Array, k: int) -> Array:
    chosen = np.take_along_axis(outputs, classes[..., None].astype(np.intp), axis=-1)
    above = (outputs > chosen).sum(axis=-1)
    return ((above < k) & np.isfinite(chosen[..., 0])).astype(np.float64)


def top_k_categorical_accuracy(y_true: ArrayLike, y_pred: ArrayLike, k: int = 5) -> Array:
    """1 where fewer than k outputs are larger than that of the class of a one-hot target."""
    return _among_top(np.argmax(y_true, axis=-1), np.asarray(y_pred), k)


def sparse_top_k_categorical_accuracy(y_true: ArrayLike, y_pred: ArrayLike, k: int = 5) -> Array:
    """1 where fewer than k outputs are larger than that of the class."""
    outputs = np.asarray(y_pred)
    return _among_top(_labels(np.asarray(y_true), outputs), outputs, k)


class Accuracy(MeanMetricWrapper):
    """How often outputs equal targets."""

    _direction = "up"

    def __init__(self, name: str = "accuracy", dtype: str | None = None) -> None:
        super().__init__(accuracy, name, dtype)


class BinaryAccuracy(MeanMetricWrapper):
    """How often outputs are on the right side of a threshold."""

    _direction = "up"

    def __init__(self, name: str = "binary_accuracy", dtype: str | None = None, threshold: float = 0.5) -> None:
        if not 0 < threshold < 1:
            raise ValueError(explain(what=f"metric '{name}': `threshold` is a share", expected="between 0 and 1", received=threshold))
        self.threshold = threshold
        super().__init__(binary_accuracy, name, dtype, threshold=threshold)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "threshold": self.threshold}


class CategoricalAccuracy(MeanMetricWrapper):
    """How often the largest output is the class, for one-hot targets."""

    _direction = "up"

    def __init__(self, name: str = "categorical_accuracy", dtype: str | None = None) -> None:
        super().__init__(categorical_accuracy, name, dtype)


class SparseCategoricalAccuracy(MeanMetricWrapper):
    """How often the largest output is the class, for class numbers."""

    _direction = "up"

    def __init__(self, name: str = "sparse_categorical_accuracy", dtype: str | None = None) -> None:
        super().__init__(sparse_categorical_accuracy, name, dtype)


class TopKCategoricalAccuracy(MeanMetricWrapper):
    """How often the class is among the k largest outputs, for one-hot targets."""

    _direction = "up"

    def __init__(self, k: int = 5, name: str = "top_k_categorical_accuracy", dtype: str | None = None) -> None:
        self.k = k
        super().__init__(top_k_categorical_accuracy, name, dtype, k=k)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "k": self.k}


class SparseTopKCategoricalAccuracy(MeanMetricWrapper):
    """How often the class is among the k largest outputs, for class numbers."""

    _direction = "up"

    def __init__(
        self,
        k: int = 5,
        name: str = "sparse_top_k_categorical_accuracy",
        dtype: str | None = None,
        from_sorted_ids: bool = False,
    ) -> None:
        if from_sorted_ids:
            raise ValueError(explain(what=f"metric '{name}': `from_sorted_ids` is not supported", expected="False", received="True"))
        self.k = k
        super().__init__(sparse_top_k_categorical_accuracy, name, dtype, k=k)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "k": self.k, "from_sorted_ids": False}
