"""Keeps what a training run needs to go on where it was killed."""

from __future__ import annotations

import contextlib
import os

from planish.callbacks import backup_file
from planish.callbacks.arguments import checked_path
from planish.callbacks.backup_file import Backup
from planish.callbacks.callback import Callback
from planish.callbacks.coming_run import ComingRun
from planish.callbacks.places import check_writable
from planish.errors import explain

_NAME = "latest.backup"
_ENDING_BEFORE = ".bkp"


class BackupAndRestore(Callback):
    """Lets a training run that was killed go on, to the same bits as if nothing had been.

    `fit` of the same model, with the same arguments and data, in the same or another process, goes on from the last
    backup in the folder `backup_dir`. That holds weights, the optimizer's state, orders and seeds of random numbers,
    metrics, and what callbacks remember, `History` included; of callbacks of your own, the attributes that change:
    numbers, texts, arrays, and lists and dictionaries of them. Data that come from a generator are asked for, and
    skipped, up to that place. What other objects remember, such as a data set with random numbers of its own, is not
    in it.

    `save_freq`: 'epoch' makes a backup after each epoch, an integer after so many batches. `double_checkpoint` keeps
    the backup before as well, and goes on from that one if the last one cannot be read. `delete_checkpoint`: backups
    are deleted when training ends; otherwise a second `fit` has nothing left to do. Backups are replaced as a whole, so
    that being killed while one is written does no harm. ValueError if a backup is damaged, or of another run.

    >>> backup = keras.callbacks.BackupAndRestore("backup", save_freq=100)
    """

    writes = True

    def __init__(
        self,
        backup_dir: str | os.PathLike[str],
        save_freq: str | int = "epoch",
        double_checkpoint: bool = False,
        delete_checkpoint: bool = True,
    ) -> None:
        super().__init__()
        self.backup_dir = checked_path(self, "backup_dir", backup_dir)
        if save_freq != "epoch" and (isinstance(save_freq, bool) or not isinstance(save_freq, int) or save_freq < 1):
            raise ValueError(
                explain(
                    what="BackupAndRestore: `save_freq` is not a time for backups",
                    expected="'epoch', or a number of batches, 1 or more",
                    received=repr(save_freq),
                )
            )
        self.save_freq = save_freq
        self.double_checkpoint = double_checkpoint
        self.delete_checkpoint = delete_checkpoint
        self._batches = 0

    @property
    def path(self) -> str:
        """The file of the last backup."""
        return os.path.join(self.backup_dir, _NAME)

    def check_before_training(self, run: ComingRun) -> None:
        """OSError if no file can be written in the folder."""
        check_writable(self, self.path, makes_folders=True)

    def wants_batches(self, mode: str) -> bool:
        return mode == "train" and self.save_freq != "epoch"

    # ------------------------------------------------------------------ what `fit` calls, after all other callbacks
    def found(self) -> Backup | None:
        """The backup to go on from; None if there is none. ValueError if it is damaged."""
        self._batches = 0
        for path in (self.path, self.path + _ENDING_BEFORE):
            try:
                return backup_file.read(path)
            except FileNotFoundError:
                continue
            except ValueError:
                if not self.double_checkpoint or path != self.path or not os.path.exists(path + _ENDING_BEFORE):
                    raise
        return None

    def is_due_after_epoch(self) -> bool:
        """Whether to make a backup now."""
        return self.save_freq == "epoch"

    def is_due_after_batches(self, count: int) -> bool:
        """Whether to make a backup, now that there are `count` batches more."""
        self._batches += count
        due = isinstance(self.save_freq, int) and self._batches >= self.save_freq
        self._batches = 0 if due else self._batches
        return due

    def make_room(self) -> None:
        """Makes the folder, and keeps the backup before, if it is to be kept."""
        os.makedirs(self.backup_dir, exist_ok=True)
        if self.double_checkpoint and os.path.exists(self.path):
            os.replace(self.path, self.path + _ENDING_BEFORE)

    def after_training(self) -> None:
        """Deletes the backups, and the folder if nothing else is in it."""
        if self.delete_checkpoint:
            with contextlib.suppress(OSError):
                for path in (self.path, self.path + _ENDING_BEFORE):
                    if os.path.lexists(path):
                        os.unlink(path)
                os.rmdir(self.backup_dir)
