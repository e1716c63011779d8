"""Compares targets with what a loss and a model need: shapes, ranges, and what to do when they differ."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np

from planish.errors import ExplainedError, explain, number_of
from planish.losses.reduction import Array

Shape = Sequence[int | None]
Shapes = Literal["same", "repeated", "any"]


def numbers(loss: str, y: Array, output_shape: Shape, shapes: Shapes = "same") -> Array:
    """Numbers, one for each output: a missing or superfluous last axis of one is corrected, as in Keras.

    `shapes` may allow one number for all outputs of a vector, or anything.
    """
    _refuse_other_types(loss, y)
    wanted = tuple(output_shape[1:])
    if y.shape[1:] == wanted:
        return y
    if wanted and wanted[-1] == 1 and y.shape[1:] == wanted[:-1]:
        return y[..., None]
    if y.shape[1:] == (*wanted, 1):
        return y[..., 0]
    if shapes != "same" and wanted and y.shape[1:] == (*wanted[:-1], 1):
        return y
    if shapes == "any":
        return y
    raise ExplainedError(
        what=f"loss '{loss}': the targets do not have the shape of the model's outputs",
        expected=f"{_shape(wanted)}, the shape of the outputs",
        received=f"{_shape(y.shape[1:])}, the shape of y",
        remedy=_numbers_remedy(y, wanted),
    )


def _numbers_remedy(y: Array, wanted: tuple[int | None, ...]) -> str:
    one_each = y.shape[1:] in (wanted[:-1], (*wanted[:-1], 1))
    if wanted and one_each and _looks_like_labels(y):
        return (
            "for class numbers use loss='sparse_categorical_crossentropy', "
            f"or make vectors of them: to_categorical(y, {wanted[-1]})"
        )
    if len(wanted) > max(1, y.ndim - 1):
        return "the output is a map: Flatten() in front of the last Dense makes one vector of an image"
    if y.ndim == 2 and len(wanted) == 1:
        return f"one unit for each number of a target: Dense({y.shape[-1]}) as the last layer"
    if math.prod(y.shape[1:]) == math.prod(extent or 0 for extent in wanted):
        return f"y.reshape(len(y), {', '.join(map(str, wanted))})"
    if y.ndim >= 3 and len(wanted) == 1:
        return f"the targets look like images: pass one vector of {wanted[0]} numbers for each, as fit(images, vectors)"
    return f"y of the shape {_shape(wanted)}, or a model whose outputs have the shape {_shape(y.shape[1:])}"


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
        vector = "image" if classes is None else f"vector of {number_of(classes, 'output')}"
        raise ExplainedError(
            what=f"loss '{loss}': the targets do not have the shape of class numbers",
            expected=f"{_shape(shape)}, one number for each {vector}",
            received=f"{_shape(y.shape[1:])}, the shape of y",
            remedy=_labels_remedy(y, shape, classes),
        )
    if y.dtype.kind == "f":
        _check_whole(loss, y)
    counts = None if ignored is None else y != ignored
    _check_range(loss, y, classes, counts)
    if counts is not None:
        y = np.where(counts, y, -1)
    return y if y.dtype.kind != "f" and counts is None else y.astype(np.int32)


def _labels_remedy(y: Array, wanted: tuple[int | None, ...], classes: int | None) -> str:
    if y.ndim == len(wanted) + 2:
        units = "" if y.shape[-1] == classes else f" and {y.shape[-1]} units in the last layer"
        return (
            f"the targets look one-hot: use loss='categorical_crossentropy'{units}\nor class numbers: y.argmax(axis=-1)"
        )
    if wanted and y.ndim <= 2:
        return "the output is a map: Flatten(), or GlobalAveragePooling2D(), in front of the last Dense"
    if y.ndim >= 3 and not wanted:
        return "the targets look like images: pass a class number for each, as fit(images, labels)"
    return f"class numbers of the shape {_shape(wanted)}, or a model with one vector of outputs for each of them"


def _check_whole(loss: str, y: Array) -> None:
    """ValueError for labels like 0.5, NaN or infinity."""
    with np.errstate(invalid="ignore"):
        wrong = ~((np.floor(y) == y) & np.isfinite(y))
    if wrong.any():
        place = int(np.argmax(wrong))
        raise ExplainedError(
            what=f"loss '{loss}' needs whole class numbers",
            expected="0, 1, 2 and so on",
            received=_value(y, place),
            remedy="class numbers, or, for targets that are not classes, loss='mse'",
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
    outputs = f"the model has {number_of(classes, 'output')}"
    raise ExplainedError(
        what=f"loss '{loss}': a label is out of range",
        expected=f"class numbers from 0 to {classes - 1}: {outputs}" if classes > 1 else f"only the class 0: {outputs}",
        received=_value(y, int(np.argmax(wrong))),
        remedy=_range_remedy(int(considered.min()), int(considered.max()), classes),
    )


def _range_remedy(low: int, high: int, classes: int) -> str:
    if low < 0:
        return "number the classes from 0: np.unique(y, return_inverse=True)[1]"
    if low == 1 and high == classes:
        return "number the classes from 0: y - 1"
    if classes == 1:
        two = "Dense(1, activation='sigmoid') with loss='binary_crossentropy'"
        if high == 1:
            return f"for two classes {two}"
        return f"{_units(high + 1)}\nor, for two classes, {two}"
    if high >= 10 * classes:
        return "number the classes from 0 without gaps: np.unique(y, return_inverse=True)[1]"
    return _units(high + 1)


def _units(classes: int) -> str:
    return f"a unit for each class: Dense({classes}, activation='softmax') as the last layer"


def _value(y: Array, place: int) -> str:
    """A value and where it is: the row, and the position in it if there are several."""
    where = tuple(int(index) for index in np.unravel_index(place, y.shape))
    return f"{y[where]} at y[{', '.join(map(str, where))}]"


def _refuse_other_types(loss: str, y: Array) -> None:
    if y.dtype.kind not in "biuf":
        raise TypeError(
            explain(
                what=f"loss '{loss}' needs targets that are numbers",
                received=f"an array of {y.dtype}",
                remedy="number the classes: np.unique(y, return_inverse=True)[1]",
            )
        )
    if not y.ndim:
        raise ValueError(
            explain(
                what=f"loss '{loss}' needs a target for each image",
                expected="an array",
                received=repr(y[()]),
                remedy="np.full(len(x), y)",
            )
        )


def _shape(extents: Shape) -> str:
    return f"({', '.join(['n', *map(str, extents)])}{'' if extents else ','})"
