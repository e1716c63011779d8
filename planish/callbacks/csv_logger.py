"""Writes each epoch's metrics as a line of a CSV file."""

from __future__ import annotations

import csv
import os
from typing import Any, TextIO

from planish.callbacks.callback import Callback, Logs


class CSVLogger(Callback):
    """Writes "epoch" and every metric, sorted by name, to `filename` after each epoch.

    `append` continues a file that exists; otherwise it is overwritten. Columns are those of the first epoch; a metric
    that is missing later is written as "NA".
    """

    def __init__(self, filename: str | os.PathLike[str], separator: str = ",", append: bool = False) -> None:
        super().__init__()
        self.filename = os.fspath(filename)
        self.separator = separator
        self.append = append
        self._file: TextIO | None = None
        self._keys: list[str] | None = None
        self._needs_header = True

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._close()
        self._keys = None
        self._needs_header = not (self.append and os.path.exists(self.filename) and os.path.getsize(self.filename) > 0)
        self._file = open(self.filename, "a" if self.append else "w", newline="", encoding="utf-8")  # noqa: SIM115

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if self._file is None:
            return
        values: dict[str, Any] = logs or {}
        if self._keys is None:
            self._keys = sorted(values)
        writer = csv.writer(self._file, delimiter=self.separator)
        if self._needs_header:
            writer.writerow(["epoch", *self._keys])
            self._needs_header = False
        writer.writerow([epoch, *(values.get(key, "NA") for key in self._keys)])
        self._file.flush()

    def on_train_end(self, logs: Logs | None = None) -> None:
        self._close()

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
