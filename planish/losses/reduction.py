"""Reduces many values to one, as `reduction` says: Keras's rules for weights and for positions that do not count."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[Any]

REDUCTIONS = ("sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none")


def reduced(values: Array, sample_weight: ArrayLike | None, counted: Array | None, reduction: str) -> Any:
    """`values` weighted and reduced.

    `counted` is false where a value does not count: means are then over the others. With 'none', the weighted values.
    """
    weight = _weight(values, sample_weight, counted, reduction)
    if weight is not None:
        values, weight = same_rank(values, weight)
        if not values.ndim:  # the loss of the batch as a whole belongs to each of its images
            values = np.broadcast_to(values, weight.shape)
        weight = np.broadcast_to(np.reshape(weight, (*weight.shape, *(1,) * (values.ndim - weight.ndim))), values.shape)
        values = values * weight
    if reduction == "none" or values.shape in ((), (0,)):
        return values[()]
    total = values.sum()
    if reduction == "sum":
        return total
    by_weight = reduction == "mean_with_sample_weight" and weight is not None
    divisor = weight.sum() if by_weight and weight is not None else values.size
    return total / divisor if divisor else np.zeros_like(total)


def _weight(values: Array, sample_weight: ArrayLike | None, counted: Array | None, reduction: str) -> Array | None:
    """Sample weights, scaled so that the mean over all values becomes one over the values that count."""
    weight = None if sample_weight is None else np.asarray(sample_weight, values.dtype)
    if counted is None:
        return weight
    share = counted.mean() if counted.size and reduction in ("mean", "sum_over_batch_size") else 1.0
    mask = counted.astype(values.dtype) / (share or 1.0)
    if weight is None:
        return mask
    mask, weight = same_rank(mask, weight)
    weighted: Array = weight * mask
    return weighted


def same_rank(one: Array, other: Array) -> tuple[Array, Array]:
    """Where two ranks differ by one, the smaller array gets a last axis of one, or the larger loses it."""
    if one.ndim == other.ndim + 1:
        other, one = same_rank(other, one)
    elif other.ndim == one.ndim + 1 and other.shape[-1] == 1:
        if one.ndim == 1:
            return one[..., None], other
        return one, other[..., 0]
    return one, other
