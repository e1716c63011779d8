"""`predict` for every kind of input, with callbacks and progress. A warm call on an array needs `predictor` only."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import numpy as np

from planish.callbacks import CallbackList
from planish.errors import explain
from planish.models.data.arrays import Array, told_at
from planish.models.data.expected import expected_by
from planish.models.data.in_memory import as_images
from planish.models.data.prepare import out_of_memory_explained
from planish.models.data.streams import Stream, check_end, is_stream
from planish.models.data.visits import batch_size_for, warn_of_few_rows
from planish.models.loops.progress_reports import ProgressReports
from planish.models.loops.run_arguments import checked_optional_count, checked_verbose
from planish.models.programs.predict_program import OtherRank, Predictor
from planish.tracebacks import short_in_notebooks

_SECONDS_PER_PIECE = 0.15
_BATCHES_AT_FIRST = 64


@short_in_notebooks
def predict(model: Any, x: Any, batch_size: Any, verbose: Any, steps: Any, callbacks: Any) -> Array:
    """Outputs f32 [n, ...] for images `x` (see `Training.predict`)."""
    expected = expected_by(model)
    limit = checked_optional_count(steps, "steps")
    given = checked_optional_count(batch_size, "batch_size")
    check_end(x, limit, "steps")
    stream = Stream(x, expected, steps=limit) if is_stream(x) else None
    with out_of_memory_explained(model, x):
        if stream is not None:
            return _predict_stream(model, stream, _callback_list(model, callbacks, verbose, stream.steps))
        images = as_images(x, expected)
        size = batch_size_for(given, len(images), limit)
        warn_of_few_rows(limit, len(images), size, "steps")
        images = images if limit is None else images[: limit * size]
        run = _callback_list(model, callbacks, verbose, -(-len(images) // size) if limit is None else limit)
        return _predict_array(model, images, size, run)


@short_in_notebooks
def predict_batch(model: Any, x: Any) -> Array:
    """Outputs of one batch, whatever it is made of."""
    images = as_images(x, expected_by(model))
    predictor: Predictor = model._programs.predictor(model, images)
    outputs = predictor(images)
    if type(x) is np.ndarray and x.shape != images.shape:  # the next such batch takes the short way
        model._programs.predictors[x.dtype, x.shape[1:]] = OtherRank(predictor, images.ndim > x.ndim)
    return outputs


def _callback_list(model: Any, callbacks: Any, verbose: Any, steps: int | None) -> CallbackList:
    if isinstance(callbacks, CallbackList):
        return callbacks
    shown = checked_verbose(verbose)
    return CallbackList(callbacks, add_progbar=shown != 0, model=model, verbose=shown, epochs=1, steps=steps)


def _predict_array(model: Any, images: Array, batch_size: int, callbacks: CallbackList) -> Array:
    predictor: Predictor = model._programs.predictor(model, images)
    if not callbacks.callbacks:
        return predictor(images)
    callbacks.on_begin("predict")
    outputs: Array | None = None
    reports = ProgressReports(callbacks, "predict")
    settings = model._settings
    together = 1 if settings is None else settings.steps_per_execution
    single = together if callbacks.wants_batches("predict") else None
    for start, stop in _pieces(len(images), batch_size, single, reports.wanted):
        callbacks.on_batch_begin("predict", start // batch_size)
        piece = predictor(images[start:stop])
        if outputs is None:
            outputs = np.empty((len(images), *piece.shape[1:]), np.float32)
        outputs[start:stop] = piece
        callbacks.on_batch_end("predict", (stop - 1) // batch_size, {"outputs": piece})
        if reports.due() or stop == len(images):
            reports.report(-(-stop // batch_size), stop, dict)
    callbacks.on_end("predict")
    assert outputs is not None
    return outputs


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


def _predict_stream(model: Any, stream: Stream, callbacks: CallbackList) -> Array:
    outputs: list[Array] = []
    images = 0
    callbacks.on_begin("predict")
    reports = ProgressReports(callbacks, "predict")
    with closing(stream.epoch()) as batches:
        for step, batch in enumerate(batches):
            callbacks.on_batch_begin("predict", step)
            with told_at(batch.place):
                outputs.append(model._programs.predictor(model, batch.x)(batch.x))
            images += len(batch)
            callbacks.on_batch_end("predict", step, {"outputs": outputs[-1]})
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
    return np.concatenate(outputs)
