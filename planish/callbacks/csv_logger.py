"""Writes each epoch's metrics as a line of a CSV file."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable
from typing import Any, TextIO

import numpy as np

from planish import atomic_file
from planish.callbacks.arguments import checked_path
from planish.callbacks.callback import Callback, Logs
from planish.callbacks.coming_run import ComingRun
from planish.callbacks.places import check_writable
from planish.errors import explain

_NOTHING = "NA"


class CSVLogger(Callback):
    """Writes "epoch" and every metric, sorted by name, to `filename` after each epoch.

    As in Keras, there is a column "val_..." for each metric even if the first epoch has no validation, and a value
    that an epoch does not have is written as "NA". `append` continues a file that exists, under its columns; otherwise
    it is overwritten. Unlike in Keras, a metric that comes later gets a column of its own, and the lines before it
    are rewritten.

    `separator`: between two values.

    >>> logger = keras.callbacks.CSVLogger("log.csv", separator=";")
    """

    writes = True

    def __init__(self, filename: str | os.PathLike[str], separator: str = ",", append: bool = False) -> None:
        super().__init__()
        self.filename = checked_path(self, "filename", filename)
        self.separator = separator
        self.append = append
        self._file: TextIO | None = None
        self._columns: list[str] = []
        self._added: frozenset[str] = frozenset()
        self._goes_on = False
        try:
            csv.writer(io.StringIO(), delimiter=separator)
        except (TypeError, ValueError) as error:
            raise type(error)(
                explain(what="CSVLogger: `separator` is wrong", expected="one character", received=repr(separator))
            ) from error

    def check_before_training(self, run: ComingRun) -> None:
        """OSError if the file cannot be written, ValueError if it cannot be continued."""
        self._added = run.added
        check_writable(self, self.filename, makes_folders=False)
        self._lines()

    def resume_from(self, epoch: int) -> None:
        """The file goes on; lines of epochs that were trained after the backup are taken out."""
        lines = self._lines(always=True)
        kept = [line for line in lines[1:] if not (line[0].isdecimal() and int(line[0]) >= epoch)]
        self._goes_on = bool(lines)
        if len(kept) < len(lines) - 1:
            self._write([*lines[:1], *kept])

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._close()
        lines = self._lines(always=self._goes_on)
        self._goes_on = False
        self._columns = lines[0] if lines else []
        self._file = open(self.filename, "a" if lines else "w", newline="", encoding="utf-8")  # noqa: SIM115
        if lines and not _ends_a_line(self.filename):
            self._file.write("\r\n")

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if self._file is None:
            return
        values = {"epoch": epoch, **(logs or {})}
        missing = [name for name in self._wanted(values) if name not in self._columns]
        if missing:
            self._widen(missing)
        csv.writer(self._file, delimiter=self.separator).writerow(
            [_written(values.get(name, _NOTHING)) for name in self._columns]
        )
        self._file.flush()

    def _wanted(self, values: dict[str, Any]) -> list[str]:
        """The columns that these values need; a new file also has those of a validation."""
        names = sorted(set(values) - {"epoch"})
        if not self._columns and not any(name.startswith("val_") for name in names):
            names += [f"val_{name}" for name in names if name not in self._added]
        return ["epoch", *names]

    def _widen(self, names: list[str]) -> None:
        """Adds columns: a new header, and lines that are empty in those columns."""
        assert self._file is not None
        self._file.close()
        lines = self._lines(always=bool(self._columns))
        self._columns = [*self._columns, *names]
        width = len(self._columns)
        self._write([self._columns, *([*line, *[_NOTHING] * (width - len(line))] for line in lines[1:])])
        self._file = open(self.filename, "a", newline="", encoding="utf-8")  # noqa: SIM115

    def _lines(self, *, always: bool = False) -> list[list[str]]:
        """The lines of a file that is continued, the header first. ValueError if it is not such a file."""
        if not (always or self.append) or not os.path.exists(self.filename):
            return []
        try:
            with open(self.filename, newline="", encoding="utf-8") as file:
                lines = [line for line in csv.reader(file, delimiter=self.separator) if line]
        except (UnicodeDecodeError, csv.Error) as error:
            raise self._foreign(str(error)) from None
        if lines and lines[0][0] != "epoch":
            raise self._foreign(f"a file that begins with {self.separator.join(lines[0])[:60]!r}")
        if any(len(line) > len(lines[0]) for line in lines):
            raise self._foreign("lines with more values than the header has columns")
        return lines

    def _foreign(self, received: str) -> ValueError:
        return ValueError(
            explain(
                what=f"CSVLogger: {self.filename!r} cannot be continued",
                expected=f"a file that CSVLogger wrote: separated by {self.separator!r}, the first column is epoch",
                received=received,
                remedy="append=False, which overwrites the file, or another file",
            )
        )

    def _write(self, lines: list[list[str]]) -> None:
        """Replaces the file as a whole: what is in it already is never lost."""
        text = io.StringIO(newline="")
        csv.writer(text, delimiter=self.separator).writerows(lines)
        atomic_file.write(self.filename, text.getvalue().encode())

    def on_train_end(self, logs: Logs | None = None) -> None:
        self._close()

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def _ends_a_line(filename: str) -> bool:
    """Whether what is written next begins a line: an editor, or a run that was ended, may have left a part of one."""
    with open(filename, "rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read() in (b"\n", b"\r")


def _written(value: Any) -> Any:
    """As Keras writes it: several values in brackets."""
    if isinstance(value, str) or not isinstance(value, Iterable) or (isinstance(value, np.ndarray) and not value.ndim):
        return value
    return f'"[{", ".join(map(str, value))}]"'
