"""Intersection over union: how much of what is, or is said to be, a class is both."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from planish.errors import explain
from planish.metrics.metric import Metric
from planish.metrics.reductions import divide
from planish.metrics.state import Array
from planish.tensor import Float64

_EPSILON = 1e-7
_DTYPES = (None, "int", "int8", "int16", "int32", "int64", "float32", "float64")


class _Overlaps(Metric):
    """What all share: a matrix of counts, float64 [classes, classes], by the class that is and the one that is said.

    Weights count as they are, where Keras cuts them off to whole numbers. Classes that are out of range do not count.
    """

    _direction = "up"

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Sequence[int],
        name: str | None,
        dtype: str | None,
        ignore_class: int | None,
        sparse_y_true: bool,
        sparse_y_pred: bool,
        axis: int,
    ) -> None:
        super().__init__(None if dtype in _DTYPES else dtype, name)
        self._check_classes(num_classes, target_class_ids)
        self.num_classes, self.target_class_ids = num_classes, [int(each) for each in target_class_ids]
        self.ignore_class, self.axis = ignore_class, axis
        self.sparse_y_true, self.sparse_y_pred = sparse_y_true, sparse_y_pred
        self.total_cm = self.add_variable((num_classes, num_classes), name="total_confusion_matrix")

    def _check_classes(self, number: Any, targets: Any) -> None:
        if isinstance(number, bool) or not isinstance(number, (int, np.integer)) or number < 1:
            what = f"metric '{self.name}': `num_classes` is not a number of classes"
            raise ValueError(explain(what=what, expected="an integer, 1 or more", received=repr(number)))
        whole = isinstance(targets, (list, tuple, range, np.ndarray)) and len(targets)
        if not whole or not all(isinstance(each, (int, np.integer)) and 0 <= each < number for each in targets):
            what = f"metric '{self.name}': `target_class_ids` are not class numbers"
            raise ValueError(explain(what=what, expected=f"0 to {number - 1}, one or more", received=repr(targets)))

    def update_state(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> None:
        targets = self._classes(np.asarray(y_true), sparse=self.sparse_y_true)
        answers = self._classes(np.asarray(y_pred), sparse=self.sparse_y_pred)
        if targets.size != answers.size:
            raise ValueError(
                explain(
                    what=f"metric '{self.name}': targets and outputs do not have as many class numbers",
                    expected=f"targets of shape {answers.shape}",
                    received=f"targets of shape {targets.shape}",
                    remedy=f"{type(self).__name__}(..., sparse_y_pred=False), if outputs are vectors"
                    if targets.size < answers.size
                    else "OneHotIoU(...) or OneHotMeanIoU(...), if targets are vectors",
                )
            )
        self._count(targets.reshape(-1), answers.reshape(-1), _spread(sample_weight, targets.shape).reshape(-1))

    def _count(self, targets: Array, answers: Array, weights: Array) -> None:
        known = (targets >= 0) & (targets < self.num_classes) & (answers >= 0) & (answers < self.num_classes)
        if self.ignore_class is not None:
            known &= targets != self.ignore_class
        places = targets[known] * self.num_classes + answers[known]
        counts = np.bincount(places, weights[known], self.num_classes**2)
        self.total_cm.assign_add(counts.reshape(self.num_classes, self.num_classes))

    def _classes(self, values: Array, *, sparse: bool) -> Array:
        """Class numbers i64; -1 for what is not a number."""
        if not sparse:
            largest: Array = np.argmax(values, axis=self.axis)
            return largest
        finite = np.isfinite(values) & (np.abs(values) < 2**31)
        return np.where(finite, np.where(finite, values, 0).astype(np.int64), -1)

    def result(self) -> Any:
        """The mean over those of the classes that occurred; 0 if none did."""
        counts = self.total_cm.numpy()
        both = np.diag(counts)[self.target_class_ids]
        whole = (counts.sum(axis=0) + counts.sum(axis=1) - np.diag(counts))[self.target_class_ids]
        occurred = whole > 1e-9
        shares = divide(both, np.where(occurred, whole + _EPSILON, 0.0))
        return Float64(shares.sum() / (occurred.sum() + _EPSILON))

    def _settings(self, *names: str) -> dict[str, Any]:
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


class IoU(_Overlaps):
    """Intersection over union of the classes `target_class_ids`, averaged over those that occur.

    `num_classes`: how many there are. `ignore_class`: a class number of targets that does not count. Targets and
    outputs are class numbers; `sparse_y_true=False`, or `sparse_y_pred=False`, says that they are vectors along `axis`.

    >>> metric = keras.metrics.IoU(num_classes=2, target_class_ids=[0])
    >>> round(float(metric([0, 0, 1, 1], [0, 1, 0, 1])), 4)
    0.3333
    """

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Sequence[int],
        name: str | None = None,
        dtype: str | None = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ) -> None:
        super().__init__(num_classes, target_class_ids, name, dtype, ignore_class, sparse_y_true, sparse_y_pred, axis)

    def get_config(self) -> dict[str, Any]:
        return self._settings(
            "num_classes", "target_class_ids", "ignore_class", "sparse_y_true", "sparse_y_pred", "axis"
        )


class BinaryIoU(_Overlaps):
    """Intersection over union for yes and no: an output of `threshold` or more is a yes.

    `target_class_ids`: [0, 1] is the mean of both, [1] counts yes only.

    >>> round(float(keras.metrics.BinaryIoU()([0, 1, 0, 1], [0.1, 0.2, 0.4, 0.7])), 4)
    0.5833
    """

    def __init__(
        self,
        target_class_ids: Sequence[int] = (0, 1),
        threshold: float = 0.5,
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__(2, target_class_ids, name, dtype, None, True, True, -1)
        self.threshold = threshold

    def update_state(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> None:
        yes = np.asarray(y_pred, np.float32) >= np.float32(self.threshold)
        super().update_state(y_true, yes.astype(np.int64), sample_weight)

    def get_config(self) -> dict[str, Any]:
        return self._settings("target_class_ids", "threshold")


class MeanIoU(_Overlaps):
    """Intersection over union, averaged over the classes that occur. Arguments as in `IoU`: `num_classes`,
    `ignore_class`, `sparse_y_true`, `sparse_y_pred`, `axis`.

    >>> round(float(keras.metrics.MeanIoU(num_classes=2)([0, 0, 1, 1], [0, 1, 0, 1])), 4)
    0.3333
    """

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: str | None = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ) -> None:
        every = _all(num_classes)
        super().__init__(num_classes, every, name, dtype, ignore_class, sparse_y_true, sparse_y_pred, axis)

    def get_config(self) -> dict[str, Any]:
        return self._settings("num_classes", "ignore_class", "sparse_y_true", "sparse_y_pred", "axis")


class OneHotIoU(_Overlaps):
    """`IoU` for one-hot targets; outputs are vectors, too, or class numbers with `sparse_y_pred`.

    Arguments as in `IoU`: `num_classes`, `target_class_ids`, `ignore_class`, `axis`.

    >>> metric = keras.metrics.OneHotIoU(num_classes=2, target_class_ids=[1])
    >>> round(float(metric([[0, 1], [1, 0]], [[0.2, 0.8], [0.4, 0.6]])), 4)
    0.5
    """

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Sequence[int],
        name: str | None = None,
        dtype: str | None = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ) -> None:
        super().__init__(num_classes, target_class_ids, name, dtype, ignore_class, False, sparse_y_pred, axis)

    def get_config(self) -> dict[str, Any]:
        return self._settings("num_classes", "target_class_ids", "ignore_class", "sparse_y_pred", "axis")


class OneHotMeanIoU(_Overlaps):
    """`MeanIoU` for one-hot targets; outputs are vectors, too, or class numbers with `sparse_y_pred`.

    Arguments as in `IoU`: `num_classes`, `ignore_class`, `axis`.

    >>> metric = keras.metrics.OneHotMeanIoU(num_classes=2)
    >>> round(float(metric([[0, 1], [1, 0]], [[0.2, 0.8], [0.4, 0.6]])), 4)
    0.25
    """

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: str | None = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ) -> None:
        every = _all(num_classes)
        super().__init__(num_classes, every, name, dtype, ignore_class, False, sparse_y_pred, axis)

    def get_config(self) -> dict[str, Any]:
        return self._settings("num_classes", "ignore_class", "sparse_y_pred", "axis")


def _spread(sample_weight: ArrayLike | None, shape: tuple[int, ...]) -> Array:
    """A weight for each class number: its own, that of its image, or one for all."""
    given = np.asarray(1.0 if sample_weight is None else sample_weight, np.float64)
    if given.size == math.prod(shape):
        return given.reshape(shape)
    return np.broadcast_to(given.reshape(*given.shape, *(1,) * (len(shape) - given.ndim)), shape)


def _all(number: Any) -> list[int]:
    """Every class; [0] for what is not a number of classes, which is refused later."""
    return [*range(number)] if isinstance(number, int) and 0 < number < 1 << 20 else [0]
