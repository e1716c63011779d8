"""What a run of `fit` consists of, so that another one can go on from there: written and read for BackupAndRestore."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from planish import random_seed
from planish.callbacks import BackupAndRestore, Callback, CallbackList, backup_file, plain_data
from planish.callbacks.backup_file import Backup
from planish.callbacks.plain_data import Array, NotPlainError
from planish.distribution.data_parallel import current_ranks, is_first
from planish.models.ends.compile_settings import CompileSettings
from planish.models.loops.fit_loop import Epochs, Progress
from planish.regular_file import damage_told
from planish.variable import Variable

if TYPE_CHECKING:
    from planish.models.model import Model

_NOT_REMEMBERED = ("model", "_model", "params")


class Backups:
    """The backups of one run: of nothing, if no callback asks for them."""

    def __init__(self, callbacks: CallbackList, model: Model, settings: CompileSettings, running: Epochs) -> None:
        found = [callback for callback in callbacks.callbacks if isinstance(callback, BackupAndRestore)]
        self._keeper = found[-1] if found else None
        self._callbacks, self._model, self._settings, self._running = callbacks, model, settings, running
        self._epoch = 0
        self._kept: Backup | None = None
        self._at_first: list[dict[str, str]] = []
        if self._keeper is not None:
            running.after_batches = self._after_batches

    # ------------------------------------------------------------------ going on
    def begin(self, epochs: range) -> range:
        """The epochs that are left. Tells callbacks beforehand that the run goes on. ValueError for a backup that is
        damaged, or of another run."""
        self._kept = None if self._keeper is None else _found(self._keeper)
        if self._kept is None:
            return epochs
        with self._told():
            self._check()
            first = _count(self._kept.facts["epoch"])
        for callback in self._callbacks.called:
            callback.resume_from(first)
        return range(first, max(first, epochs.stop))

    def put_in(self) -> bool:
        """Makes model, optimizer, random numbers and callbacks what they were; whether training goes on after that."""
        if self._keeper is not None:
            self._at_first = [_digests(callback) for callback in self._callbacks.callbacks]
        if self._kept is None:
            return True
        with self._told():
            self._put()
            return not self._kept.facts["stop_training"]

    def begin_epoch(self, epoch: int) -> Progress:
        """Where the epoch begins: in its middle, if the run was killed there."""
        self._epoch = epoch
        if self._kept is None or _count(self._kept.facts["step"]) == 0:
            return Progress()
        with self._told():  # once more: hooks of the beginning of the epoch have been called a second time
            self._put()
            facts, self._kept = self._kept.facts, None
            return Progress(_count(facts["step"]), _count(facts["images"]))

    def _told(self) -> Any:
        assert self._kept is not None
        return damage_told(f"the backup {self._kept.path!r}")

    def _check(self) -> None:
        """ValueError for a backup of another model, or of other data."""
        assert self._kept is not None
        facts = self._kept.facts
        own, kept = self._identity(), facts["run"]
        for what, value in own.items():
            if kept[what] != value:
                raise backup_file.of_another_run(self._kept, f"the {what} differs", kept[what], value)

    def _identity(self) -> dict[str, Any]:
        """What has to be the same."""
        variables = [*self._model.weights, *self._variables_of_optimizer()]
        return {
            "optimizer": type(self._settings.optimizer).__name__,
            "number of variables": len(variables),
            "list of shapes": [list(variable.shape) for variable in variables],
            **self._running.identity(),
        }

    def _variables_of_optimizer(self) -> list[Variable]:
        optimizer = self._settings.optimizer
        optimizer.build(self._model.trainable_weights, self._model.non_trainable_weights)
        return optimizer.variables

    def _put(self) -> None:
        assert self._kept is not None
        facts, arrays = self._kept.facts, self._kept.arrays
        variables = [*self._model.weights, *self._variables_of_optimizer()]
        for variable, number in zip(variables, facts["variables"], strict=True):
            variable.assign(plain_data.numbered(arrays, number))
        self._running.resume(plain_data.decode(facts["source"], arrays))
        random_seed.set_seed(_count(facts["seed"]))
        so_far = plain_data.decode(facts["metrics"], arrays)
        if so_far is not None:
            self._running.resume_metrics(so_far)
        for callback, remembered in zip(self._callbacks.callbacks, self._matching(facts["callbacks"]), strict=True):
            _remind(callback, remembered, arrays)

    def _matching(self, written: Sequence[Any]) -> list[Mapping[str, Any]]:
        """What was written for each callback: those of one class in their order, {} for one that is new."""
        left = [(str(name), dict(remembered)) for name, remembered in written]
        found: list[Mapping[str, Any]] = []
        for callback in self._callbacks.callbacks:
            place = next((place for place, (name, _) in enumerate(left) if name == type(callback).__qualname__), None)
            found.append({} if place is None else left.pop(place)[1])
        return found

    # ------------------------------------------------------------------ keeping
    def end_epoch(self) -> None:
        """Once all callbacks have seen the end of the epoch."""
        if self._keeper is not None and self._keeper.is_due_after_epoch() and is_first():
            self._write(self._keeper, self._packed(self._epoch + 1, Progress()))

    def end_training(self) -> None:
        """Once all callbacks have seen the end of training."""
        if self._keeper is not None and is_first():
            self._keeper.after_training()

    def _after_batches(self, count: int, done: Progress) -> None:
        assert self._keeper is not None
        if self._keeper.is_due_after_batches(count) and is_first():
            self._write(self._keeper, self._packed(self._epoch, done))

    def _write(self, keeper: BackupAndRestore, contents: bytes) -> None:
        from planish import atomic_file

        keeper.make_room()
        atomic_file.write(keeper.path, contents)

    def _packed(self, epoch: int, done: Progress) -> bytes:
        arrays: list[Array] = []
        variables = [*self._model.weights, *self._variables_of_optimizer()]
        facts = {
            "run": self._identity(),
            "epoch": epoch,
            "step": done.step,
            "images": done.images,
            "stop_training": bool(self._model.stop_training),
            "variables": [_added(variable.value, arrays) for variable in variables],
            "source": plain_data.encode(self._running.position(within_epoch=done.step > 0), arrays),
            "seed": random_seed.state(),
            "metrics": plain_data.encode(self._running.metrics_so_far() if done.step else None, arrays),
            "callbacks": [
                [type(callback).__qualname__, _remembered(callback, at_first, arrays)]
                for callback, at_first in zip(self._callbacks.callbacks, self._at_first, strict=True)
            ],
        }
        return backup_file.packed(facts, arrays)


def _found(keeper: BackupAndRestore) -> Backup | None:
    """The backup to go on from: of several ranks, the first one reads it for all."""
    found = keeper.found() if is_first() else None
    ranks = current_ranks()
    if ranks is None:
        return found
    contents = ranks.communicator.broadcast(b"" if found is None else backup_file.packed(found.facts, found.arrays))
    return backup_file.from_bytes(contents, keeper.path) if contents else None


def _added(array: Array, arrays: list[Array]) -> int:
    arrays.append(np.asarray(array))
    return len(arrays) - 1


def _plain(callback: Callback) -> Iterator[tuple[str, Any, list[Array]]]:
    """The attributes of a callback that are plain data, or variables, as they are written."""
    for name, value in vars(callback).items():
        arrays: list[Array] = []
        if name in _NOT_REMEMBERED:
            continue
        with contextlib.suppress(NotPlainError):
            yield name, plain_data.encode(value.value if isinstance(value, Variable) else value, arrays), arrays


def _digest(written: Any, arrays: Sequence[Array]) -> str:
    digest = hashlib.blake2b(json.dumps(written).encode())
    for array in arrays:
        digest.update(f"{plain_data.described(array)}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def _digests(callback: Callback) -> dict[str, str]:
    return {name: _digest(written, arrays) for name, written, arrays in _plain(callback)}


def _remembered(callback: Callback, at_first: Mapping[str, str], arrays: list[Array]) -> dict[str, Any]:
    """What has changed since training began: the arguments of a callback may be others in a run that goes on."""
    written: dict[str, Any] = {}
    for name, value, own in _plain(callback):
        if at_first.get(name) != _digest(value, own):
            written[name] = plain_data.moved(value, len(arrays))
            arrays += own
    return written


def _remind(callback: Callback, remembered: Mapping[str, Any], arrays: Sequence[Array]) -> None:
    """Puts back what `_remembered` wrote; hooks stay what they are."""
    for name, written in remembered.items():
        if name in _NOT_REMEMBERED or callable(getattr(callback, name, None)):
            continue
        value = plain_data.decode(written, arrays)
        if isinstance(held := vars(callback).get(name), Variable):
            held.assign(value)
        else:
            vars(callback)[name] = value


def _count(number: Any) -> int:
    """ValueError for what is not a number of epochs, steps or the like."""
    if type(number) is not int or not 0 <= number < 2**64:
        raise ValueError(f"{number!r:.80} is not a count")
    return number
