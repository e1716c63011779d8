"""Targets against what a loss and a model want: shapes, ranges, and what to do when they differ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planish.errors import explain

Array = NDArray[Any]


def dense(loss: str, y: Array, output_shape: Sequence[int | None]) -> Array:
    """Numbers, one for each output: a missing or superfluous last axis of one is put right, as Keras does."""
    _refuse_other_types(loss, y)
    wanted = tuple(output_shape[1:])
    if y.shape[1:] == wanted:
        return y
    if wanted and wanted[-1] == 1 and y.shape[1:] == wanted[:-1]:
        return y[..., None]
    raise ValueError(
        explain(
            what=f"the targets do not have the shape of the model's outputs, which the loss '{loss}' compares",
            expected=_shape(wanted),
            received=_shape(y.shape[1:]),
            remedy=_dense_remedy(loss, y, wanted),
        )
    )


def _dense_remedy(loss: str, y: Array, wanted: tuple[int | None, ...]) -> str | None:
    looks_like_labels = y.dtype.kind in "iub" and (y.ndim == len(wanted) or (y.ndim == len(wanted) + 1 and y.shape[-1] == 1))
    if looks_like_labels and wanted:
        return f"for class numbers use loss='sparse_categorical_crossentropy', or make vectors of them: to_categorical(y, {wanted[-1]})"
    if len(wanted) > y.ndim - 1:
        return "put a Flatten() and a Dense(...) behind the last map, so that the model has one vector per image"
    return None


def labels(loss: str, y: Array, output_shape: Sequence[int | None]) -> Array:
    """Class numbers, one for each vector of outputs; (n, 1) is read as (n,)."""
    _refuse_other_types(loss, y)
    *wanted, classes = output_shape[1:] if len(output_shape) > 1 else (None,)
    shape = tuple(wanted)
    if y.shape[1:] == (*shape, 1):
        y = y[..., 0]
    if y.shape[1:] != shape:
        raise ValueError(
            explain(
                what=f"the targets do not have the shape that the loss '{loss}' needs: one class number per image",
                expected=_shape(shape),
                received=_shape(y.shape[1:]),
                remedy=_labels_remedy(y, shape, classes),
            )
        )
    if y.dtype.kind == "f":
        y = _whole_numbers(loss, y)
    _check_range(loss, y, classes)
    return y


def _labels_remedy(y: Array, wanted: tuple[int | None, ...], classes: int | None) -> str | None:
    if y.shape[1:] == (*wanted, classes):
        return "the targets look one-hot: use loss='categorical_crossentropy', or class numbers: y.argmax(axis=-1)"
    if wanted:
        return "the model's output is a map, not a vector: put a Flatten() (or GlobalAveragePooling2D()) before the last Dense"
    return None


def _whole_numbers(loss: str, y: Array) -> Array:
    wrong = np.flatnonzero(~(np.floor(y) == y).reshape(-1))
    if len(wrong):
        raise ValueError(
            explain(
                what=f"the loss '{loss}' needs whole class numbers",
                received=f"{y.reshape(-1)[wrong[0]]} at position {wrong[0]}",
                remedy="use class numbers, or a regression loss such as 'mse'",
            )
        )
    return y.astype(np.int32)


def _check_range(loss: str, y: Array, classes: int | None) -> None:
    if not y.size or classes is None or y.dtype.kind == "b":
        return
    low, high = int(y.min()), int(y.max())
    if low >= 0 and high < classes:
        return
    position = int(np.argmax((y < 0) | (y >= classes)))
    hint = f"give the last layer {high + 1} units" if low >= 0 else "number the classes from 0"
    if low == 1 and high == classes:
        hint = "number the classes from 0: y - 1"
    raise ValueError(
        explain(
            what=f"a label is out of range for the loss '{loss}'",
            expected=f"class numbers 0 to {classes - 1}: the model has {classes} outputs",
            received=f"{y.reshape(-1)[position]} at position {position}",
            remedy=hint,
        )
    )


def _refuse_other_types(loss: str, y: Array) -> None:
    if y.dtype.kind not in "biuf":
        raise TypeError(
            explain(
                what=f"the loss '{loss}' needs numbers as targets",
                received=f"an array of {y.dtype}",
                remedy="number the classes: np.unique(y, return_inverse=True)[1]",
            )
        )


def _shape(extents: Sequence[int | None]) -> str:
    return "(" + ", ".join(["n", *map(str, extents)]) + ("" if extents else ",") + ")"
