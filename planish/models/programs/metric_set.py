"""The loss and the metrics of a run: fed with groups of rows, read as logs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from planish import metrics
from planish.errors import explain
from planish.metrics import Mean, MeanMetricWrapper, Metric
from planish.metrics.state import State
from planish.models.data.arrays import Array
from planish.models.ends.output_settings import OutputSettings
from planish.models.programs.compiled_metrics import CompiledMetric, compiled
from planish.tensor import tensor
from planish_runtime import forking

Shape = Sequence[int]
Columns = Sequence[Array | None]
"""An array for each output of a model."""


class OfOutput(NamedTuple):
    """A metric of the output at `place`, which may read the weights of images."""

    place: int
    metric: Metric
    weighted: bool


class OwnMetrics(NamedTuple):
    """The metrics that a model's own `compute_loss` updates; `used`: whether it has one. `listed` are those that are
    reported, if the model says so itself."""

    used: bool = False
    metrics: Sequence[Metric] = ()
    listed: Sequence[Metric] | None = None

    def shows(self, metric: Metric) -> bool:
        return self.listed is None or metric in self.listed


class MetricSet:
    """Metrics of one model, made from `compile`'s arguments once the shapes of targets and outputs are known.

    Reported as Keras does: "loss" is the mean over the images of weighted loss plus penalty; where several outputs have
    a loss, each is reported, too, before its weight; `metrics` ignore sample weights, `weighted_metrics` use them. A
    name that is taken gets "weighted_" in front or a number at the end.

    `own` are metrics that a `compute_loss` of the user's own updates.
    """

    def __init__(
        self,
        settings: OutputSettings,
        targets: Sequence[Shape | None],
        outputs: Sequence[Sequence[int | None]],
        own: OwnMetrics | None = None,
    ) -> None:
        self.loss = Mean(name="loss")
        compared = [name for name, loss in zip(settings.names, settings.losses, strict=True) if loss is not None]
        self.losses = [Mean(name=f"{name}_loss") for name in compared] if len(compared) > 1 else []
        shapes = [*zip(targets, outputs, strict=True)]
        self.plain = _resolved(settings.metrics, shapes)
        self.weighted = _resolved(settings.weighted_metrics, shapes)
        self.names = _names(settings, self.plain, self.weighted)
        self.each = [*_each(self.plain, weighted=False), *_each(self.weighted, weighted=True)]
        self._sorted = len(outputs) > 1
        self.own = own or OwnMetrics()
        self._compiled: dict[Any, tuple[CompiledMetric, ...]] = {}

    def compiled(
        self, targets: Sequence[Shape | None], outputs: Sequence[Shape], endings: Sequence[str]
    ) -> tuple[CompiledMetric, ...]:
        """The metrics that are part of programs for targets and outputs of these shapes, all without the batch axis.

        `endings`: see `graph_names`.
        """
        key = (tuple(None if shape is None else tuple(shape) for shape in targets), tuple(map(tuple, outputs)))
        if key not in self._compiled:
            found = (
                compiled(metric.own_function, number, place, endings[place], targets, outputs, weighted)
                for number, (place, metric, weighted) in enumerate(self.each)
                for (targets, outputs) in [(key[0][place], key[1][place])]
                if targets is not None and isinstance(metric, MeanMetricWrapper) and metric.own_function is not None
            )
            self._compiled[key] = tuple(each for each in found if each is not None)
        return self._compiled[key]

    @property
    def all(self) -> list[Metric]:
        return [*self._of_compile, *self.own.metrics]

    @property
    def _of_compile(self) -> list[Metric]:
        return [self.loss, *self.losses, *_flat(self.plain), *_flat(self.weighted)]

    @property
    def report_names(self) -> list[str]:
        """The names of the values in reports, in the order of `evaluate`: those of several outputs are sorted."""
        of_losses = ["loss", *(loss.name for loss in self.losses)]
        found = [*of_losses, *(sorted(self.names) if self._sorted else self.names)]
        if not self.own.metrics:
            return found
        names = dict(zip(["loss", *(loss.name for loss in self.losses), *self.names], self._of_compile, strict=True))
        shown = [name for name in found if self.own.shows(names[name])]
        return [*dict.fromkeys([*shown, *(metric.name for metric in self.own.metrics if self.own.shows(metric))])]

    @property
    def directions(self) -> dict[str, str | None]:
        """Which way each is better ('up', 'down' or unknown), by its name in logs."""
        ways = [getattr(metric, "_direction", None) for metric in [*_flat(self.plain), *_flat(self.weighted)]]
        of_losses = {loss.name: "down" for loss in self.losses}
        of_own = {metric.name: metric._direction for metric in self.own.metrics}
        return {**of_own, "loss": "down", **of_losses, **dict(zip(self.names, ways, strict=True))}

    def __bool__(self) -> bool:
        """Whether there is a metric that needs the model's outputs."""
        return any(self.plain) or any(self.weighted)

    def reset(self) -> None:
        """Resets the metrics for those who read them; runs keep what they have counted."""
        with _guard.lock:
            for metric in self.all:
                metric.reset_state()

    def reported(self) -> dict[str, Any]:
        """Name to value, in the order of `report_names`."""
        counted = [self.loss, *(metric for metric in self.losses if not self.own.used or metric.count)]
        of_losses = self._results([metric.name for metric in counted], counted)
        results = self._results(self.names, [*_flat(self.plain), *_flat(self.weighted)])
        of_own = self._results([metric.name for metric in self.own.metrics], self.own.metrics)
        return {**of_losses, **(dict(sorted(results.items())) if self._sorted else results), **of_own}

    def _results(self, names: Sequence[str], metrics: Sequence[Metric]) -> dict[str, Any]:
        results: dict[str, Any] = {}
        for name, metric in zip(names, metrics, strict=True):
            if self.own.shows(metric):
                value = metric.result()
                of_metric = value if isinstance(value, Mapping) else {name: value}
                results |= {key: _number(key, item) for key, item in of_metric.items()}
        return results


