"""Targets against what a loss and a model want: shapes, ranges, and what to do when they differ."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planish.errors import explain
from planish.losses.reduction import Array

Shape = Sequence[int | None]


def dense(loss: str, y: Array, output_shape: Shape) -> Array:
    """Numbers, one for each output: a missing or superfluous last axis of one is put right, as Keras does."""
    _refuse_other_types(loss, y)
    wanted = tuple(output_shape[1:])
    if y.shape[1:] == wanted:
        return y
    if wanted and wanted[-1] == 1 and y.shape[1:] == wanted[:-1]:
        return y[..., None]
    if y.shape[1:] == (*wanted, 1):
        return y[..., 0]
    raise ValueError(
        explain(
            what=f"loss '{loss}': the targets do not have the shape of the model's outputs",
            expected=_shape(wanted),
            received=_shape(y.shape[1:]),
            remedy=_dense_remedy(y, wanted),
        )
    )


def _dense_remedy(y: Array, wanted: tuple[int | None, ...]) -> str | None:
    one_each = y.shape[1:] in (wanted[:-1], (*wanted[:-1], 1))
    if wanted and one_each and _looks_like_labels(y):
        return (
            "for class numbers use loss='sparse_categorical_crossentropy', "
            f"or make vectors of them: to_categorical(y, {wanted[-1]})"
        )
    if len(wanted) > max(1, y.ndim - 1):
        return "the output is a map: put a Flatten() and a Dense(...) behind it for one vector per image"
    if y.ndim == 2 and len(wanted) == 1:
        return f"give the last layer {y.shape[-1]} units"
    return None


def _looks_like_labels(y: Array) -> bool:
    return y.dtype.kind in "iub" or bool((y == np.floor(y)).all())


def labels(loss: str, y: Array, output_shape: Shape, ignored: int | None = None) -> Array:
    """Class numbers, one for each vector of outputs; (n, 1) is read as (n,). Those to be `ignored` become -1."""
    _refuse_other_types(loss, y)
    *wanted, classes = output_shape[1:] if len(output_shape) > 1 else (None,)
    shape = tuple(wanted)
    if y.shape[1:] == (*shape, 1):
        y = y[..., 0]
    if y.shape[1:] != shape:
        raise ValueError(
            explain(
                what=f"loss '{loss}': the targets do not have the shape of class numbers",
                expected=f"{_shape(shape)}, one number for each vector of {classes} outputs",
                received=_shape(y.shape[1:]),
                remedy=_labels_remedy(y, shape, classes),
            )
        )
    if y.dtype.kind == "f":
        _check_whole(loss, y)
    counts = None if ignored is None else y != ignored
    _check_range(loss, y, classes, counts)
    if counts is not None:
        y = np.where(counts, y, -1)
    return y if y.dtype.kind != "f" and counts is None else y.astype(np.int32)


def _labels_remedy(y: Array, wanted: tuple[int | None, ...], classes: int | None) -> str | None:
    if y.ndim == len(wanted) + 2:
        units = "" if y.shape[-1] == classes else f" and {y.shape[-1]} units in the last layer"
        return (
            f"the targets look one-hot: use loss='categorical_crossentropy'{units}, or class numbers: y.argmax(axis=-1)"
        )
    if wanted and y.ndim <= 2:
        return "the output is a map: put a Flatten() (or a GlobalAveragePooling2D()) in front of the last Dense"
    return None


def _check_whole(loss: str, y: Array) -> None:
    """ValueError for labels like 0.5, NaN or infinity."""
    with np.errstate(invalid="ignore"):
        wrong = ~((np.floor(y) == y) & np.isfinite(y))
    if wrong.any():
        place = int(np.argmax(wrong))
        raise ValueError(
            explain(
                what=f"loss '{loss}' needs whole class numbers",
                received=_value(y, place),
                remedy="use class numbers, or for other targets a loss such as 'mse'",
            )
        )


def _check_range(loss: str, y: Array, classes: int | None, counts: Array | None) -> None:
    if not y.size or classes is None:
        return
    wrong = (y < 0) | (y >= classes) if y.dtype.kind != "b" else y >= classes
    if counts is not None:
        wrong &= counts
    if not wrong.any():
        return
    considered = y if counts is None else y[counts]
    raise ValueError(
        explain(
            what=f"loss '{loss}': a label is out of range",
            expected=f"class numbers from 0 to {classes - 1}: the model has {classes} output{'s' * (classes > 1)}",
            received=_value(y, int(np.argmax(wrong))),
            remedy=_range_remedy(int(considered.min()), int(considered.max()), classes),
        )
    )


def _range_remedy(low: int, high: int, classes: int) -> str:
    if low < 0:
        return "number the classes from 0"
    if low == 1 and high == classes:
        return "number the classes from 0: y - 1"
    if classes == 1 and high == 1:
        return "for yes and no use loss='binary_crossentropy'"
    if high >= 10 * classes:
        return "number the classes from 0 without gaps: np.unique(y, return_inverse=True)[1]"
    return f"give the last layer {high + 1} units"


def _value(y: Array, place: int) -> str:
    """A value and where it is: the row, and the position in it if there are several."""
    where = tuple(int(index) for index in np.unravel_index(place, y.shape))
    return f"{y[where]} at y[{', '.join(map(str, where))}]"


def _refuse_other_types(loss: str, y: Array) -> None:
    if y.dtype.kind not in "biuf":
        raise TypeError(
            explain(
                what=f"loss '{loss}' needs numbers as targets",
                received=f"an array of {y.dtype}",
                remedy="number the classes: np.unique(y, return_inverse=True)[1]",
            )
        )
    if not y.ndim:
        raise ValueError(
            explain(what=f"loss '{loss}' needs a target for each image", expected="an array", received=repr(y[()]))
        )


def _shape(extents: Shape) -> str:
    return f"({', '.join(['n', *map(str, extents)])}{'' if extents else ','})"
