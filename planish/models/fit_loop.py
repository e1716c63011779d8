"""The epochs of `fit`: whole epochs in native code, or step by step where a callback watches every batch."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from planish.callbacks import CallbackList
from planish.errors import explain
from planish.models.compile_settings import CompileSettings
from planish.models.data import Arrays, check_finite
from planish.models.metric_set import MetricSet
from planish.models.prepare import Prepared, metric_set, prepare
from planish.models.progress_reports import ProgressReports
from planish.models.streams import Stream
from planish.models.tally import Tally, logs_of
from planish.models.trainer import Trainer
from planish.models.visits import Order, Visits

_OUTPUT_NBYTES_AT_ONCE = 64 << 20


@dataclass(slots=True)
class Progress:
    """Where an epoch is."""

    step: int = 0
    images: int = 0


class Epochs:
    """Trains a model on one supply of data, an epoch a call."""

    def __init__(
        self, model: Any, settings: CompileSettings, callbacks: CallbackList, random: np.random.Generator
    ) -> None:
        self._model = model
        self._random = random
        self._settings = settings
        self._callbacks = callbacks
        self._single = callbacks.wants_batches("train")
        self._reports = ProgressReports(callbacks, "train")
        self._metrics: MetricSet | None = None
        self._done = Progress()

    def run(self) -> dict[str, Any] | None:
        """Trains for one epoch: its metrics sorted by name, or None if the data had run out."""
        self._done = Progress()
        if self._metrics is not None:
            self._metrics.reset()
        self._train()
        if self._metrics is None or not self._done.step:
            return None
        self._reports.report(self._done.step, self._done.images, self._logs)
        return self._logs()

    def _train(self) -> None:
        raise NotImplementedError

    def _logs(self) -> dict[str, Any]:
        return {} if self._metrics is None else logs_of(self._metrics)

    def _prepared(self, data: Arrays) -> Prepared:
        prepared = prepare(self._model, self._settings, data)
        if self._metrics is None:
            self._metrics = metric_set(self._model, self._settings, data)
            self._metrics.reset()
        check_finite(data.x, "x")
        check_finite(prepared.y_true, "y")
        return prepared

    def _trainer(self, data: Prepared, batch_size: int) -> Trainer:
        programs = self._model._programs
        trainer: Trainer = programs.trainer(
            self._model, self._settings, data, batch_size, with_outputs=bool(self._metrics)
        )
        return trainer

    def _steps(self, trainer: Trainer, data: Prepared, inputs: dict[str, Any], order: Order, batch_size: int) -> None:
        """Trains on the rows `order` in one go, and counts them."""
        assert self._metrics is not None
        before = self._done
        outputs = trainer.new_outputs(len(order), batch_size)
        tally = Tally(self._metrics, data.data, order, batch_size, outputs)

        def progress(steps: int) -> None:
            if self._reports.due():
                tally.count_complete_groups(steps)
                images = min(steps * batch_size, len(order))
                self._reports.report(before.step + steps, before.images + images, self._logs)

        trainer.run(inputs, order, batch_size, outputs, self._random, progress)
        steps = -(-len(order) // batch_size)
        tally.count_all(steps)
        self._done = Progress(before.step + steps, before.images + len(order))

    def _watched(self, run: Callable[[], None], steps: int) -> None:
        """Runs steps between the hooks for single batches."""
        first = self._done.step
        self._callbacks.on_batch_begin("train", first)
        run()
        self._callbacks.on_batch_end("train", first + steps - 1, self._logs())


class ArrayEpochs(Epochs):
    """Data in memory."""

    def __init__(
        self,
        model: Any,
        settings: CompileSettings,
        callbacks: CallbackList,
        data: Arrays,
        batch_size: int,
        steps: int | None,
        random: np.random.Generator,
        shuffle: bool,
    ) -> None:
        super().__init__(model, settings, callbacks, random)
        self._data = self._prepared(data)
        self._inputs = self._data.inputs()
        self._batch_size = min(batch_size, len(data))
        self._visits = Visits(len(data), self._batch_size, random if shuffle else None, steps)

    def _train(self) -> None:
        trainer = self._trainer(self._data, self._batch_size)
        for order in self._stretches(trainer):
            steps = -(-len(order) // self._batch_size)

            def run(order: Order = order) -> None:
                self._steps(trainer, self._data, self._inputs, order, self._batch_size)

            if not self._single:
                run()
                continue
            self._watched(run, steps)
            if self._model.stop_training:
                break

    def _stretches(self, trainer: Trainer) -> Iterator[Order]:
        """What is run in one go: as much as its outputs may take, or what the callbacks watch."""
        steps = max(1, _OUTPUT_NBYTES_AT_ONCE // (trainer.output_nbytes * self._batch_size))
        rows = self._batch_size * (self._settings.steps_per_execution if self._single else steps)
        for order in self._visits.epoch():
            for start in range(0, len(order), rows):
                yield order[start : start + rows]


class StreamEpochs(Epochs):
    """Batches from a generator or an object with items; only the latter can be shuffled."""

    def __init__(
        self,
        model: Any,
        settings: CompileSettings,
        callbacks: CallbackList,
        data: Stream,
        random: np.random.Generator,
        shuffle: bool,
    ) -> None:
        super().__init__(model, settings, callbacks, random)
        self._stream = data
        self._shuffle = shuffle

    def _train(self) -> None:
        for batch in self._stream.epoch(self._random if self._shuffle else None):
            data = self._prepared(batch)
            trainer = self._trainer(data, len(batch))
            order = np.arange(len(batch), dtype=np.int64)

            def run(data: Prepared = data, trainer: Trainer = trainer, order: Order = order) -> None:
                self._steps(trainer, data, data.inputs(), order, len(order))

            if not self._single:
                run()
                continue
            self._watched(run, 1)
            if self._model.stop_training:
                break
        wanted = self._stream.asked
        if not self._model.stop_training and (not self._done.step or (wanted and self._done.step < wanted)):
            self._ran_out(wanted)

    def _ran_out(self, wanted: int | None) -> None:
        warnings.warn(
            explain(
                what="the data ran out before the training was done, which ends here",
                expected=f"{wanted} batches in this epoch" if wanted else "at least one batch in this epoch",
                received=f"{self._done.step} batches",
                remedy="let the generator go on for ever and pass steps_per_epoch, or pass an object with __len__ and "
                "__getitem__",
            ),
            UserWarning,
            stacklevel=6,
        )
        self._model.stop_training = True


def warn_of_bad_loss(loss: float, epoch: int) -> None:
    """Training goes on as in Keras, but nobody should have to find out by looking at the predictions."""
    if not math.isfinite(loss):
        warnings.warn(
            explain(
                what=f"the loss is {loss} in epoch {epoch + 1}: the weights are no longer usable",
                remedy="lower the learning rate, scale the images (x / 255), check the targets, or clip the gradients "
                "(clipnorm=1.0); the callback TerminateOnNaN stops at once",
            ),
            RuntimeWarning,
            stacklevel=4,
        )
