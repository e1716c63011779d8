"""The folder of a training run: the last model and the best one, so that nothing is lost however the run ends."""

from __future__ import annotations

import contextlib
import json
import math
import os
import time
from typing import TYPE_CHECKING, Any

from planish import atomic_file
from planish.callbacks import Callback, ModelCheckpoint
from planish.callbacks.callback import Logs
from planish.cli import model_files
from planish.errors import explain, number_of
from planish.saving import class_names

if TYPE_CHECKING:
    from planish.models.model import Model

MODEL, BEST, HISTORY = "model.keras", "best.keras", "history.json"
EPOCHS, BEST_VALUE = "epochs", "best_value"
"""Names among a model's notes: how many epochs it has seen, and the best value so far of the metric that judges it."""

_SECONDS_BETWEEN_SAVES = 10.0
_OWN = (MODEL, BEST, class_names.CLASSES)
_PICTURES = ("training-curve.png", "confusion.png", "mistakes.png")


class Run:
    """A folder to train into, and the state of an earlier run that is continued."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.history: dict[str, list[float]] = {}
        self.epochs = 0
        self.best_value: float | None = None

    def path(self, name: str) -> str:
        return os.path.join(self.folder, name)

    def check_free(self, *, overwrite: bool) -> None:
        """FileExistsError if the folder holds a run that is not to be overwritten, OSError if it cannot be written."""
        taken = [name for name in _OWN if os.path.lexists(self.path(name))]
        if taken and not overwrite:
            raise FileExistsError(
                explain(
                    what=f"{self.folder!r} already holds a run",
                    received=", ".join(taken),
                    remedy="--out NAME for another folder, --resume to continue that run, or --overwrite",
                )
            )
        model_files.check_folder(self.folder)

    def begin(self) -> None:
        """Makes the folder, and removes the files that another run left in it."""
        model_files.make_folder(self.folder)
        for name in (*_OWN, HISTORY, *_PICTURES):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self.path(name))

    def resume(self) -> Any:
        """The last model of the run, and how far it had come. FileNotFoundError if there is none."""
        if not os.path.exists(self.path(MODEL)):
            raise FileNotFoundError(
                explain(
                    what=f"there is no run in {self.folder!r} to resume",
                    expected=repr(self.path(MODEL)),
                    remedy="leave out --resume, or name the folder of the run with --out",
                )
            )
        model_files.check_folder(self.folder)
        model = model_files.load(self.path(MODEL))
        if model.optimizer is None:
            raise ValueError(explain(what=f"{self.path(MODEL)!r} cannot be trained further", received="no optimizer"))
        self.epochs = _noted_number(model, EPOCHS, int) or 0
        self.best_value = _noted_number(model, BEST_VALUE, float) if os.path.exists(self.path(BEST)) else None
        self.history = _read_history(self.path(HISTORY), self.epochs)
        return model

    def keepers(self, monitor: str) -> list[Callback]:
        """Callbacks that save the last model and the best one; the best has the smallest value of `monitor`."""
        return [
            _Noter(self, monitor),
            ModelCheckpoint(
                self.path(BEST), monitor, mode="min", save_best_only=True, initial_value_threshold=self.best_value
            ),
        ]

    def save(self, model: Model) -> None:
        """The model as it is now, and the values of all epochs."""
        model.save(self.path(MODEL))
        atomic_file.write(self.path(HISTORY), json.dumps(self.history).encode())

    def kept(self) -> str:
        """Says what is left of a run that ends early."""
        best = f", {self.path(BEST)} the best model so far" if os.path.exists(self.path(BEST)) else ""
        epochs = number_of(self.epochs, "epoch")
        return f"{self.path(MODEL)} keeps the model after {epochs} and a part{best}; --resume continues it"


class _Noter(Callback):
    """Records after each epoch how far the run has come, and saves the model from time to time."""

    def __init__(self, run: Run, monitor: str) -> None:
        super().__init__()
        self._run = run
        self._monitor = monitor
        self._saved = time.monotonic()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        run, values = self._run, logs or {}
        run.epochs = epoch + 1
        for name, value in values.items():
            run.history.setdefault(name, []).append(model_files.mean(value))
        value = values.get(self._monitor, math.nan)
        if run.best_value is None or value < run.best_value:
            run.best_value = value if math.isfinite(value) else run.best_value
        self.model.notes.update({EPOCHS: run.epochs, BEST_VALUE: run.best_value})
        if time.monotonic() - self._saved > _SECONDS_BETWEEN_SAVES:
            run.save(self.model)
            self._saved = time.monotonic()


def _noted_number(model: Model, name: str, kind: type[int] | type[float]) -> Any:
    """A number among the notes, which come from a file: not negative in the case of a count."""
    value = model.notes.get(name)
    if isinstance(value, bool) or not isinstance(value, kind):
        return None
    return value if kind is float or 0 <= value < 1 << 31 else None


def _read_history(path: str, epochs: int) -> dict[str, list[float]]:
    """The values of the epochs so far; none if the file is missing or is not a run's."""
    try:
        with open(path, encoding="utf-8") as file:
            found = json.load(file)
    except (OSError, ValueError, RecursionError):
        return {}
    whole = isinstance(found, dict) and all(
        isinstance(values, list) and len(values) == epochs and all(isinstance(value, float) for value in values)
        for values in found.values()
    )
    return found if whole else {}