class RunMetrics:
    """What one run of `fit` or `evaluate` has counted, however many other runs use the model's metrics meanwhile.

    The metrics are objects that a user may hold. While a run counts, it puts its own values into them, and leaves them
    there to be read.
    """

    def __init__(self, metrics: MetricSet, when_reset: Callable[[], object] | None = None) -> None:
        """`when_reset`: what a model does itself when metrics are reset."""
        self._metrics = metrics
        self._when_reset = when_reset
        self._values: _Values = {}

    def __bool__(self) -> bool:
        """Whether there is a metric that needs the model's outputs."""
        return bool(self._metrics)

    def needs_outputs(self, compiled: Sequence[CompiledMetric]) -> bool:
        """Whether there is a metric that needs the model's outputs, besides those that are part of the program."""
        return len(compiled) < len(self._metrics.each)

    def reset(self) -> None:
        """Begins the run, or another epoch of it."""
        with self._put_in():
            for metric in self._metrics.all:
                metric.reset_state()
            if self._when_reset is not None:
                self._when_reset()

    def add_losses(self, mean: float, of_outputs: Sequence[float], count: int) -> None:
        """Counts the mean loss of `count` images, and that of each output, if several have one."""
        with self._put_in():
            self._metrics.loss.update_state(mean, sample_weight=count)
            counted = self._metrics.losses if of_outputs else ()  # there are none without `super().compute_loss`
            for metric, value in zip(counted, of_outputs, strict=True):
                metric.update_state(value, sample_weight=count)

    def update_own(self, updates: Iterable[tuple[Metric, Any]]) -> None:
        """Does updates of metrics, each with its arguments by position and by name."""
        with self._put_in():
            for metric, (arguments, named) in updates:
                metric.update_state(*arguments, **named)

    def update(
        self,
        targets: Columns,
        outputs: Sequence[Array],
        weights: Columns,
        batch_size: int,
        computed: Mapping[int, Array],
    ) -> None:
        """Counts some rows, which are whole batches, except for the last of them; an array for each output.

        `computed` has the values of metrics that were part of the program, by their numbers.
        """
        with self._put_in():
            for number, (place, metric, weighted) in enumerate(self._metrics.each):
                weight = weights[place] if weighted else None
                if isinstance(metric, MeanMetricWrapper) and number in computed:
                    metric.add(computed[number], weight)
                    continue
                for rows in _groups(metric, len(outputs[place]), batch_size):
                    given = {} if weight is None else {"sample_weight": tensor(weight[rows])}
                    metric.update_state(*_of_rows(targets, outputs, place, rows, metric), **given)

    def counted(self) -> list[Any]:
        """What has been counted, to be taken up by `take_up`: names and arrays of each metric's variables."""
        with self._put_in():
            return [[(state.name, state.value.copy()) for state in metric.variables] for metric in self._metrics.all]

    def take_up(self, counted: Sequence[Any]) -> None:
        """Goes on from what `counted` gave. ValueError if it is not of these metrics."""
        with self._put_in():
            for metric, values in zip(self._metrics.all, counted, strict=True):
                for name, value in values[len(metric.variables) :]:  # made by its first update
                    metric.add_variable(np.shape(value), name=name)
                for state, (name, value) in zip(metric.variables, values, strict=True):
                    if name != state.name or np.shape(value) != state.shape:
                        raise ValueError(f"metric '{metric.name}' has no {name!r:.80} of shape {np.shape(value)}")
                    state.assign(value)

    def results(self) -> dict[str, Any]:
        """Name to value, "loss" first, then the losses of several outputs, then metrics."""
        with self._put_in():
            return self._metrics.reported()

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


