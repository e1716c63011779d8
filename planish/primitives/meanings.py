"""What some operations mean for arrays, in the type that the arrays have: safe for large numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def sigmoid(x: Array) -> Array:
    """1 / (1 + exp(-x))."""
    small = np.exp(-np.abs(x))
    found: Array = np.where(x >= 0, 1, small) / (1 + small)
    return found


def softplus(x: Array) -> Array:
    """log(1 + exp(x))."""
    found: Array = np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))
    return found


def elu(x: Array, alpha: float) -> Array:
    """x above zero, alpha * (exp(x) - 1) below."""
    return np.where(x > 0, x, x.dtype.type(alpha) * np.expm1(np.minimum(x, 0)))


def leaky_relu(x: Array, alpha: float) -> Array:
    """x from zero on, alpha * x below."""
    return np.where(x >= 0, x, x * x.dtype.type(alpha))


def softmax(x: Array, axis: Any = -1) -> Array:
    """exp(x) divided by its sum along `axis`, or along several; None: by the sum of all."""
    weights = np.exp(x - x.max(axis=axis, keepdims=True))
    found: Array = weights / weights.sum(axis=axis, keepdims=True)
    return found


def log_softmax(x: Array, axis: Any = -1) -> Array:
    """The logarithm of softmax."""
    shifted = x - x.max(axis=axis, keepdims=True)
    found: Array = shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))
    return found
