"""The epochs of `fit` over data in memory (or mapped into it)."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from planish.callbacks import CallbackList
from planish.models.data.arrays import CHUNK_NBYTES
from planish.models.data.in_memory import Arrays
from planish.models.data.read_ahead import LEAST_AHEAD, ReadAhead
from planish.models.data.visits import Order, Visits
from planish.models.ends.compile_settings import CompileSettings
from planish.models.loops.fit_loop import Epochs
from planish.models.programs.prepare import Prepared
from planish.models.programs.train_program import Trainer
from planish.models.programs.trunk_outputs import Kept, Room, TrunkOutputs, usable

if TYPE_CHECKING:
    from planish.models.model import Model

_OUTPUT_NBYTES_AT_ONCE = 64 << 20


class Stretch(NamedTuple):
    """The data of one run of native code: the rows `order` of `data`, whose arrays a program reads as `inputs`.

    `numbers` are those of the rows of `data` among the user's; None: they are the user's."""

    data: Prepared
    inputs: dict[str, Any]
    order: Order
    numbers: Order | None = None

    @property
    def nbytes(self) -> int:
        return self.data.nbytes


class ArrayEpochs(Epochs):
    """Native code gathers the rows of a batch from the user's own memory.

    Where it cannot read that (other byte orders, slices with steps), rows are gathered and converted piece by piece on
    another thread, so that the data are never copied as a whole.
    """

    def __init__(
        self,
        model: Model,
        settings: CompileSettings,
        callbacks: CallbackList,
        data: Arrays,
        batch_size: int,
        steps: int | None,
        random: np.random.Generator,
        shuffle: bool | str,
    ) -> None:
        super().__init__(model, settings, callbacks, random)
        self._data = self._prepared(data, look=False)
        self._looked = False
        self._direct = self._data.readable_as_is
        self._batch_size = min(batch_size, len(data))
        self._visits = Visits(
            len(data), batch_size, random if shuffle else None, steps, within_batches=shuffle == "batch"
        )
        self._steps_asked = steps
        self._kept: TrunkOutputs | None = None

    def keep_in(self, room: Room) -> None:
        self._kept = TrunkOutputs(len(self._data), room)

    def identity(self) -> dict[str, Any]:
        return {"number of images": len(self._data.data), "size of batches": self._batch_size}

    def position(self, *, within_epoch: bool) -> dict[str, Any]:
        return {**super().position(within_epoch=within_epoch), "visits": self._visits.position(within_epoch)}

    def resume(self, position: Mapping[str, Any]) -> None:
        state, first = position["visits"]
        self._visits.resume(state, first)
        super().resume(position)

    def _train(self) -> None:
        trainer = self._trainer(self._data, self._batch_size)
        self._look(trainer)
        with closing(self._stretches(trainer)) as stretches:
            for stretch in stretches:
                self._run(trainer, stretch)
                if self._single and self._model.stop_training:
                    return
        self._tell_if_short(self._steps_asked)

    def _look(self, trainer: Trainer) -> None:
        """Checks all images once for values that are not finite."""
        if self._looked:
            return
        if self._direct:
            trainer.look_at(self._data.data)
        else:  # the program reads copies, and could not tell which of the user's images is bad
            self._data.data.check_inputs()
        self._looked = True

    def _run(self, trainer: Trainer, stretch: Stretch) -> None:
        def run() -> None:
            kept = None if self._kept is None else Kept(self._kept, stretch.numbers)
            self._steps(trainer, stretch.data, stretch.inputs, stretch.order, self._batch_size, kept=kept)

        if self._single:
            self._watched(run, -(-len(stretch.order) // self._batch_size))
        else:
            run()

    def _stretches(self, trainer: Trainer) -> Generator[Stretch, None, None]:
        if self._direct or self._needs_no_images(trainer):
            inputs = self._data.inputs() if self._direct else self._data.compared()
            for order in self._orders(trainer):
                yield Stretch(self._data, inputs, order)
            return
        gather = partial(self._gathered, trainer)
        with ReadAhead(map(gather, self._orders(trainer)), most=LEAST_AHEAD) as gathered:
            yield from gathered

    def _gathered(self, trainer: Trainer, order: Order) -> Stretch:
        """Copies of rows: of images, those that this process reads."""
        rows = self._data.take(order, trainer.own_places(self._batch_size, len(order)))
        return Stretch(rows, rows.inputs(), np.arange(len(order), dtype=np.int64), order)

    def _needs_no_images(self, trainer: Trainer) -> bool:
        """Whether all that is read of them is known."""
        found = None if self._kept is None else usable(Kept(self._kept), trainer.trunk)
        return found is not None and not trainer.reads_images and found.outputs.knows()

    def _orders(self, trainer: Trainer) -> Iterator[Order]:
        """The rows of an epoch in pieces, as large as their outputs and copies, or the callbacks that watch, allow."""
        steps = self._settings.steps_per_execution
        if not self._single:
            steps = _OUTPUT_NBYTES_AT_ONCE // (trainer.output_nbytes * self._batch_size)
        if not self._direct:
            steps = min(steps, CHUNK_NBYTES // max(1, self._data.nbytes * self._batch_size // len(self._data)))
        rows = self._batch_size * max(1, steps)
        order = self._visits.epoch()
        for start in range(self._begun.images, len(order), rows):
            yield order[start : start + rows]