def _resolved(given: Sequence[Sequence[Any]], shapes: Sequence[tuple[Any, Any]]) -> list[list[Metric]]:
    """The metrics of each output, for targets and outputs of these shapes."""
    return [
        [metrics.resolve(item, outputs if targets is None else targets, outputs) for item in items]
        for items, (targets, outputs) in zip(given, shapes, strict=True)
    ]


def _flat(of_outputs: Sequence[Sequence[Metric]]) -> list[Metric]:
    return [metric for each in of_outputs for metric in each]


def _names(settings: OutputSettings, plain: list[list[Metric]], weighted: list[list[Metric]]) -> list[str]:
    names = ["loss"]
    for prefix, of_output in zip(settings.prefixes, plain, strict=True):
        for metric in of_output:
            names.append(_free(f"{prefix}{metric.name}", names))
    for prefix, of_output in zip(settings.prefixes, weighted, strict=True):
        for metric in of_output:
            taken = f"{prefix}{metric.name}" in names
            names.append(_free(f"{prefix}{'weighted_' * taken}{metric.name}", names))
    return names[1:]


def _free(name: str, taken: list[str]) -> str:
    number = 0
    candidate = name
    while candidate in taken:
        number += 1
        candidate = f"{name}_{number}"
    return candidate


def _each(of_outputs: Sequence[Sequence[Metric]], *, weighted: bool) -> Iterator[OfOutput]:
    for place, of_output in enumerate(of_outputs):
        for metric in of_output:
            yield OfOutput(place, metric, weighted)


def _groups(metric: Metric, count: int, batch_size: int) -> Iterator[slice]:
    """The rows of each update: all at once, or batch by batch."""
    size = batch_size if metric.by_batch else max(1, count)
    for start in range(0, count, size):
        yield slice(start, start + size)


def _of_rows(targets: Columns, outputs: Sequence[Array], place: int, rows: slice, metric: Metric) -> tuple[Any, Any]:
    """Targets and outputs. ValueError for an output without targets."""
    given = targets[place]
    if given is None:
        raise ValueError(
            explain(
                what=f"there are no targets for metric '{metric.name}'",
                expected="targets for every output that has metrics",
                remedy="pass them as part of y, or compile without this metric",
            )
        )
    return tensor(given[rows]), tensor(outputs[place][rows])


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
