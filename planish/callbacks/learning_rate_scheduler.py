"""Sets the learning rate of each epoch with a function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from planish.callbacks.callback import Callback, Logs
from planish.callbacks.coming_run import ComingRun
from planish.callbacks.rates import require_settable_rate
from planish.errors import explain
from planish.output import show
from planish.signatures import shown, takes


class LearningRateScheduler(Callback):
    """Before each epoch, sets the learning rate to `schedule(epoch, current_rate)` (or `schedule(epoch)`).

    Records "learning_rate" in the logs.

    `verbose`: 1 says each rate.

    >>> scheduler = keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.9)
    """

    adds = ("learning_rate",)

    def __init__(self, schedule: Callable[..., Any], verbose: int = 0) -> None:
        super().__init__()
        if not (takes(schedule, 0, 0.0) or takes(schedule, 0)):
            function = callable(schedule)
            raise TypeError(
                explain(
                    what="LearningRateScheduler: `schedule` "
                    + ("takes other arguments than it will be given" if function else "is not a function"),
                    expected="a function of (epoch) or (epoch, rate) that gives a float",
                    received=shown(schedule, getattr(schedule, "__name__", type(schedule).__name__))
                    if function
                    else f"{schedule!r} of type {type(schedule).__name__}",
                    remedy="LearningRateScheduler(lambda epoch, rate: rate * 0.9)",
                )
            )
        self.schedule = schedule
        self.verbose = verbose

    def check_before_training(self, run: ComingRun) -> None:
        """TypeError if the learning rate already follows a schedule."""
        require_settable_rate(self, run.model)

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        optimizer = self.model.optimizer
        rate = self._scheduled(epoch, float(optimizer.learning_rate))
        optimizer.learning_rate = rate
        if self.verbose > 0:
            show(f"\nEpoch {epoch + 1}: LearningRateScheduler setting learning rate to {rate}.")

    def _scheduled(self, epoch: int, current: float) -> float:
        rate = self.schedule(epoch, current) if takes(self.schedule, 0, 0.0) else self.schedule(epoch)
        if isinstance(rate, np.ndarray) and rate.ndim == 0:
            rate = rate[()]
        if not isinstance(rate, float | np.floating):
            raise ValueError(
                explain(
                    what=f"LearningRateScheduler: the schedule did not give a learning rate for epoch {epoch}",
                    expected="a float",
                    received=f"{rate!r} of type {type(rate).__name__}",
                )
            )
        return float(rate)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if logs is not None:
            logs["learning_rate"] = float(self.model.optimizer.learning_rate)
