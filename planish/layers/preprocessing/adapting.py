"""Mean and variance of data that may not fit into memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planish.errors import explain

_AT_ONCE = 1 << 20
"""So many numbers of an array become float64 at the same time."""
_ENDLESS = -1
_NUMBERS = "fiub"

Array = NDArray[Any]


class Moments:
    """Mean and variance along `axes` of all batches that were added (Chan, Golub and LeVeque, 1979), in float64."""

    def __init__(self, axes: Sequence[int]) -> None:
        self.axes = tuple(axes)
        self.count = 0
        self.mean: Any = 0.0
        self._squares: Any = 0.0

    def add(self, batch: Array) -> None:
        values = batch.astype(np.float64)
        with np.errstate(all="ignore"):  # of what is not finite: it shows in the result
            mean = values.mean(axis=self.axes)
            count = values.size // max(1, mean.size)
            total = self.count + count
            apart = mean - self.mean
            squares = values.var(axis=self.axes) * count + apart**2 * (self.count * count / total)
            self._squares = self._squares + squares
            self.mean = self.mean + apart * (count / total)
        self.count = total

    @property
    def variance(self) -> Any:
        return self._squares / self.count


def batches_of(layer: str, data: Any) -> Iterator[Array]:
    """The images of an array, of a data set, or of an iterable of batches (x or (x, y, ...)), some at a time.

    TypeError for anything else, ValueError for data without end.
    """
    if hasattr(data, "__array__"):
        yield from _in_pieces(_as_numbers(layer, data))
        return
    if not _gives_batches(data):
        raise TypeError(_not_data(layer, data))
    cardinality = getattr(data, "cardinality", None)
    if getattr(data, "num_batches", 0) is None or (callable(cardinality) and int(cardinality()) == _ENDLESS):
        raise ValueError(
            explain(layer=layer, what="adapt got data without end", remedy="adapt(itertools.islice(data, 100))")
        )
    for batch in data:
        images = batch[0] if isinstance(batch, tuple | list) and batch else batch
        yield from _in_pieces(_as_numbers(layer, images, data))


def _gives_batches(data: Any) -> bool:
    wrong = isinstance(data, str | bytes | Mapping | type)
    return not wrong and (hasattr(data, "__iter__") or hasattr(data, "__getitem__"))


def _as_numbers(layer: str, value: Any, source: Any = None) -> Array:
    if not hasattr(value, "__array__"):
        raise TypeError(_not_data(layer, value if source is None else source))
    array = np.asarray(value)
    if array.dtype.kind not in _NUMBERS:
        raise TypeError(_not_data(layer, value))
    return array if array.ndim else array.reshape(1)


def _in_pieces(array: Array) -> Iterator[Array]:
    rows = max(1, _AT_ONCE // max(1, array[:1].size))
    for start in range(0, len(array), rows):
        yield array[start : start + rows]


def _not_data(layer: str, received: Any) -> str:
    return explain(
        layer=layer,
        what="adapt takes images",
        expected="an array, a data set, a PyDataset, or batches: arrays, or tuples of images and labels",
        received=f"{received!r:.100} of type {type(received).__name__}",
        remedy="layer.adapt(np.asarray(x))",
    )
