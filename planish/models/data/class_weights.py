"""`class_weight`: turns a weight for each class into one for each image."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from planish import warned
from planish.errors import explain, plural_if
from planish.models.data.arrays import Array

_EXAMPLE = "{class index: weight}, for example {0: 1.0, 1: 5.0}"


class ClassWeights:
    """Weights by class, checked. Classes without a weight weigh 1, as in Keras; a warning says so once."""

    def __init__(self, given: Any) -> None:
        """TypeError unless it is a dictionary; ValueError for keys that are not class numbers, and for bad weights."""
        if not isinstance(given, Mapping):
            raise TypeError(
                explain(
                    what="`class_weight` is not a dictionary",
                    expected=_EXAMPLE,
                    received=type(given).__name__,
                    remedy="pass dict(enumerate(weights))" if isinstance(given, list | tuple | np.ndarray) else None,
                )
            )
        _check_classes(list(given))
        _check_weights(given)
        self._weights = {int(name): float(weight) for name, weight in given.items()}
        self._told: set[int] = set()

    def of(self, targets: Array | None, *, whole: bool = True) -> Array:
        """The weight of each image, [n]; `whole` says that these are all targets.

        ValueError if there are no targets, or not one class for each image.
        """
        if targets is None:
            raise ValueError(
                explain(
                    what="`class_weight` needs `y`: the classes are read from the targets",
                    remedy="pass y, or batches of (x, y)",
                )
            )
        if not targets.size:
            return np.ones(len(targets))
        names, places = np.unique(_classes(targets), return_inverse=True)
        self._tell(names.tolist(), whole=whole)
        values = [self._weights.get(name, 1.0) for name in names.tolist()]
        return np.asarray(values, np.float64)[places.reshape(-1)]

    def _tell(self, found: list[int], *, whole: bool) -> None:
        """A warning about classes without a weight, and, if these are all targets, about weights without a class."""
        unnamed = [name for name in found if name not in self._weights and name not in self._told]
        unused = [name for name in self._weights if name not in found] if whole else []
        self._told.update(unnamed)
        if unnamed or unused:
            warned.warn(
                explain(
                    what="`class_weight` and `y` do not have the same classes"
                    if unused
                    else f"`class_weight` does not name {_listed(unnamed)}, which weigh 1",
                    expected=f"a weight for each of {_listed(found)}" if unused else None,
                    received=f"weights for {_listed(list(self._weights))}" if unused else None,
                    remedy="class_weight={"
                    + ", ".join(f"{name}: {self._weights.get(name, 1.0):g}" for name in found[:20])
                    + (", ...}" if len(found) > 20 else "}"),
                )
            )


def _check_classes(names: list[Any]) -> None:
    wrong = [name for name in names if isinstance(name, str) or not _is_whole(name)]
    if not wrong:
        return
    digits = all(isinstance(name, str) and name.strip().isdecimal() for name in wrong)
    if digits:
        remedy = "class_weight={int(name): weight for name, weight in class_weight.items()}"
    elif all(isinstance(name, str) for name in names):
        remedy = "the numbers that the classes have in y, for example those of their sorted names:\n"
        remedy += "class_weight={number: class_weight[name] for number, name in enumerate(sorted(class_weight))}"
    else:
        remedy = None
    raise ValueError(
        explain(
            what="`class_weight` has keys that are not class numbers",
            expected=_EXAMPLE,
            received=f"the {plural_if(len(wrong) > 1, 'key')} {', '.join(map(repr, wrong[:5]))}",
            remedy=remedy,
        )
    )


def _is_whole(value: Any) -> bool:
    try:
        return bool(int(value) == value)
    except (TypeError, ValueError, OverflowError):
        return False


def _check_weights(given: Mapping[Any, Any]) -> None:
    for name, weight in given.items():
        number = isinstance(weight, int | float | np.number) or (isinstance(weight, np.ndarray) and weight.ndim == 0)
        if not number or isinstance(weight, complex) or not math.isfinite(weight):
            raise ValueError(
                explain(
                    what=f"`class_weight`: the weight of class {int(name)} is not a finite number",
                    expected=_EXAMPLE,
                    received=f"{weight!r} of type {type(weight).__name__}",
                    remedy="1.0 for a class that counts like any other, 0.0 for one that does not count",
                )
            )


def _classes(targets: Array) -> Array:
    """The class of each image: the number itself, or the index of the largest of several values, as in Keras.

    ValueError for targets of several classes at once; Keras takes the first of them.
    """
    if targets.ndim == 1 or targets.shape[1:] == (1,):
        numbers: Array = np.rint(targets.reshape(len(targets))).astype(np.int64)
        return numbers
    if targets.ndim > 2:
        raise ValueError(
            explain(
                what="`class_weight` needs one class per image",
                expected=f"targets of shape ({len(targets)},), or one-hot",
                received=f"targets of shape {targets.shape}",
                remedy="sample_weight: a weight for each image",
            )
        )
    values = targets.astype(np.float64)
    largest = values.max(axis=1, keepdims=True)
    one_hot = (values == largest).sum(axis=1) == 1
    one_hot &= (values == np.where(values == largest, largest, values.min(axis=1, keepdims=True))).all(axis=1)
    wrong = ~(one_hot | (np.abs(values.sum(axis=1) - 1) < 1e-3))
    if wrong.any():
        place = int(np.argmax(wrong))
        raise ValueError(
            explain(
                what="`class_weight` needs one class per image, but these targets name several at once",
                expected="one-hot targets, or shares that add up to 1",
                received=f"{targets[place].tolist()} at y[{place}]",
                remedy="a weight for each image instead: fit(..., sample_weight=weights)",
            )
        )
    found: Array = np.argmax(targets, axis=1)
    return found


def _listed(names: list[int]) -> str:
    shown = ", ".join(map(str, names[:10])) + (f" and {len(names) - 10} more" if len(names) > 10 else "")
    return f"{plural_if(len(names) != 1, 'class', 'classes')} {shown}"
