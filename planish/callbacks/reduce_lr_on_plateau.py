"""Lowers the learning rate when a metric stops getting better."""

from __future__ import annotations

from planish.callbacks.callback import Callback, Logs
from planish.callbacks.monitor import checked_mode, improves, monitored, worst
from planish.errors import explain
from planish.output import show


class ReduceLROnPlateau(Callback):
    """Multiplies the learning rate by `factor` after `patience` epochs without an improvement of `monitor`.

    The rate never goes below `min_lr`. After a reduction, `cooldown` epochs pass before patience is counted again.
    'auto' takes a metric with "acc" in its name as better when larger, any other as better when smaller. Records
    "learning_rate" in the logs.
    """

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
        super().__init__()
        if factor >= 1.0:
            raise ValueError(
                explain(
                    what="ReduceLROnPlateau: `factor` must lower the rate", expected="a factor below 1", received=factor
                )
            )
        self.monitor = monitor
        self.factor = factor
        self.patience = patience
        self.verbose = verbose
        self.mode = checked_mode("ReduceLROnPlateau", mode)
        self.min_delta = min_delta
        self.cooldown = cooldown
        self.min_lr = min_lr
        self._forget()

    def _forget(self) -> None:
        self._smaller = self.mode == "min" or (self.mode == "auto" and "acc" not in self.monitor)
        self.best = worst(self._smaller)
        self.wait = 0
        self.cooldown_counter = 0

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._forget()

    def in_cooldown(self) -> bool:
        return self.cooldown_counter > 0

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if logs is not None:
            logs["learning_rate"] = float(self.model.optimizer.learning_rate)
        current = monitored("ReduceLROnPlateau", self.monitor, logs)
        if current is None:
            return
        if self.in_cooldown():
            self.cooldown_counter -= 1
            self.wait = 0
        if improves(current, self.best, self.min_delta, self._smaller):
            self.best = current
            self.wait = 0
        elif not self.in_cooldown():
            self.wait += 1
            if self.wait >= self.patience:
                self._reduce(epoch)

    def _reduce(self, epoch: int) -> None:
        old = float(self.model.optimizer.learning_rate)
        if old <= self.min_lr:
            return
        new = max(old * self.factor, self.min_lr)
        self.model.optimizer.learning_rate = new
        self.cooldown_counter = self.cooldown
        self.wait = 0
        if self.verbose > 0:
            show(f"\nEpoch {epoch + 1}: ReduceLROnPlateau reducing learning rate to {new}.")
