"""`predict` for every kind of input, with callbacks and progress. A warm call on an array needs `predictor` only."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any

import numpy as np

from planish import structures
from planish.callbacks import CallbackList
from planish.errors import explain
from planish.models.data.arrays import Array, told_at
from planish.models.data.expected import alone, expected_by
from planish.models.data.in_memory import Arrays, Labels, check_lengths, input_arrays
from planish.models.data.run_arguments import checked_optional_count, checked_verbose
from planish.models.data.streams import Stream, check_end, is_stream
from planish.models.data.visits import batch_size_for, warn_of_few_rows
from planish.models.loops.progress_reports import ProgressReports
from planish.models.programs.predict_program import OtherRank
from planish.models.programs.prepare import ensure_built, out_of_memory_explained, sizes_of
from planish.tracebacks import short_in_notebooks

if TYPE_CHECKING:
    from planish.models.model import Model

_SECONDS_PER_PIECE = 0.15
_BATCHES_AT_FIRST = 64


@short_in_notebooks
def predict(model: Model, x: Any, batch_size: Any, verbose: Any, steps: Any, callbacks: Any) -> Any:
    """Outputs f32 [n, ...] for images `x` (see `Training.predict`)."""
    limit = checked_optional_count(steps, "steps")
    given = checked_optional_count(batch_size, "batch_size")
    check_end(x, limit, "steps")
    stream = Stream(x, expected_by(model), steps=limit) if is_stream(x) else None
    with out_of_memory_explained(model, x):
        if stream is not None:
            return _predict_stream(model, stream, _callback_list(model, callbacks, verbose, stream.steps))
        images = _images(model, x)
        count = len(images)
        size = batch_size_for(given, count, limit)
        warn_of_few_rows(limit, count, size, "steps")
        images = images if limit is None else images.rows(0, limit * size)
        run = _callback_list(model, callbacks, verbose, -(-count // size) if limit is None else limit)
        return _predict_arrays(model, images, size, run)


def _images(model: Model, x: Any) -> Arrays:
    """The arrays of a data set that has no targets; a model that waits for its first data is built."""
    ensure_built(model, x)
    expected = expected_by(model)
    inputs, labels = input_arrays(x, expected)
    data = Arrays(inputs, labels=Labels(labels, (), expected.wide))
    check_lengths(inputs, labels)
    return data


@short_in_notebooks
def predict_batch(model: Model, x: Any) -> Any:
    """Outputs of one batch, whatever it is made of."""
    images = _images(model, x)
    programs = model._programs
    predictor = programs.predictor(model, images.inputs, images.labels.inputs)
    outputs = predictor(*images.inputs)
    if type(x) is np.ndarray and x.shape != images.inputs[0].shape and sizes_of(model, images.inputs) is None:
        # the next such batch takes the short way
        programs.predictors[x.dtype, x.shape[1:]] = OtherRank(predictor, images.inputs[0].ndim > x.ndim)
    return outputs


def _callback_list(model: Model, callbacks: Any, verbose: Any, steps: int | None) -> CallbackList:
    if isinstance(callbacks, CallbackList):
        return callbacks
    shown = checked_verbose(verbose)
    return CallbackList(callbacks, add_progbar=shown != 0, model=model, verbose=shown, epochs=1, steps=steps)


def _predict_arrays(model: Model, images: Arrays, batch_size: int, callbacks: CallbackList) -> Any:
    predictor = model._programs.predictor(model, images.inputs, images.labels.inputs)
    if not callbacks.callbacks and not predictor.by_batch:
        return predictor(*images.inputs)
    callbacks.on_begin("predict")
    outputs: list[Array] = []
    parts: list[list[Array]] = []
    reports = ProgressReports(callbacks, "predict")
    settings = model._settings
    together = 1 if settings is None else settings.steps_per_execution
    single = together if callbacks.wants_batches("predict") else None
    single = 1 if predictor.by_batch else single
    for start, stop in _pieces(len(images), batch_size, single, reports.wanted):
        callbacks.on_batch_begin("predict", start // batch_size)
        piece = predictor(*images.rows(start, stop).inputs)
        of_piece = structures.leaves(piece)
        if predictor.once_a_batch:
            parts.append(of_piece)
        else:
            outputs = outputs or [np.empty((len(images), *y.shape[1:]), y.dtype) for y in of_piece]
            for whole, part in zip(outputs, of_piece, strict=True):
                whole[start:stop] = part
        callbacks.on_batch_end("predict", (stop - 1) // batch_size, {"outputs": piece})
        if reports.due() or stop == len(images):
            reports.report(-(-stop // batch_size), stop, dict)
    callbacks.on_end("predict")
    return packed_outputs(model, _joined(parts) if parts else outputs)


def _joined(batches: list[list[Array]]) -> list[Array]:
    """The outputs of batches one after another, as Keras has them; of numbers without any axis, one for each batch."""
    if len(batches) == 1:
        return batches[0]
    return [np.concatenate([np.atleast_1d(part) for part in parts]) for parts in zip(*batches, strict=True)]


def _pieces(count: int, batch_size: int, together: int | None, watched: bool) -> Iterator[tuple[int, int]]:
    """Ranges of whole batches: `together` of them, or all, or, if somebody watches, as many as take an instant."""
    start, batches = 0, together or (_BATCHES_AT_FIRST if watched else -(-count // batch_size))
    while start < count:
        begun = time.perf_counter()
        stop = min(start + batches * batch_size, count)
        yield start, stop
        start = stop
        if together is None:
            batches = max(1, int(batches * _SECONDS_PER_PIECE / (time.perf_counter() - begun)))


def packed_outputs(model: Model, outputs: list[Array]) -> Any:
    """In the structure of the model's outputs."""
    return outputs[0] if alone(model.output_form) else structures.packed(model.output_form, outputs)


def _predict_stream(model: Model, stream: Stream, callbacks: CallbackList) -> Any:
    outputs: list[list[Array]] = []
    images = 0
    callbacks.on_begin("predict")
    reports = ProgressReports(callbacks, "predict")
    if not model.knows_ends:
        ensure_built(model, stream.peek())
        stream.expected = expected_by(model)
    with closing(stream.epoch()) as batches:
        for step, batch in enumerate(batches):
            callbacks.on_batch_begin("predict", step)
            with told_at(batch.place):
                predictor = model._programs.predictor(model, batch.inputs, batch.labels.inputs)
                made = predictor(*batch.inputs)
            outputs.append(structures.leaves(made))
            images += len(batch)
            callbacks.on_batch_end("predict", step, {"outputs": made})
            if reports.due():
                reports.report(step + 1, images, dict)
    if not outputs:
        raise ValueError(
            explain(
                what="`x` gave no batches",
                expected="at least one",
                remedy="make a new iterator: this one may be used up",
            )
        )
    reports.report(len(outputs), images, dict)
    callbacks.on_end("predict")
    return packed_outputs(model, _joined(outputs))
