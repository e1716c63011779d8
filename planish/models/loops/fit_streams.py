"""The epochs of `fit` over batches that come one by one."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from planish.callbacks import CallbackList
from planish.distribution.data_parallel import current_ranks
from planish.models.data.in_memory import Arrays, joined
from planish.models.data.read_ahead import MOST_AHEAD
from planish.models.data.streams import Stream
from planish.models.data.visits import Order, warn_of_too_few
from planish.models.ends.compile_settings import CompileSettings
from planish.models.loops.fit_loop import Epochs
from planish.models.programs.prepare import Prepared
from planish.models.programs.train_program import Trainer
from planish.models.programs.trunk_outputs import Kept, Room, TrunkOutputs, kept_of, usable

if TYPE_CHECKING:
    from planish.models.model import Model


class StreamEpochs(Epochs):
    """Batches from a generator or an object with items; only the latter can be shuffled.

    Batches that have already arrived are trained on in one run of native code, a step each: entering it costs as much
    as a step of a small model. Where callbacks watch, `steps_per_execution` is the number of steps of a run.
    """

    def __init__(
        self,
        model: Model,
        settings: CompileSettings,
        callbacks: CallbackList,
        data: Stream,
        random: np.random.Generator,
        shuffle: bool,
    ) -> None:
        super().__init__(model, settings, callbacks, random)
        self._stream = data
        self._shuffle = shuffle
        self._came = 0
        self._kept: TrunkOutputs | None = None
        self._most = settings.steps_per_execution if self._single else MOST_AHEAD
        if current_ranks() is not None and not self._single:
            self._most = 1  # what has arrived differs from rank to rank

    def keep_in(self, room: Room) -> None:
        self._kept = kept_of(self._stream, room)

    def identity(self) -> dict[str, Any]:
        return {"kind of data": type(self._stream.source).__name__, "number of batches": self._stream.steps}

    def position(self, *, within_epoch: bool) -> dict[str, Any]:
        untrained = self._came - (self._done.step - self._begun.step) if within_epoch else 0
        return {**super().position(within_epoch=within_epoch), "stream": self._stream.position(untrained)}

    def resume(self, position: Mapping[str, Any]) -> None:
        state, handed_out, of_source = position["stream"]
        self._stream.resume(state, handed_out, of_source, self._random if self._shuffle else None)
        super().resume(position)

    def _train(self) -> None:
        if not self._train_from_known():
            self._train_as_they_come()

    def _train_from_known(self) -> bool:
        """Trains without reading a file, if all that is read of the images is known."""
        folder = self._stream.folder
        if self._kept is None or folder is None or folder.batch_size is None or not self._stream.is_fresh:
            return False
        data = self._prepared(self._stream.all_of(folder), look=False)
        size = min(folder.batch_size, len(data))
        trainer = self._trainer(data, size)
        found = usable(Kept(self._kept), trainer.trunk)
        known = found is not None and not trainer.reads_images
        if not self._stream.knows(self._kept, folder, size) or not known:
            return False
        order = self._stream.pass_over(folder, size)
        self._came = -(-len(order) // size)
        rows = size * (self._most if self._single else max(1, self._came))
        for start in range(0, len(order), rows):
            self._go(trainer, data, data.compared(), order[start : start + rows], size, found)
            if self._single and self._model.stop_training:
                break
        return True

    def _train_as_they_come(self) -> None:
        waiting: list[Prepared] = []
        self._came = 0
        with closing(self._stream.epoch(self._random if self._shuffle else None, self._begun.step)) as batches:
            for batch in batches:
                self._came += 1
                prepared = self._prepared_after(waiting, batch)
                if waiting and not _can_follow(waiting, prepared):
                    self._run(waiting)
                waiting.append(prepared)
                if len(waiting) == self._most or not (self._single or self._stream.ready):
                    self._run(waiting)
                if self._model.stop_training:
                    break
        self._run(waiting)
        wanted = self._stream.asked
        if not self._model.stop_training and (not self._done.step or (wanted and self._done.step < wanted)):
            self._ran_out(wanted)

    def _prepared_after(self, waiting: list[Prepared], batch: Arrays) -> Prepared:
        """A bad batch is refused after training on the good ones before it."""
        try:
            data = self._prepared(batch)
            if batch.part is None or not self._trainer(data, len(data)).reads_all:
                return data
            return self._prepared(batch.part.whole())
        except (ValueError, TypeError):
            self._run(waiting)
            raise

    def _run(self, waiting: list[Prepared]) -> None:
        """Trains on all batches that wait, a step each."""
        if not waiting:
            return
        size, steps = len(waiting[0]), len(waiting)
        data = waiting[0] if steps == 1 else _joined(waiting)
        waiting.clear()
        trainer = self._trainer(data, size)
        kept = None if self._kept is None else Kept(self._kept, data.data.numbers)
        self._go(trainer, data, data.inputs(), np.arange(len(data), dtype=np.int64), size, kept)

    def _go(
        self,
        trainer: Trainer,
        data: Prepared,
        inputs: dict[str, Any],
        order: Order,
        size: int,
        kept: Kept | None,
    ) -> None:
        def run() -> None:
            self._steps(trainer, data, inputs, order, size, growing=False, kept=kept)

        if self._single:
            self._watched(run, -(-len(order) // size))
        else:
            run()

    def _ran_out(self, wanted: int | None) -> None:
        """An iterator that is used up ends the training; another source starts again in the next epoch."""
        if self._done.step and not self._stream.is_iterator:
            self._tell_if_short(wanted)
            return
        warn_of_too_few(
            wanted,
            self._done.step,
            "the data ran out before training was done, so it ends here",
            "let the generator run for ever and pass steps_per_epoch, or pass an object with __len__ and __getitem__",
        )
        self._model.stop_training = True


def _can_follow(waiting: list[Prepared], batch: Prepared) -> bool:
    """Whether a batch can be a step of the same run: all but the last one of a run have the same size."""
    first, last = waiting[0], waiting[-1]
    same = first.key == batch.key and first.data.kinds == batch.data.kinds
    return same and len(last) == len(first) and len(batch) <= len(first)


def _joined(parts: list[Prepared]) -> Prepared:
    data = joined([part.data for part in parts])
    y_true, seen = (
        tuple(None if arrays[0] is None else np.concatenate(arrays) for arrays in zip(*columns, strict=True))
        for columns in ([part.y_true for part in parts], [part.seen for part in parts])
    )
    return replace(parts[0], data=data, y_true=y_true, seen=seen)
