"""Saves the model while it trains."""

from __future__ import annotations

import os

from planish.callbacks.callback import Callback, Logs
from planish.callbacks.monitor import checked_mode, improves, monitored, prefers_smaller, worst
from planish.errors import explain
from planish.output import show


class ModelCheckpoint(Callback):
    """Saves the model (or its weights) to `filepath` after each epoch, or after every `save_freq` batches.

    `filepath` ends in ".keras" or ".h5" (".weights.h5" with `save_weights_only`) and may hold fields that are filled
    from the logs: "{epoch:02d}-{val_loss:.2f}.keras" (epochs count from 1). With `save_best_only`, a file is written
    only when `monitor` is better than ever before, or than `initial_value_threshold`.
    """

    def __init__(
        self,
        filepath: str | os.PathLike[str],
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        save_freq: str | int = "epoch",
        initial_value_threshold: float | None = None,
    ) -> None:
        super().__init__()
        self.filepath = os.fspath(filepath)
        self.monitor = monitor
        self.verbose = verbose
        self.save_best_only = save_best_only
        self.save_weights_only = save_weights_only
        self.mode = checked_mode("ModelCheckpoint", mode)
        self.save_freq = save_freq
        self.best = initial_value_threshold
        self._epoch = 0
        self._batches_since_saving = 0
        self._last_batch = -1
        _check_frequency(save_freq)
        _check_ending(self.filepath, save_weights_only)

    def wants_batches(self, mode: str) -> bool:
        return mode == "train" and self.save_freq != "epoch"

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._epoch = epoch
        self._last_batch = -1

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        if not isinstance(self.save_freq, int):
            return
        self._batches_since_saving += batch - self._last_batch
        self._last_batch = batch
        if self._batches_since_saving >= self.save_freq:
            self._batches_since_saving = 0
            self._save(self._epoch, batch, logs or {})

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if self.save_freq == "epoch":
            self._save(epoch, None, logs or {})

    def _save(self, epoch: int, batch: int | None, logs: Logs) -> None:
        path = self._path(epoch, batch, logs)
        if not self._should_save(epoch, path, logs):
            return
        if os.path.isdir(path):
            raise IsADirectoryError(
                explain(what=f"ModelCheckpoint: {path!r} is a directory", expected="the name of a file to write")
            )
        if os.path.dirname(path):
            os.makedirs(os.path.dirname(path), exist_ok=True)
        if self.save_weights_only:
            self.model.save_weights(path, overwrite=True)
        else:
            self.model.save(path, overwrite=True)
        self._say(f"\nEpoch {epoch + 1}: finished saving model to {path}")

    def _should_save(self, epoch: int, path: str, logs: Logs) -> bool:
        if not self.save_best_only:
            self._say(f"\nEpoch {epoch + 1}: saving model to {path}")
            return True
        current = monitored("ModelCheckpoint", self.monitor, logs)
        if current is None:
            return True
        smaller = prefers_smaller("ModelCheckpoint", self.monitor, self.mode, self.model)
        best = worst(smaller) if self.best is None else self.best
        if not improves(current, best, 0.0, smaller):
            self._say(f"\nEpoch {epoch + 1}: {self.monitor} did not improve from {best:.5f}")
            return False
        self._say(
            f"\nEpoch {epoch + 1}: {self.monitor} improved from {best:.5f} to {current:.5f}, saving model to {path}"
        )
        self.best = current
        return True

    def _path(self, epoch: int, batch: int | None, logs: Logs) -> str:
        fields = {"epoch": epoch + 1, **logs}
        if batch is not None:
            fields.setdefault("batch", batch + 1)
        try:
            return self.filepath.format(**fields)
        except KeyError as missing:
            raise KeyError(
                f"ModelCheckpoint: the file name {self.filepath!r} asks for {missing}, which is not among the logs: "
                + ", ".join(fields)
            ) from None

    def _say(self, text: str) -> None:
        if self.verbose > 0:
            show(text)


def _check_frequency(save_freq: object) -> None:
    if save_freq != "epoch" and not (isinstance(save_freq, int) and save_freq > 0):
        raise ValueError(
            explain(
                what="ModelCheckpoint: unknown `save_freq`",
                expected="'epoch' or a positive number of batches",
                received=repr(save_freq),
            )
        )


def _check_ending(path: str, weights_only: bool) -> None:
    endings = (".weights.h5",) if weights_only else (".keras", ".h5")
    if not path.endswith(endings):
        kind = "weights (save_weights_only=True)" if weights_only else "a model"
        raise ValueError(
            explain(
                what=f"ModelCheckpoint: the file's name does not say how to save {kind}",
                expected=f"a name that ends in {' or '.join(endings)}",
                received=repr(path),
            )
        )
