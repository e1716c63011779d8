"""`evaluate`, and the validation of `fit`."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import numpy as np

from planish.callbacks import CallbackList
from planish.distribution.data_parallel import is_first
from planish.errors import explain
from planish.models.data.arrays import CHUNK_NBYTES
from planish.models.data.expected import expected_by
from planish.models.data.in_memory import Arrays, as_arrays
from planish.models.data.run_arguments import DEFAULT_BATCH_SIZE, checked_optional_count, checked_verbose
from planish.models.data.streams import Stream, is_stream
from planish.models.data.visits import Order, batch_size_for, warn_of_few_rows
from planish.models.ends.compile_settings import CompileSettings
from planish.models.loops.progress_reports import ProgressReports
from planish.models.programs import tally
from planish.models.programs.metric_set import RunMetrics
from planish.models.programs.prepare import (
    Prepared,
    ensure_built,
    out_of_memory_explained,
    prepare,
    require_compiled,
    run_metrics,
    stream_of,
)
from planish.models.programs.shared_steps import run_together
from planish.models.programs.trunk import taken
from planish.models.programs.trunk_outputs import Kept, TrunkOutputs, usable

if TYPE_CHECKING:
    from planish.models.model import Model

_ROWS_AT_ONCE = 8192
_OUTPUT_NBYTES_AT_ONCE = 64 << 20


class Evaluation:
    """One run over data: `run` gives the metrics. `kept` has what a trunk gave for arrays, row by row."""

    def __init__(
        self, model: Model, settings: CompileSettings, callbacks: CallbackList, kept: TrunkOutputs | None = None
    ) -> None:
        self._model = model
        self._settings = settings
        self._callbacks = callbacks
        self._kept = kept
        self._single = callbacks.wants_batches("test")
        self._metrics: RunMetrics | None = None
        self._images = 0
        self._step = 0

    def run(self, data: Arrays | Stream, batch_size: int, steps: int | None) -> dict[str, Any]:
        """Name to value, "loss" first; `steps` limits the batches. ValueError if there is no data."""
        self._callbacks.on_begin("test")
        self._reports = ProgressReports(self._callbacks, "test")
        if isinstance(data, Stream):
            data.restart()
            if not self._from_known(data):
                with closing(data.epoch()) as batches:
                    for batch in batches:
                        self._batch(self._prepared(batch))
        else:
            count = len(data) if steps is None else min(len(data), steps * batch_size)
            self._arrays(prepare(self._model, self._settings, data.rows(0, count)), batch_size)
        if self._metrics is None:
            raise ValueError(
                explain(
                    what="`x` gave no batches",
                    expected="at least one",
                    remedy="make a new iterator: this one may be used up",
                )
            )
        results = self._metrics.results()
        if isinstance(data, Arrays) and not np.isfinite(results.get("loss", 0.0)):
            data.check_inputs()
        self._reports.report(self._step, self._images, self._logs)
        self._callbacks.on_end("test", dict(sorted(results.items())))
        return results

    def _prepared(self, batch: Arrays) -> Prepared:
        """All of the batch, if the program depends on all of it."""
        data = prepare(self._model, self._settings, batch)
        if batch.part is None or not self._model._programs.tester(self._model, self._settings, data).reads_all:
            return data
        return prepare(self._model, self._settings, batch.part.whole())

    def _arrays(self, data: Prepared, batch_size: int) -> None:
        tester = self._model._programs.tester(self._model, self._settings, data)
        if tester.depends_on_batch:
            batches = 1
        elif self._single:
            batches = self._settings.steps_per_execution
        else:
            batches = max(1, _rows_at_once(data, tester.output_nbytes) // batch_size)
        for start in range(0, len(data), batches * batch_size):
            stop = min(start + batches * batch_size, len(data))
            self._rows(data, start, stop, batch_size, -(-stop // batch_size))

    def _batch(self, data: Prepared) -> None:
        self._rows(data, 0, len(data), len(data), self._step + 1)

    def _from_known(self, stream: Stream) -> bool:
        """Evaluates without reading a file, if all that is read of the images is known."""
        folder = stream.folder
        if self._kept is None or folder is None or folder.batch_size is None:
            return False
        data = prepare(self._model, self._settings, stream.all_of(folder))
        tester = self._model._programs.tester(self._model, self._settings, data)
        found = usable(Kept(self._kept), tester.trunk)
        size = folder.batch_size
        known = found is not None and not tester.reads_images
        if not stream.knows(self._kept, folder, size) or not known:
            return False
        order = folder.next_order()
        for start in range(0, len(order), size):
            rows = order[start : start + size]
            self._run(data, taken(data.compared(), rows), rows, rows, len(rows), self._step + 1)
        return True

    def _rows(self, data: Prepared, start: int, stop: int, batch_size: int, steps_done: int) -> None:
        """Computes some rows at once; `steps_done` is the number of batches up to their end."""
        numbers = np.arange(start, stop) if data.data.numbers is None else data.data.numbers[start:stop]
        self._run(data, data.inputs(start, stop), slice(start, stop), numbers, batch_size, steps_done)

    def _run(
        self, data: Prepared, inputs: dict[str, Any], rows: Any, numbers: Order, batch_size: int, steps_done: int
    ) -> None:
        """Computes `inputs`, which are the `rows` of the data and have these numbers in what is kept."""
        if self._single:
            self._callbacks.on_batch_begin("test", self._step)
        tester = self._model._programs.tester(self._model, self._settings, data)
        outputs = tester.run(inputs, len(numbers), None if self._kept is None else Kept(self._kept, numbers))
        if self._metrics is None:
            self._metrics = run_metrics(self._model, self._settings, data.data, data.sizes)
        tally.add(self._metrics, data.data, rows, outputs, slice(None), slice(None), batch_size)
        self._images += len(numbers)
        self._step = steps_done
        if self._single:
            self._callbacks.on_batch_end("test", steps_done - 1, self._logs())
        if self._reports.due():
            self._reports.report(steps_done, self._images, self._logs)

    def _logs(self) -> dict[str, Any]:
        return {} if self._metrics is None else tally.logs_of(self._metrics)


def evaluate(
    model: Model, x: Any, y: Any, sample_weight: Any, batch_size: Any, verbose: Any, steps: Any, callbacks: Any
) -> dict[str, Any]:
    """Name to value, "loss" first (see `Training.evaluate`)."""
    settings = require_compiled(model, "evaluate")
    limit = checked_optional_count(steps, "steps")
    given = checked_optional_count(batch_size, "batch_size")
    with run_together(), out_of_memory_explained(model, x):
        data: Arrays | Stream
        if is_stream(x):
            data = stream_of(model, x, y, sample_weight, None, limit, "steps")
            size, shown = DEFAULT_BATCH_SIZE, data.steps
        else:
            ensure_built(model, x)
            data = as_arrays(x, y, sample_weight, expected=expected_by(model))
            size = batch_size_for(given, len(data), limit)
            warn_of_few_rows(limit, len(data), size, "steps")
            shown = -(-len(data) // size) if limit is None else limit
        if not isinstance(callbacks, CallbackList):
            loud = checked_verbose(verbose) if is_first() else 0
            callbacks = CallbackList(callbacks, add_progbar=loud != 0, model=model, verbose=loud, epochs=1, steps=shown)
        return Evaluation(model, settings, callbacks).run(data, size, limit)


def _rows_at_once(data: Prepared, output_nbytes: int) -> int:
    """How many images may be computed at once, so that their outputs, and converted copies, stay small."""
    rows = min(_ROWS_AT_ONCE, _OUTPUT_NBYTES_AT_ONCE // output_nbytes)
    return rows if data.readable_as_is else min(rows, CHUNK_NBYTES // max(1, data.nbytes // len(data)))
