"""The loss and the metrics of a run: fed with groups of rows, read as logs."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from planish import forking, metrics
from planish.errors import explain
from planish.metrics import Mean, Metric
from planish.metrics.state import State
from planish.models.compile_settings import CompileSettings
from planish.models.data.arrays import Array
from planish.tensor import tensor

Shape = Sequence[int]


class MetricSet:
    """Metrics of one model, made from `compile`'s arguments once the shapes of targets and outputs are known.

    Reported as Keras does: "loss" is the mean over the images of weighted loss plus penalty; `metrics` ignore
    sample weights, `weighted_metrics` use them. A name that is taken gets "weighted_" in front or a number at the end.
    """

    def __init__(self, settings: CompileSettings, targets: Shape, outputs: Shape) -> None:
        self.loss = Mean(name="loss")
        self.plain: list[Metric] = [metrics.resolve(item, targets, outputs) for item in settings.metrics]
        self.weighted: list[Metric] = [metrics.resolve(item, targets, outputs) for item in settings.weighted_metrics]
        self.names = _names(self.plain, self.weighted)

    @property
    def all(self) -> list[Metric]:
        return [self.loss, *self.plain, *self.weighted]

    def __bool__(self) -> bool:
        """Whether there is a metric that needs the model's outputs."""
        return bool(self.plain or self.weighted)

    def reset(self) -> None:
        """Resets the metrics for those who read them; runs keep what they have counted."""
        with _guard.lock:
            for metric in self.all:
                metric.reset_state()


class RunMetrics:
    """What one run of `fit` or `evaluate` has counted, however many other runs use the model's metrics meanwhile.

    The metrics are objects that a user may hold. While a run counts, it puts its own values into them, and leaves them
    there to be read.
    """

    def __init__(self, metrics: MetricSet) -> None:
        self._metrics = metrics
        self._values: _Values = {}

    def __bool__(self) -> bool:
        """Whether there is a metric that needs the model's outputs."""
        return bool(self._metrics)

    def reset(self) -> None:
        """Begins the run, or another epoch of it."""
        with self._put_in():
            for metric in self._metrics.all:
                metric.reset_state()

    def add_loss(self, mean: float, count: int) -> None:
        """Counts the mean loss of `count` images."""
        with self._put_in():
            self._metrics.loss.update_state(mean, sample_weight=count)

    def update(self, targets: Array, outputs: Array, weight: Array | None, batch_size: int) -> None:
        """Counts some rows, which are whole batches, except for the last of them."""
        with self._put_in():
            for metric in self._metrics.plain:
                for places in _groups(metric, len(outputs), batch_size):
                    metric.update_state(tensor(targets[places]), tensor(outputs[places]))
            for metric in self._metrics.weighted:
                for places in _groups(metric, len(outputs), batch_size):
                    of_group = None if weight is None else tensor(weight[places])
                    metric.update_state(tensor(targets[places]), tensor(outputs[places]), sample_weight=of_group)

    def results(self) -> dict[str, Any]:
        """Name to value, "loss" first and then in the order of `compile`."""
        with self._put_in():
            values = [metric.result() for metric in self._metrics.all]
        results: dict[str, Any] = {}
        for name, value in zip(self._metrics.names, values, strict=True):
            of_metric = value if isinstance(value, Mapping) else {name: value}
            results |= {key: _number(key, item) for key, item in of_metric.items()}
        return results

    @contextmanager
    def _put_in(self) -> Iterator[None]:
        """In this context, the metrics hold this run's values and no others. A metric may itself start a run."""
        with _guard.lock:
            around = _values_of(self._metrics.all) if _guard.depth else None
            _put(self._metrics.all, self._values)
            _guard.depth += 1
            try:
                yield
            finally:
                _guard.depth -= 1
                self._values = _values_of(self._metrics.all)
                if around is not None:
                    _put(self._metrics.all, around)


_Values = dict[State, Any]


class _Guard:
    """Held while the values in any metrics are those of one run; `depth` counts runs inside runs of one thread."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.depth = 0
        forking.tell_child(self)

    def after_fork(self) -> None:
        if forking.is_lost(self.lock):  # it was held by the run of a thread that this child does not have
            self.lock = threading.RLock()
            self.depth = 0


_guard = _Guard()


def _values_of(metrics: Sequence[Metric]) -> _Values:
    return {state: state.value for metric in metrics for state in metric.variables}


def _put(metrics: Sequence[Metric], values: _Values) -> None:
    for metric in metrics:
        for state in metric.variables:
            state.put(values.get(state))


def _names(plain: list[Metric], weighted: list[Metric]) -> list[str]:
    names = ["loss"]
    for metric in plain:
        names.append(_free(metric.name, names))
    for metric in weighted:
        taken = metric.name in names
        names.append(_free(f"weighted_{metric.name}" if taken else metric.name, names))
    return names


def _free(name: str, taken: list[str]) -> str:
    number = 0
    candidate = name
    while candidate in taken:
        number += 1
        candidate = f"{name}_{number}"
    return candidate


def _groups(metric: Metric, count: int, batch_size: int) -> list[slice]:
    """The rows of each update: all at once, or batch by batch."""
    size = batch_size if metric.by_batch else max(1, count)
    return [slice(start, start + size) for start in range(0, count, size)]


def _number(name: str, value: Any) -> Any:
    """Scalars as Python floats; a metric with a value per class stays an array. TypeError for what is not a number."""
    array = np.asarray(value)
    if array.dtype.kind not in "biuf":
        raise TypeError(
            explain(
                what=f"metric '{name}': result() does not give a number",
                expected="a number, an array of numbers, or a dictionary of them",
                received=f"{value!r} of type {type(value).__name__}",
            )
        )
    return float(array) if array.ndim == 0 else array
