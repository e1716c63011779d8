"""From checked arrays to what an executable reads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from planish.errors import ExplainedError, explain
from planish.losses.loss import Loss
from planish.memory import TooLargeError
from planish.models.compile_settings import CompileSettings
from planish.models.data.arrays import Array, memory_dtype, readable, told_at
from planish.models.data.expected import expected_by, with_rank
from planish.models.data.image_shapes import check_images
from planish.models.data.in_memory import Arrays
from planish.models.data.shape_walk import walk
from planish.models.data.streams import Stream, check_end
from planish.models.loops.run_arguments import checked_optional_count
from planish.models.programs.metric_set import MetricSet, RunMetrics

Key = tuple[Any, ...]

if TYPE_CHECKING:
    from planish.models.programs.step_graph import Objective


@dataclass(frozen=True, slots=True)
class Prepared:
    """The loss reads `y_true`; metrics read `data.y`, which the user gave."""

    data: Arrays
    y_true: Array
    objective: Objective

    def __len__(self) -> int:
        return len(self.data)

    @property
    def key(self) -> Key:
        """What a program depends on: element types, the targets' shape, and whether there are weights."""
        return (memory_dtype(self.data.x.dtype), self.y_true.dtype, self.objective)

    @property
    def nbytes(self) -> int:
        return self.data.nbytes + self.y_true.nbytes

    def take(self, rows: Array) -> Prepared:
        """A copy of the rows with these numbers, in this order."""
        return Prepared(self.data.take(rows), self.y_true[rows], self.objective)

    def inputs(self, start: int = 0, stop: int | None = None) -> dict[str, Array]:
        """Rows as an executable reads them, converted where it cannot read the user's memory."""
        rows = slice(start, stop)
        inputs = {"x": readable(self.data.x[rows]), "y_true": readable(self.y_true[rows])}
        if self.data.weight is not None:
            inputs["sample_weight"] = self.data.weight[rows]
        return inputs


def prepare(model: Any, settings: CompileSettings, data: Arrays) -> Prepared:
    """ValueError if images or targets do not fit the model or the loss."""
    with told_at(data.place):
        return _prepared(model, settings, data)


def _prepared(model: Any, settings: CompileSettings, data: Arrays) -> Prepared:
    ensure_built(model, data.x)
    shape = model.input_shape[1:]
    data = replace(data, x=with_rank(data.x, shape))  # only now, if these are the data that the model was built for
    check_images(data.x, shape, model)
    if data.y is None:
        raise ValueError(
            explain(
                what="there are no targets", expected="`y`, or batches of (x, y)", remedy="pass the targets: fit(x, y)"
            )
        )
    loss = settings.loss_for(data.y.shape, model.output_shape)
    if loss is None:
        raise ValueError(
            explain(what="the model was compiled without a loss", remedy="compile(optimizer=..., loss=...)")
        )
    y_true = prepared_targets(model, loss, data.y)
    from planish.models.programs.step_graph import Objective

    objective = Objective(loss, settings.loss_weight, tuple(y_true.shape[1:]), data.weight is not None)
    return Prepared(data, y_true, objective)


def prepared_targets(model: Any, loss: Loss, y: Array) -> Array:
    """`y` as the loss reads it. ValueError, with the shapes that lead to the outputs, if it does not fit them."""
    try:
        return loss.prepare_targets(y, model.output_shape)
    except ExplainedError as error:
        raise error.told_with(chain=walk(model, model.input_shape[1:]).steps) from None


def ensure_built(model: Any, x: Array) -> None:
    """Builds a model that was made without an input shape for the shape of its first data."""
    if not model.built:
        model.build((None, *x.shape[1:]))


def run_metrics(model: Any, settings: CompileSettings, data: Arrays) -> RunMetrics:
    """The model's metrics for a new run; made when the first targets are seen, as 'accuracy' depends on their shape."""
    if model._metric_set is None:
        assert data.y is not None
        model._metric_set = MetricSet(settings, data.y.shape, model.output_shape)
    metrics = RunMetrics(model._metric_set)
    metrics.reset()
    return metrics


def require_compiled(model: Any, what: str) -> CompileSettings:
    if model._settings is None:
        raise ValueError(
            explain(
                what=f"{what} was called on a model that is not compiled",
                remedy="compile(optimizer='adam', loss='sparse_categorical_crossentropy', metrics=['accuracy'])",
            )
        )
    settings: CompileSettings = model._settings
    return settings


def stream_of(
    model: Any, x: Any, y: Any, sample_weight: Any, class_weight: Any, steps: Any, name: str, place: str = ""
) -> Stream:
    """The batches that `x` gives; `name` is that of the argument `steps`, and `place` the source's name in messages.

    ValueError if targets are given besides batches, which hold their own."""
    for argument, value in (("y", y), ("sample_weight", sample_weight)):
        if value is not None:
            raise ValueError(
                explain(
                    what=f"`{argument}` cannot be given when `x` is a {type(x).__name__}",
                    expected="batches of (x, y) or (x, y, sample_weight)",
                    remedy=f"leave {argument} out, and let each batch bring its own",
                )
            )
    count = checked_optional_count(steps, name)
    check_end(x, count, name)
    stream = Stream(x, expected_by(model), class_weight, count, place)
    if not model.built:
        ensure_built(model, stream.peek().x)
    return stream


@contextmanager
def out_of_memory_explained(model: Any, data: Any) -> Iterator[None]:
    """Adds which sizes did not fit, and what would."""
    try:
        yield
    except TooLargeError:
        raise
    except MemoryError as error:
        raise MemoryError(memory_message(model, data, str(error))) from error


def memory_message(model: Any, x: Any, detail: str) -> str:
    sizes = "an unknown number of images"
    if isinstance(x, np.ndarray):
        sizes = f"{len(x):,} images of {x.dtype}, {x.nbytes / 2**20:,.0f} MiB"
        if model.built:
            nbytes = 4 * len(x) * model.output.shape[1] if len(model.output.shape) == 2 else 0
            sizes += f", outputs {nbytes / 2**20:,.0f} MiB" if nbytes else ""
    return explain(
        what="out of memory",
        received="\n".join(part for part in (sizes, detail) if part),
        remedy="pass the data in parts or as a generator, as float32 or uint8 in C order, or lower batch_size",
    )
