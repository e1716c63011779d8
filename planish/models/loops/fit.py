"""`fit`: from its arguments to epochs, validation and callbacks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from planish import random_seed
from planish.callbacks import CallbackList, History, ProgbarLogger
from planish.distribution.data_parallel import is_first
from planish.errors import explain, kind_with_article
from planish.models.data.expected import expected_by
from planish.models.data.held_out import split_off
from planish.models.data.in_memory import Arrays, as_arrays
from planish.models.data.run_arguments import (
    DEFAULT_BATCH_SIZE,
    checked_count,
    checked_fraction,
    checked_frequency,
    checked_optional_count,
    checked_shuffle,
    checked_switch,
    checked_verbose,
)
from planish.models.data.streams import Stream, is_stream
from planish.models.data.visits import batch_size_for, warn_of_few_rows
from planish.models.ends.compile_settings import CompileSettings
from planish.models.loops.backups import Backups
from planish.models.loops.evaluate_loop import Evaluation
from planish.models.loops.fit_arrays import ArrayEpochs
from planish.models.loops.fit_loop import Epochs, warn_of_bad_loss
from planish.models.loops.fit_streams import StreamEpochs
from planish.models.programs import own_loss
from planish.models.programs.metric_set import MetricSet
from planish.models.programs.prepare import ensure_built, out_of_memory_explained, prepare, require_compiled, stream_of
from planish.models.programs.shared_steps import agree_to_stop, begin_together, run_together
from planish.models.programs.trunk_outputs import Room, TrunkOutputs, kept_of

if TYPE_CHECKING:
    from planish.models.model import Model

Data = Arrays | Stream


class Validation(NamedTuple):
    """The data that are evaluated after epochs, and after which epochs."""

    data: Data
    batch_size: int
    steps: int | None
    frequency: int | list[int]
    kept: TrunkOutputs | None = None

    def is_due(self, epoch: int) -> bool:
        if isinstance(self.frequency, int):
            return (epoch + 1) % self.frequency == 0
        return epoch + 1 in self.frequency

    def keeping(self, room: Room) -> Validation:
        """The same, where what a trunk gives for the data is kept from epoch to epoch."""
        return self._replace(kept=kept_of(self.data, room))


class ValidationArguments(NamedTuple):
    """The arguments of `fit` that begin with "validation_", as given."""

    split: Any
    data: Any
    steps: Any
    batch_size: Any
    freq: Any

    def checked(self) -> ValidationArguments:
        """ValueError or TypeError for what can be refused without seeing data."""
        return self._replace(
            split=checked_fraction(self.split, "validation_split"),
            freq=checked_frequency(self.freq, "validation_freq"),
        )


class FitArguments(NamedTuple):
    """The arguments of `fit` other than the data to train on, as given."""

    batch_size: Any
    epochs: Any
    verbose: Any
    callbacks: Any
    shuffle: Any
    class_weight: Any
    initial_epoch: Any
    steps_per_epoch: Any
    validation: ValidationArguments
    keep_frozen: Any


def _facts(data: Arrays | Stream, validation: Validation | None) -> dict[str, object]:
    """What ranks have to agree on: how many images there are, or in which order they come, where that is known."""
    given = {"images": data, "images to validate on": None if validation is None else validation.data}
    found = {name: len(each) if isinstance(each, Arrays) else each and each.kind for name, each in given.items()}
    return {name: fact for name, fact in found.items() if fact is not None}


def fit(model: Model, x: Any, y: Any, sample_weight: Any, arguments: FitArguments) -> History:
    """Trains; see `Training.fit`."""
    settings = require_compiled(model, "fit")
    model._programs.turn.refuse_inside()
    arguments = arguments._replace(
        validation=arguments.validation.checked(),
        shuffle=checked_shuffle(arguments.shuffle),
        keep_frozen=checked_switch(arguments.keep_frozen, "keep_frozen"),
    )
    size = checked_optional_count(arguments.batch_size, "batch_size")
    steps = checked_optional_count(arguments.steps_per_epoch, "steps_per_epoch")
    epochs = checked_count(arguments.epochs, "epochs", least=0)
    first = checked_count(arguments.initial_epoch, "initial_epoch", least=0)
    verbose = checked_verbose(arguments.verbose)
    with run_together(), out_of_memory_explained(model, x):
        data, validation = _data(model, x, y, sample_weight, arguments)
        if isinstance(data, Stream):
            batch_size, shown = DEFAULT_BATCH_SIZE, data.steps
        else:
            batch_size = batch_size_for(size, len(data), steps)
            shown = -(-len(data) // batch_size) if steps is None else steps
        facts = {"batch_size": batch_size, "steps in an epoch": shown, "epochs": f"{first} to {epochs}"}
        begin_together(model, settings, "fit", {**facts, **_facts(data, validation)})
        callbacks = _callback_list(arguments.callbacks, model, verbose if is_first() else 0, epochs, shown)
        model.stop_training = False
        running = _epochs(model, settings, callbacks, data, batch_size, steps, arguments.shuffle)
        if validation is not None and isinstance(validation.data, Stream):
            running.judged_by = validation.data
        if arguments.keep_frozen and epochs - first > 1:
            room = Room()
            running.keep_in(room)
            validation = None if validation is None else validation.keeping(room)
        if validation is not None and isinstance(validation.data, Arrays):
            prepare(model, settings, validation.data)  # refused now, not after an epoch of training
        if first < epochs:
            callbacks.check_before_training(_directions(model, settings), _validated(validation, range(first, epochs)))
        try:
            return _run(model, settings, running, validation, callbacks, range(first, epochs))
        except BaseException:  # Ctrl-C included: whatever ends the run, the bar's line has to end too
            for callback in callbacks.callbacks:
                if isinstance(callback, ProgbarLogger):
                    callback.break_off()
            raise


def _run(
    model: Model,
    settings: CompileSettings,
    running: Epochs,
    validation: Validation | None,
    callbacks: CallbackList,
    epochs: range,
) -> History:
    backups = Backups(callbacks, model, settings, running)
    epochs = backups.begin(epochs)
    callbacks.on_begin("train")
    logs: dict[str, Any] = {}
    warned = False
    for epoch in epochs if backups.put_in() else ():
        callbacks.on_epoch_begin(epoch)
        trained = running.run(backups.begin_epoch(epoch))
        if trained is None:
            break
        logs = trained
        if not warned and not np.isfinite(logs.get("loss", 0.0)):
            warned = True
            warn_of_bad_loss(logs["loss"], epoch)
        if validation is not None and validation.is_due(epoch):
            results = Evaluation(model, settings, callbacks, validation.kept).run(
                validation.data, validation.batch_size, validation.steps
            )
            logs = dict(sorted({**logs, **{f"val_{name}": value for name, value in results.items()}}.items()))
        callbacks.on_epoch_end(epoch, logs)
        backups.end_epoch()
        agree_to_stop(model)
        if model.stop_training:
            break
    settings.optimizer.finalize_variable_values(model.trainable_weights)
    callbacks.on_end("train", logs)
    backups.end_training()
    assert callbacks.history is not None
    return callbacks.history


def _validated(validation: Validation | None, epochs: range) -> frozenset[bool]:
    """Holds True if a validation follows some epochs, and False if none follows some epochs."""
    if validation is None:
        return frozenset({False})
    frequency = validation.frequency
    if isinstance(frequency, int):
        due = epochs.stop // frequency - epochs.start // frequency
    else:
        due = len({epoch for epoch in frequency if epoch - 1 in epochs})
    return frozenset([True] * (due > 0) + [False] * (due < len(epochs)))


def _directions(model: Model, settings: CompileSettings) -> dict[str, str | None]:
    """Which way each metric is better ('up', 'down' or unknown), by its name in the logs of an epoch."""
    shapes = [spec.shape for spec in model.output_specs]
    targets = [(1, 1) for _ in shapes]
    found = MetricSet(settings.for_outputs(model), targets, shapes, own_loss.metrics_of(model))
    return found.directions


def _callback_list(callbacks: Any, model: Model, verbose: int, epochs: int, steps: int | None) -> CallbackList:
    if isinstance(callbacks, CallbackList):
        callbacks = callbacks.callbacks
    return CallbackList(
        callbacks, add_history=True, add_progbar=verbose != 0, model=model, verbose=verbose, epochs=epochs, steps=steps
    )


def _epochs(
    model: Model,
    settings: CompileSettings,
    callbacks: CallbackList,
    data: Data,
    batch_size: int,
    steps: int | None,
    shuffle: bool | str,
) -> Epochs:
    random = np.random.Generator(np.random.PCG64(random_seed.next_seed()))
    if isinstance(data, Stream):
        return StreamEpochs(model, settings, callbacks, data, random, bool(shuffle))
    return ArrayEpochs(model, settings, callbacks, data, batch_size, steps, random, shuffle)


def _data(model: Model, x: Any, y: Any, sample_weight: Any, arguments: FitArguments) -> tuple[Data, Validation | None]:
    data: Data
    held_out: Arrays | None = None
    if is_stream(x):
        data = stream_of(
            model, x, y, sample_weight, arguments.class_weight, arguments.steps_per_epoch, "steps_per_epoch"
        )
        if arguments.validation.split:
            raise ValueError(
                explain(
                    what="`validation_split` needs arrays",
                    received=type(x).__name__,
                    remedy="pass validation_data=other_batches",
                )
            )
    else:
        ensure_built(model, x)
        data = as_arrays(x, y, sample_weight, arguments.class_weight, expected=expected_by(model))
        if arguments.validation.split and arguments.validation.data is None:
            data, held_out = split_off(data, arguments.validation.split)
            held_out = replace(held_out, place="the images that validation_split holds out")
            if arguments.class_weight is not None:  # it weights training data only
                held_out = replace(held_out, weights=(None,))
    return data, _validation(model, arguments, held_out)


def _validation(model: Model, arguments: FitArguments, held_out: Arrays | None) -> Validation | None:
    given = arguments.validation.data
    if given is None and held_out is None:
        return None
    data: Data
    if held_out is not None:
        data = held_out
    elif is_stream(given):
        data = stream_of(
            model, given, None, None, None, arguments.validation.steps, "validation_steps", "validation_data"
        )
    elif isinstance(given, list | tuple) and len(given) in (2, 3):
        data = as_arrays(*given, expected=expected_by(model), place="validation_data")
    else:
        raise ValueError(
            explain(
                what="`validation_data` is wrong",
                expected="(x, y), (x, y, sample_weight), or something that gives batches of them",
                received=kind_with_article(given) + (f" of {len(given)}" if isinstance(given, list | tuple) else ""),
                remedy="validation_data=(x_val, y_val)",
            )
        )
    steps = checked_optional_count(arguments.validation.steps, "validation_steps")
    if isinstance(data, Stream):
        return Validation(data, DEFAULT_BATCH_SIZE, steps, arguments.validation.freq)
    own = checked_optional_count(arguments.validation.batch_size, "validation_batch_size")
    size = batch_size_for(arguments.batch_size if own is None else own, len(data), steps)
    warn_of_few_rows(steps, len(data), size, "validation_steps")
    return Validation(data, size, steps, arguments.validation.freq)
