"""Lowers the learning rate when a metric stops getting better."""

from __future__ import annotations

import numpy as np

from planish.callbacks.arguments import checked_number
from planish.callbacks.callback import Logs
from planish.callbacks.coming_run import ComingRun
from planish.callbacks.monitor import MonitorCallback
from planish.callbacks.rates import require_settable_rate
from planish.errors import explain
from planish.output import show


class ReduceLROnPlateau(MonitorCallback):
    """Multiplies the learning rate by `factor` after `patience` epochs without an improvement of `monitor`.

    The rate never goes below `min_lr`. After a reduction, `cooldown` epochs pass before patience is counted again.
    `mode` says which direction is better: 'min', 'max', or 'auto', which asks the metric. Records "learning_rate" in
    the logs.

    `verbose`: 1 says when it does. `min_delta`: what counts as better.

    >>> reduce = keras.callbacks.ReduceLROnPlateau(monitor="loss", factor=0.5, patience=2)
    """

    adds = ("learning_rate",)

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 0,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
    ) -> None:
        super().__init__(monitor, mode, min_delta)
        if checked_number(self, "factor", factor) >= 1.0:
            raise ValueError(
                explain(
                    what="ReduceLROnPlateau: `factor` does not lower the rate",
                    expected="a factor below 1",
                    received=factor,
                )
            )
        self.factor = factor
        self.patience = checked_number(self, "patience", patience)
        self.verbose = verbose
        self.cooldown = checked_number(self, "cooldown", cooldown)
        self.min_lr = checked_number(self, "min_lr", min_lr)
        self._forget()

    def check_before_training(self, run: ComingRun) -> None:
        """As `MonitorCallback`; TypeError if the learning rate follows a schedule, and cannot be set."""
        super().check_before_training(run)
        require_settable_rate(self, run.model)

    def _forget(self) -> None:
        self.best = None
        self.wait = 0
        self.cooldown_counter = 0

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._forget()

    def in_cooldown(self) -> bool:
        return self.cooldown_counter > 0

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if logs is not None:
            logs["learning_rate"] = float(self.model.optimizer.learning_rate)
        current = self.monitored(logs)
        if current is None:
            return
        if self.in_cooldown():
            self.cooldown_counter -= 1
            self.wait = 0
        if self.improves(current, self.best):
            self.best = current
            self.wait = 0
        elif not self.in_cooldown():
            self.wait += 1
            if self.wait >= self.patience:
                self._reduce(epoch)

    def _reduce(self, epoch: int) -> None:
        old = float(self.model.optimizer.learning_rate)
        if old <= np.float32(self.min_lr):  # the rate is kept in float32
            return
        new = max(old * self.factor, self.min_lr)
        self.model.optimizer.learning_rate = new
        self.cooldown_counter = self.cooldown
        self.wait = 0
        if self.verbose > 0:
            show(f"\nEpoch {epoch + 1}: ReduceLROnPlateau reducing learning rate to {new}.")
