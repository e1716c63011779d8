"""What callbacks that watch one metric share: its value, which direction is better, and what an improvement is."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from planish import warned
from planish.callbacks.arguments import checked_number
from planish.callbacks.callback import Callback, Logs
from planish.callbacks.coming_run import ComingRun, nearest_metrics
from planish.errors import explain

MODES = ("auto", "min", "max")


class MonitorCallback(Callback):
    """Base of the callbacks that watch the metric `monitor`.

    `mode` says which direction is better: 'min', 'max', or 'auto', which asks the metric itself, as Keras does. `best`
    is the best value so far, None before the first.
    """

    def __init__(self, monitor: str, mode: str, min_delta: float = 0.0) -> None:
        super().__init__()
        if not isinstance(monitor, str):
            raise TypeError(
                explain(
                    what=f"{self._kind}: `monitor` is not the name of a metric",
                    expected="a string such as 'val_loss' or 'val_accuracy'",
                    received=f"{monitor!r} of type {type(monitor).__name__}",
                )
            )
        if mode not in MODES:
            warned.warn(f"{self._kind}: mode {mode!r} is unknown, 'auto' is used instead (known: {', '.join(MODES)})")
        self.monitor = monitor
        self.mode = mode if mode in MODES else "auto"
        self.min_delta = abs(checked_number(self, "min_delta", min_delta))
        self.best: float | None = None
        self._run: ComingRun | None = None

    @property
    def _kind(self) -> str:
        return type(self).__name__

    def check_before_training(self, run: ComingRun) -> None:
        """ValueError if it is unknown which direction is better; a warning if the metric will not be there."""
        self._run = run
        self.prefers_smaller()
        if self.monitor not in run.all_names and not run.open_ended:
            self._warn_of_missing(sorted(run.all_names))

    def prefers_smaller(self) -> bool:
        """Whether smaller values of the metric are better. ValueError if 'auto' cannot know."""
        if self.mode != "auto":
            return self.mode == "min"
        name = self.monitor.removeprefix("val_")
        directions = self._directions()
        direction = directions.get(name)
        if direction is None:
            raise ValueError(self._unknown_direction(name, directions))
        return direction == "down"

    def _directions(self) -> Mapping[str, str | None]:
        """From the metrics of the run, or from the model's where `fit` did not begin one."""
        if self._run is not None:
            return self._run.metrics
        metrics = getattr(self.model, "metrics", ())
        return {**{metric.name: getattr(metric, "_direction", None) for metric in metrics}, "loss": "down"}

    def _unknown_direction(self, name: str, directions: Mapping[str, str | None]) -> str:
        if name in directions:
            return explain(
                what=f"{self._kind}: cannot tell whether {self.monitor!r} should become smaller or larger",
                remedy="pass mode='min' or mode='max'",
            )
        prefix = "val_" if self.monitor.startswith("val_") else ""
        near = nearest_metrics(name, directions)
        return explain(
            what=f"{self._kind}: there is no metric {self.monitor!r}, so it is unknown which direction is better",
            expected=f"one of {', '.join(repr(prefix + known) for known in directions)}",
            received=f"monitor={self.monitor!r}",
            remedy=f"monitor={prefix + near[0]!r}"
            if near
            else "compile(metrics=[...]) with a metric of that name, or pass mode='min' or mode='max'",
        )

    def improves(self, value: float, reference: float | None) -> bool:
        """Whether `value` is better than `reference` by more than `min_delta`.

        As in Keras, any first value is (the reference is None), even NaN. Unlike there, any number is better than NaN.
        """
        if reference is None:
            return True
        if math.isnan(reference):
            return not math.isnan(value)
        return bool(
            value + self.min_delta < reference if self.prefers_smaller() else value - self.min_delta > reference
        )

    def monitored(self, logs: Logs | None) -> float | None:
        """The metric's value in `logs`. If it is not there, None, with a warning unless that was expected."""
        value = (logs or {}).get(self.monitor)
        if value is None:
            if self._run is None or self._run.open_ended:
                self._warn_of_missing(list(logs or {}))
            return None
        if np.ndim(value):
            raise ValueError(
                explain(
                    what=f"{self._kind}: {self.monitor!r} has several values, so none of them is the best",
                    expected="a metric with one value",
                    received=f"values of shape {np.shape(value)}",
                    remedy="a metric that averages over the classes, for example F1Score(average='macro')",
                )
            )
        return float(value)

    def _warn_of_missing(self, names: list[str]) -> None:
        validation = self.monitor.startswith("val_") and not any(name.startswith("val_") for name in names)
        warned.warn(
            explain(
                what=f"{self._kind}: metric {self.monitor!r} is not available",
                expected=f"one of {', '.join(names)}" if names else None,
                remedy="pass validation_data=(x_val, y_val) or validation_split=0.2 to fit" if validation else None,
            )
        )
