"""Adds the results of steps to the metrics, in groups that do not depend on timing: a run can be repeated exactly."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planish.metrics import Metric
from planish.models.data.in_memory import Arrays
from planish.models.programs.metric_set import RunMetrics
from planish.models.programs.train_program import StepOutputs

_ROWS_AT_ONCE = 4096


class Tally:
    """Metrics over the steps of one run; `order` are the rows of `data` in visiting order.

    Groups grow from one step to some thousand images (`growing`), so that there is something to show early on; or
    every step is a group.
    """

    def __init__(
        self,
        metrics: RunMetrics,
        data: Arrays,
        order: NDArray[np.int64],
        batch_size: int,
        outputs: StepOutputs,
        *,
        growing: bool = True,
    ) -> None:
        self._metrics = metrics
        self._data = data
        self._order = order
        self._batch_size = batch_size
        self._outputs = outputs
        self._most_steps = max(1, _ROWS_AT_ONCE // batch_size) if growing else 1
        self._counted = 0

    def count_complete_groups(self, steps_done: int) -> None:
        """Counts every group of steps that lies within the first `steps_done` steps."""
        while (end := self._counted + min(max(1, self._counted), self._most_steps)) <= steps_done:
            self._count(end)

    def count_all(self, steps_done: int) -> None:
        """Counts the rest of the first `steps_done` steps."""
        self.count_complete_groups(steps_done)
        if self._counted < steps_done:
            self._count(steps_done)

    def _count(self, end: int) -> None:
        """Counts the steps from `_counted` to `end`."""
        start, self._counted = self._counted, end
        places = slice(start * self._batch_size, min(end * self._batch_size, len(self._order)))
        add(self._metrics, self._data, self._order[places], self._outputs, places, slice(start, end), self._batch_size)


def add(
    metrics: RunMetrics,
    data: Arrays,
    rows: Any,
    outputs: StepOutputs,
    places: slice,
    steps: slice,
    batch_size: int,
) -> None:
    """Adds the outputs at `places`, which belong to `rows` of `data` and were computed in `steps`.

    Those that a batch has as a whole meet the targets of all of its images.
    """
    count = len(range(*places.indices(outputs.images)))
    total = 0.0 if outputs.loss is None else float(np.sum(outputs.loss[places], dtype=np.float64))
    if outputs.penalty is not None:
        penalties = outputs.penalty[steps].astype(np.float64)
        images = np.full(len(penalties), batch_size)
        images[-1] = count - batch_size * (len(penalties) - 1)
        total += float(penalties @ images)
    metrics.add_losses(
        total / count, [float(np.mean(loss[places], dtype=np.float64)) for loss in outputs.losses], count
    )
    if metrics and (outputs.y or outputs.metrics):
        targets, weights = (
            [None if array is None else array[rows] for array in arrays] for arrays in (data.targets, data.weights)
        )
        computed = {metric.number: metric.counted(values, places, steps) for metric, values in outputs.metrics}
        step_of_image = np.arange(count) // batch_size
        of_images = [y[places] if len(y) == outputs.images else y[steps][step_of_image] for y in outputs.y]
        metrics.update(targets, of_images, weights, batch_size, computed)
    if outputs.updates:
        metrics.update_own(_own_updates(outputs, places, steps, batch_size))


def _own_updates(outputs: StepOutputs, places: slice, steps: slice, batch_size: int) -> Iterator[tuple[Metric, Any]]:
    """Those of metrics in a `compute_loss` of the model's own, step by step."""
    start, stop, _ = places.indices(outputs.images)
    first = steps.start or 0
    for place, begin in enumerate(range(start, stop, batch_size)):
        rows = slice(begin, min(begin + batch_size, stop))
        for update in outputs.updates:
            yield update.of_step(outputs.arrays, rows, first + place)


def logs_of(metrics: RunMetrics) -> dict[str, Any]:
    """Results sorted by name, as Keras reports them."""
    return dict(sorted(metrics.results().items()))
