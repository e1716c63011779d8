"""The loss and the metrics of a run: fed with groups of rows, read as logs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from planish import metrics
from planish.metrics import Mean, Metric
from planish.models.arrays import Array
from planish.models.compile_settings import CompileSettings

Shape = Sequence[int]


class MetricSet:
    """Metrics of one model, made from `compile`'s arguments once the shapes of targets and outputs are known.

    Reported as Keras does: "loss" is the mean over the images of weighted loss plus penalty; `metrics` ignore
    sample weights, `weighted_metrics` use them. A name that is taken gets "weighted_" in front or a number behind.
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
        for metric in self.all:
            metric.reset_state()

    def update(self, targets: Array, outputs: Array, weight: Array | None) -> None:
        for metric in self.plain:
            metric.update_state(targets, outputs)
        for metric in self.weighted:
            metric.update_state(targets, outputs, sample_weight=weight)

    def results(self) -> dict[str, Any]:
        """Name to value, "loss" first and then in the order of `compile`."""
        values = [metric.result() for metric in self.all]
        return {name: _number(value) for name, value in zip(self.names, values, strict=True)}


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


def _number(value: Any) -> Any:
    """Scalars as Python floats; a metric with a value per class stays an array."""
    return float(value) if getattr(value, "ndim", 0) == 0 else value
