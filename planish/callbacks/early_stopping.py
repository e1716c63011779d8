"""Ends a training run that no longer gets better."""

from __future__ import annotations

from typing import Any

from planish.callbacks.arguments import checked_number, checked_optional_number
from planish.callbacks.callback import Logs
from planish.callbacks.monitor import MonitorCallback
from planish.output import show


class EarlyStopping(MonitorCallback):
    """Stops `fit` after `patience` epochs without an improvement of `monitor`.

    An improvement is a change by more than `min_delta` in the direction of `mode` ('min', 'max', or 'auto': by the
    metric). With a `baseline`, only values better than it reset the patience. `restore_best_weights` brings back the
    weights of the best epoch when training ends, however it ended. The first `start_from_epoch` epochs do not
    count. The first value that counts is the best so far, even if it is infinite or NaN; any number is better
    than NaN (not so in Keras, where a run that begins with NaN never recovers).

    `verbose`: 1 says when it stops.

    >>> stop = keras.callbacks.EarlyStopping(monitor="val_loss", patience=3, restore_best_weights=True)
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ) -> None:
        super().__init__(monitor, mode, min_delta)
        self.patience = checked_number(self, "patience", patience)
        self.verbose = verbose
        self.baseline = checked_optional_number(self, "baseline", baseline)
        self.restore_best_weights = restore_best_weights
        self.start_from_epoch = checked_number(self, "start_from_epoch", start_from_epoch)
        self._forget()

    def _forget(self) -> None:
        self.wait = 0
        self.stopped_epoch = 0
        self.best = None
        self.best_epoch = 0
        self.best_weights: list[Any] | None = None

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._forget()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        current = self.monitored(logs)
        if current is None or epoch < self.start_from_epoch:
            return
        if self.restore_best_weights and self.best_weights is None:
            self._keep(epoch)
        self.wait += 1
        if self.improves(current, self.best):
            self.best = current
            self._keep(epoch)
            if self.baseline is None or self.improves(current, self.baseline):
                self.wait = 0
        elif self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def _keep(self, epoch: int) -> None:
        self.best_epoch = epoch
        if self.restore_best_weights:
            self.best_weights = self.model.get_weights()

    def on_train_end(self, logs: Logs | None = None) -> None:
        if self.stopped_epoch > 0 and self.verbose > 0:
            show(f"Epoch {self.stopped_epoch + 1}: early stopping")
        if self.best_weights is not None:
            if self.verbose > 0:
                show(f"Restoring model weights from the end of the best epoch: {self.best_epoch + 1}.")
            self.model.set_weights(self.best_weights)
