"""Saves the model while it trains."""

from __future__ import annotations

import os

from planish.callbacks.arguments import checked_optional_number, checked_path
from planish.callbacks.callback import Logs
from planish.callbacks.coming_run import ComingRun
from planish.callbacks.file_pattern import FilePattern
from planish.callbacks.monitor import MonitorCallback
from planish.callbacks.places import check_writable
from planish.errors import explain
from planish.output import show


class ModelCheckpoint(MonitorCallback):
    """Saves the model (or its weights) to `filepath` after each epoch, or after every `save_freq` batches.

    `filepath` ends in ".keras" (".weights.h5" with `save_weights_only`), or in ".h5" or ".hdf5" for files as Keras
    before 3 wrote them. It may hold fields that are filled from the logs: "{epoch:02d}-{val_loss:.2f}.keras" (epochs
    count from 1); folders are made, and "~" is the home folder. With `save_best_only`, a file is written only when
    `monitor` is better than ever before, or than `initial_value_threshold`, and not in epochs without the monitor
    (`validation_freq`).

    `verbose`: 1 says when it saves. `mode`: 'min', 'max', or 'auto', which goes by the metric.

    >>> keep = keras.callbacks.ModelCheckpoint("best.keras", monitor="val_loss", save_best_only=True)
    """

    writes = True

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
        super().__init__(monitor, mode)
        self.filepath = checked_path(self, "filepath", filepath)
        self.verbose = verbose
        self.save_best_only = save_best_only
        self.save_weights_only = save_weights_only
        self.save_freq = save_freq
        self.best = checked_optional_number(self, "initial_value_threshold", initial_value_threshold)
        self._epoch = 0
        self._batches_since_saving = 0
        self._last_batch = -1
        _check_frequency(save_freq)
        _check_ending(self.filepath, save_weights_only)
        self._pattern = FilePattern(self._kind, self.filepath, ("epoch",) if save_freq == "epoch" else _BATCH_FIELDS)

    def check_before_training(self, run: ComingRun) -> None:
        """ValueError for a field that the logs will not have, OSError for a file that cannot be written."""
        if self.save_best_only:
            super().check_before_training(run)
        if self.save_freq != "epoch":
            names = run.batch_names
        else:
            names = run.all_names if self.save_best_only and self.monitor in run.all_names else run.certain_names
        example = self._pattern.checked_example(names, sometimes=run.all_names, open_ended=run.open_ended)
        check_writable(self, example, makes_folders=True)

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
        if self.save_best_only and logs.get(self.monitor) is None and self._monitor_comes_later():
            return
        path = self._path(epoch, batch, logs)
        if not self._should_save(epoch, path, logs):
            return
        if os.path.isdir(path):
            raise IsADirectoryError(
                explain(what=f"ModelCheckpoint: {path!r} is a folder", expected="the name of a file to write")
            )
        if os.path.dirname(path):
            os.makedirs(os.path.dirname(path), exist_ok=True)
        if self.save_weights_only:
            self.model.save_weights(path, overwrite=True)
        else:
            self.model.save(path, overwrite=True)
        self._say(f"\nEpoch {epoch + 1}: finished saving model to {path}")

    def _monitor_comes_later(self) -> bool:
        """Whether other epochs have the monitor, but not this one: then the best file is not overwritten."""
        return self.save_freq == "epoch" and self._run is not None and self.monitor in self._run.all_names

    def _should_save(self, epoch: int, path: str, logs: Logs) -> bool:
        if not self.save_best_only:
            self._say(f"\nEpoch {epoch + 1}: saving model to {path}")
            return True
        current = self.monitored(logs)
        if current is None:  # as in Keras: too many files are better than none
            return True
        best = "None" if self.best is None else f"{self.best:.5f}"
        if not self.improves(current, self.best):
            self._say(f"\nEpoch {epoch + 1}: {self.monitor} did not improve from {best}")
            return False
        self._say(f"\nEpoch {epoch + 1}: {self.monitor} improved from {best} to {current:.5f}, saving model to {path}")
        self.best = current
        return True

    def _path(self, epoch: int, batch: int | None, logs: Logs) -> str:
        fields = {"epoch": epoch + 1, **logs}
        if batch is not None:
            fields.setdefault("batch", batch + 1)
        return self._pattern.filled(fields)

    def _say(self, text: str) -> None:
        if self.verbose > 0:
            show(text)


_BATCH_FIELDS = ("epoch", "batch")
_BEFORE_KERAS_3 = (".h5", ".hdf5")


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
    ending = ".weights.h5" if weights_only else ".keras"
    if path.endswith(ending) or (path.endswith(_BEFORE_KERAS_3) and not path.endswith(".weights.h5")):
        return
    stem = path
    for other in (".weights.h5", ".keras", ".tf"):
        stem = stem.removesuffix(other)
    remedy = repr(stem + ending)
    if path.endswith(".weights.h5"):
        remedy += ", or save_weights_only=True"
    elif path.endswith(".keras"):
        remedy += ", or save_weights_only=False"
    raise ValueError(
        explain(
            what="ModelCheckpoint: the file's name does not say how to save "
            + ("weights (save_weights_only=True)" if weights_only else "a model"),
            expected=f"a name that ends in {ending}",
            received=repr(path),
            remedy=remedy,
        )
    )
