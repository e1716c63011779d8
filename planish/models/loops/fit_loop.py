"""The epochs of `fit`: whole epochs in native code, or step by step where a callback watches every batch."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from planish import warned
from planish.callbacks import CallbackList
from planish.errors import explain
from planish.models.data.in_memory import Arrays
from planish.models.data.streams import Stream
from planish.models.data.visits import Order, warn_of_too_few
from planish.models.ends.compile_settings import CompileSettings
from planish.models.loops.progress_reports import ProgressReports
from planish.models.programs.metric_set import RunMetrics
from planish.models.programs.prepare import Prepared, prepare, run_metrics
from planish.models.programs.shared_steps import agree_to_stop
from planish.models.programs.tally import Tally, logs_of
from planish.models.programs.train_program import Trainer
from planish.models.programs.trunk_outputs import Kept, Room

if TYPE_CHECKING:
    from planish.models.model import Model


class Progress(NamedTuple):
    """How far an epoch is."""

    step: int = 0
    images: int = 0


class Epochs:
    """Trains a model on one supply of data, an epoch a call."""

    def __init__(
        self, model: Model, settings: CompileSettings, callbacks: CallbackList, random: np.random.Generator
    ) -> None:
        self._model = model
        self._random = random
        self._settings = settings
        self._callbacks = callbacks
        self._single = callbacks.wants_batches("train")
        self._reports = ProgressReports(callbacks, "train")
        self._metrics: RunMetrics | None = None
        self._done = self._begun = Progress()
        self._told = False
        self._metrics_before: Sequence[Any] = []
        self._logs_before: dict[str, Any] = {}
        self.judged_by: Stream | None = None
        """The batches for validation, if they come one by one."""
        self.after_batches: Callable[[int, Progress], None] | None = None
        """Called after the hooks of batches with their number and how far the epoch is."""

    def run(self, begun: Progress) -> dict[str, Any] | None:
        """Trains for one epoch, of which the part `begun` is done: its metrics sorted by name, or None if the data had
        run out."""
        self._done = self._begun = begun
        if self._metrics is not None:
            self._metrics.reset()
            self._take_up_metrics()
        self._train()
        self._metrics_before = []
        if self._metrics is None and begun.step:  # no batch was left
            return self._logs_before
        if self._metrics is None or not self._done.step:
            return None
        self._reports.report(self._done.step, self._done.images, self._logs)
        return self._logs()

    def keep_in(self, room: Room) -> None:
        """Lets the outputs of a trunk be kept from epoch to epoch, where the images of all epochs are the same."""

    # ------------------------------------------------------------------ backups
    def identity(self) -> dict[str, Any]:
        """What has to be the same in a run that goes on from a backup of this one, by what it is called."""
        raise NotImplementedError

    def position(self, *, within_epoch: bool) -> dict[str, Any]:
        """Where the sources of the data are, and the state of random numbers: plain data."""
        judges = None if self.judged_by is None else self.judged_by.position()
        return {"random": self._random.bit_generator.state, "judged by": judges}

    def resume(self, position: Mapping[str, Any]) -> None:
        """Goes there. ValueError, TypeError or KeyError for what is not such a place."""
        self._random.bit_generator.state = position["random"]
        if self.judged_by is not None and position["judged by"] is not None:
            self.judged_by.resume(*position["judged by"])

    def metrics_so_far(self) -> dict[str, Any]:
        """What the metrics have counted in this epoch, and their results: plain data."""
        return {"counted": [] if self._metrics is None else self._metrics.counted(), "logs": self._logs()}

    def resume_metrics(self, so_far: Mapping[str, Any]) -> None:
        """The next epoch begins with these counts."""
        self._metrics_before, self._logs_before = so_far["counted"], dict(so_far["logs"])

    def _take_up_metrics(self) -> None:
        counted, self._metrics_before = self._metrics_before, []
        if counted and self._metrics is not None:
            self._metrics.take_up(counted)

    def _train(self) -> None:
        raise NotImplementedError

    def _logs(self) -> dict[str, Any]:
        return {} if self._metrics is None else logs_of(self._metrics)

    def _prepared(self, data: Arrays, *, look: bool = True) -> Prepared:
        """The data as a program reads them; `look` checks the images for values that are not finite."""
        prepared = prepare(self._model, self._settings, data)
        if self._metrics is None:
            self._metrics = run_metrics(self._model, self._settings, data, prepared.sizes)
            self._take_up_metrics()
        if look:
            data.check_inputs()
        prepared.check_targets()
        return prepared

    def _trainer(self, data: Prepared, batch_size: int) -> Trainer:
        wanted = self._metrics is not None and self._metrics.needs_outputs(data.compiled)
        return self._model._programs.trainer(self._model, self._settings, data, batch_size, with_outputs=wanted)

    def _steps(
        self,
        trainer: Trainer,
        data: Prepared,
        inputs: dict[str, Any],
        order: Order,
        batch_size: int,
        *,
        growing: bool = True,
        kept: Kept | None = None,
    ) -> None:
        """Trains on the rows `order` in one run, and counts them, in `growing` groups of steps or one by one."""
        assert self._metrics is not None
        before = self._done
        if before == self._begun:
            self._reports.start()
        outputs = trainer.new_outputs(len(order), batch_size)
        tally = Tally(self._metrics, data.data, order, batch_size, outputs, growing=growing)

        def progress(steps: int) -> None:
            if self._reports.due():
                tally.count_complete_groups(steps)
                images = min(steps * batch_size, len(order))
                self._reports.report(before.step + steps, before.images + images, self._logs)

        trainer.run(inputs, order, batch_size, outputs, self._random, progress, kept)
        steps = -(-len(order) // batch_size)
        tally.count_all(steps)
        self._done = Progress(before.step + steps, before.images + len(order))

    def _tell_if_short(self, wanted: int | None) -> None:
        """Warns once per run: an epoch ends with the pass over the data, though more steps were asked for."""
        if wanted is not None and self._done.step < wanted and not self._told:
            self._told = True
            warn_of_too_few(
                wanted,
                self._done.step,
                "an epoch has fewer steps than `steps_per_epoch`: it ends where the data end, and the next one starts "
                "over",
                "leave steps_per_epoch out, or let it divide the number of batches",
            )

    def _watched(self, run: Callable[[], None], steps: int) -> None:
        """Runs steps between the hooks for single batches."""
        first = self._done.step
        self._callbacks.on_batch_begin("train", first)
        run()
        self._callbacks.on_batch_end("train", first + steps - 1, self._logs())
        agree_to_stop(self._model)
        if self.after_batches is not None:
            self.after_batches(steps, self._done)


def warn_of_bad_loss(loss: float, epoch: int) -> None:
    """Training continues, as in Keras, but nobody should have to find out from the predictions."""
    if not math.isfinite(loss):
        warned.warn(
            explain(
                what=f"the loss is {loss} in epoch {epoch + 1}: the weights are no longer usable",
                remedy="lower the learning rate, scale the images (x / 255), check the targets, or clip the gradients "
                "(clipnorm=1.0); the callback TerminateOnNaN stops at once",
            ),
            RuntimeWarning,
        )
