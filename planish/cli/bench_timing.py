"""What `planish bench` measures, of any library that offers `one`, `many` and `fit`."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from planish.models.model import Model

_ROUNDS = 3
_MOST_CALLS, _MOST_SECONDS = 1000, 1.0
_COMPARED = 16
# A training program is warm after these: whole batches, and the smaller one that an epoch ends with.
_WARM_UP_BATCHES = 4

Array = NDArray[Any]


class Subject(Protocol):
    """A model of some library. Images are float32 [n, rows, columns, channels], labels whole numbers."""

    def one(self, x: Array) -> Array: ...

    def many(self, x: Array) -> Array: ...

    def fit(self, x: Array, y: Array, batch_size: int) -> object: ...


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds: of the first prediction, of one image, of all images, of an epoch; and the first predictions."""

    first: float
    one: float
    many: float
    epoch: float
    predictions: list[list[float]]


def measure(subject: Subject, x: Array, y: Array, batch_size: int) -> Timing:
    """Medians of three, after warming up; one image at a time for up to a second."""
    single, few = x[:1].copy(), min(len(x), _WARM_UP_BATCHES * batch_size + len(x) % batch_size)
    first = seconds(lambda: subject.one(single))
    predictions = np.asarray(subject.many(x))[:_COMPARED].astype(float).tolist()
    one = _of_one(lambda: subject.one(single))
    many = statistics.median(seconds(lambda: subject.many(x)) for _ in range(_ROUNDS))
    subject.fit(x[:few], y[:few], batch_size)
    epoch = statistics.median(seconds(lambda: subject.fit(x, y, batch_size)) for _ in range(_ROUNDS))
    return Timing(first, one, many, epoch, predictions)


def _of_one(call: Callable[[], object]) -> float:
    times: list[float] = []
    while len(times) < _MOST_CALLS and sum(times) < _MOST_SECONDS:
        times.append(seconds(call))
    return statistics.median(times)


def seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


class KerasSubject:
    """A model of planish or of Keras: the same calls."""

    def __init__(self, model: Model, batch_size: int | None = None) -> None:
        self._model = model
        self._batch_size = batch_size  # of predicting; None: the library's own

    def one(self, x: Array) -> Array:
        return np.asarray(self._model.predict_on_batch(x))

    def many(self, x: Array) -> Array:
        return np.asarray(self._model.predict(x, batch_size=self._batch_size, verbose=0))

    def fit(self, x: Array, y: Array, batch_size: int) -> object:
        return self._model.fit(x, y, batch_size=batch_size, verbose=0)
