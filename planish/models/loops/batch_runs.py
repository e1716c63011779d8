"""`train_on_batch` and `test_on_batch`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from planish.models.data.expected import expected_by
from planish.models.data.in_memory import as_arrays
from planish.models.programs import tally
from planish.models.programs.metric_set import RunMetrics
from planish.models.programs.prepare import (
    Prepared,
    ensure_built,
    out_of_memory_explained,
    prepare,
    require_compiled,
    run_metrics,
)
from planish.models.programs.shared_steps import run_together
from planish.models.programs.train_program import StepOutputs

if TYPE_CHECKING:
    from planish.models.model import Model


def train(model: Model, x: Any, y: Any, sample_weight: Any, class_weight: Any) -> dict[str, Any]:
    """One step; the metrics of its batch."""
    settings = require_compiled(model, "train_on_batch")
    programs = model._programs
    programs.turn.refuse_inside()
    with run_together(), out_of_memory_explained(model, x):
        ensure_built(model, x)
        data = as_arrays(x, y, sample_weight, class_weight, expected=expected_by(model), whole=False)
        prepared = prepare(model, settings, data)
        metrics = run_metrics(model, settings, data, prepared.sizes)
        wanted = metrics.needs_outputs(prepared.compiled)
        trainer = programs.trainer(model, settings, prepared, len(data), with_outputs=wanted)
        trainer.look_at(prepared.data)
        prepared.check_targets()
        outputs = trainer.new_outputs(len(data), len(data))
        trainer.run(prepared.inputs(), np.arange(len(data), dtype=np.int64), len(data), outputs)
        return _results(metrics, prepared, outputs)


def test(model: Model, x: Any, y: Any, sample_weight: Any) -> dict[str, Any]:
    """The metrics of one batch."""
    settings = require_compiled(model, "test_on_batch")
    with run_together(), out_of_memory_explained(model, x):
        ensure_built(model, x)
        data = as_arrays(x, y, sample_weight, expected=expected_by(model))
        prepared = prepare(model, settings, data)
        tester = model._programs.tester(model, settings, prepared)
        metrics = run_metrics(model, settings, data, prepared.sizes)
        return _results(metrics, prepared, tester.run(prepared.inputs(), len(data)))


def returned(model: Model, results: dict[str, Any], return_dict: bool) -> Any:
    """Results in the form that Keras gives them."""
    if return_dict:
        return dict(sorted(results.items()))
    names = model.metrics_names  # as in Keras, two outputs of one name have an item each, and one value
    values = [value for name, value in results.items() for _ in range(max(1, names.count(name)))]
    return values[0] if len(values) == 1 else values


def _results(metrics: RunMetrics, prepared: Prepared, outputs: StepOutputs) -> dict[str, Any]:
    tally.add(metrics, prepared.data, slice(None), outputs, slice(None), slice(None), len(prepared))
    return metrics.results()
