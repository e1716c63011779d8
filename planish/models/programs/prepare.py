"""From checked arrays to what an executable reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from planish import structures
from planish.distribution.data_parallel import current_ranks
from planish.errors import ExplainedError, explain
from planish.losses.loss import Loss
from planish.models.data.arrays import Array, memory_dtype, readable, readable_as_is, told_at
from planish.models.data.expected import End, expected_by, with_rank
from planish.models.data.image_shapes import check_images
from planish.models.data.in_memory import Arrays, as_images, check_finite
from planish.models.data.run_arguments import checked_optional_count
from planish.models.data.shape_walk import walk
from planish.models.data.streams import Stream, check_end
from planish.models.ends.compile_settings import CompileSettings
from planish.models.ends.graph_names import endings, input_names
from planish.models.ends.output_settings import OutputSettings
from planish.models.programs import own_loss
from planish.models.programs.compiled_metrics import CompiledMetric
from planish.models.programs.given_targets import given_targets
from planish.models.programs.metric_set import MetricSet, RunMetrics
from planish.models.programs.own_loss import Given
from planish_runtime.memory import TooLargeError

if TYPE_CHECKING:
    from planish.models.model import Model
    from planish.models.programs.step_graph import Objective

Key = tuple[Any, ...]
Sizes = tuple[tuple[int, ...], ...]
"""The shape of the images of each input."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """Losses read `y_true`; metrics read `data.targets`, which the user gave. Both have an item for each output.

    `sizes` are the shapes of the images, if the model takes them from the data, else None. `compiled` are the metrics
    that programs compute; `seen` has the targets that they read, for each output.
    """

    data: Arrays
    y_true: tuple[Array | None, ...]
    objectives: tuple[Objective | Given | None, ...]
    names: tuple[str, ...]
    sizes: Sizes | None = None
    compiled: tuple[CompiledMetric, ...] = ()
    seen: tuple[Array | None, ...] = ()

    def __len__(self) -> int:
        return len(self.data)

    @property
    def key(self) -> Key:
        """What a program depends on: element types, the targets' shapes, whether there are weights, sizes, metrics."""
        return (*self.dtypes.values(), self.objectives, self.sizes, self.compiled)

    @property
    def dtypes(self) -> dict[str, np.dtype[Any]]:
        """The element types of the arrays that a program reads."""
        of_inputs = {name: memory_dtype(array.dtype) for name, array in zip(self.names, self.data.inputs, strict=True)}
        return {**of_inputs, **{name: array.dtype for name, array in self._compared()}}

    @property
    def nbytes(self) -> int:
        return self.data.nbytes + sum(array.nbytes for array in self.y_true if array is not None)

    def take(self, rows: Array, own: Array | None = None) -> Prepared:
        """A copy of the rows with these numbers, in this order; `own`: see `Arrays.take_part`."""
        data = self.data.take(rows) if own is None else self.data.take_part(rows, own)
        y_true = tuple(None if array is None else array[rows] for array in self.y_true)
        seen = tuple(None if array is None else array[rows] for array in self.seen)
        return replace(self, data=data, y_true=y_true, seen=seen)

    def inputs(self, start: int = 0, stop: int | None = None) -> dict[str, Array]:
        """Rows as an executable reads them, converted where it cannot read the user's memory."""
        rows = slice(start, stop)
        of_inputs = {name: readable(array[rows]) for name, array in zip(self.names, self.data.inputs, strict=True)}
        return {**of_inputs, **self.compared(start, stop)}

    def compared(self, start: int = 0, stop: int | None = None) -> dict[str, Array]:
        """The same without the images."""
        return {name: readable(array[start:stop]) for name, array in self._compared()}

    @property
    def readable_as_is(self) -> bool:
        """Whether an executable can read the user's memory."""
        arrays = [*self.data.inputs, *(array for _, array in self._compared())]
        return all(map(readable_as_is, arrays))

    def _compared(self) -> Iterator[tuple[str, Array]]:
        """Targets and weights by their names in the graph."""
        for objective, y_true, weight in zip(self.objectives, self.y_true, self.data.weights, strict=True):
            if objective is not None and y_true is not None:
                yield objective.target_name, y_true
            if objective is not None and objective.weighted and weight is not None:
                yield objective.weight_name, weight
        for name, place in {metric.target_name: metric.place for metric in self.compiled}.items():
            if (seen := self.seen[place]) is not None:
                yield name, seen

    def check_targets(self) -> None:
        """ValueError if targets hold NaN or infinity."""
        for array, label in zip(self.y_true, self.data.labels.targets, strict=True):
            if array is not None:
                check_finite(array, label, wide=self.data.labels.wide)


def prepare(model: Model, settings: CompileSettings, data: Arrays) -> Prepared:
    """ValueError if images or targets do not fit the model or the loss."""
    with told_at(data.place):
        prepared = _prepared(model, settings, data)
    return prepared if settings.run_eagerly else _with_metrics(model, settings, prepared)


def _with_metrics(model: Model, settings: CompileSettings, data: Prepared) -> Prepared:
    """The same with those metrics that programs can compute."""
    metrics = _metric_set(model, settings, data.data, data.sizes)
    if not metrics.each:
        return data
    shapes = model._programs.output_shapes(model, data.sizes)
    outputs = [tuple(extent for extent in shape[1:] if extent is not None) for shape in shapes]
    targets = [
        None if array is None or not spec.batched or None in shape[1:] else array.shape[1:]
        for array, spec, shape in zip(data.data.targets, model.output_specs, shapes, strict=True)
    ]
    compiled = metrics.compiled(targets, outputs, endings(model.output_specs))
    shapes_seen = {metric.place: metric.targets for metric in compiled}
    seen = tuple(
        None if array is None or place not in shapes_seen else _as_seen(model, array, shapes_seen[place])
        for place, array in enumerate(data.data.targets)
    )
    return replace(data, compiled=compiled, seen=seen)


def _as_seen(model: Model, targets: Array, shape: tuple[int, ...]) -> Array:
    """Targets as a program's metrics read them, in the model's precision, [n, *shape]."""
    return np.ascontiguousarray(targets, model._programs.dtype(model)).reshape(len(targets), *shape)


def _in_precision(model: Model, weights: Sequence[Array | None]) -> tuple[Array | None, ...]:
    """Weights of images as the model computes with them."""
    if all(weight is None for weight in weights):
        return tuple(weights)
    dtype = model._programs.dtype(model)
    return tuple(None if weight is None else np.require(weight, dtype, ["C", "A"]) for weight in weights)


def _prepared(model: Model, settings: CompileSettings, data: Arrays) -> Prepared:
    inputs = fitting(model, data.inputs, data.labels.inputs)
    data = replace(data, inputs=inputs, weights=_in_precision(model, data.weights))
    sizes = sizes_of(model, inputs)
    shapes = model._programs.output_shapes(model, sizes)
    chosen = settings.for_outputs(model)
    if own_loss.is_own(model):
        y_true, givens = given_targets(model, chosen, data, shapes)
        return Prepared(data, y_true, givens, tuple(input_names(model.input_specs)), sizes)
    return _compared(model, chosen, data, sizes, shapes)


def _compared(
    model: Model,
    chosen: OutputSettings,
    data: Arrays,
    sizes: Sizes | None,
    shapes: Sequence[tuple[int | None, ...]],
) -> Prepared:
    """For the losses that `compile` was given."""
    from planish.models.programs.step_graph import Objective

    y_true: list[Array | None] = []
    objectives: list[Objective | None] = []
    specs = model.output_specs
    if all(target is None for target in data.targets) and any(loss is not None for loss in chosen.losses):
        raise ValueError(
            explain(
                what="there are no targets", expected="`y`, or batches of (x, y)", remedy="pass the targets: fit(x, y)"
            )
        )
    for place, (target, weight) in enumerate(zip(data.targets, data.weights, strict=True)):
        loss = None
        if chosen.losses[place] is not None:
            if target is None:
                raise ValueError(_no_targets(specs[place].name, chosen, [spec.name for spec in specs]))
            loss = chosen.loss_for(place, target.shape, shapes[place])
        if loss is None or target is None:
            y_true.append(None)
            objectives.append(None)
            continue
        read = prepared_targets(model, loss, target, shapes[place], data.labels.targets[place])
        y_true.append(read)
        factor, ending = chosen.weights[place], endings(specs)[place]
        objectives.append(Objective(loss, factor, tuple(read.shape[1:]), weight is not None, ending))
    return Prepared(data, tuple(y_true), tuple(objectives), tuple(input_names(model.input_specs)), sizes)


def _no_targets(name: str, chosen: OutputSettings, names: Sequence[str]) -> str:
    wanted = [each for each, loss in zip(names, chosen.losses, strict=True) if loss is not None]
    return explain(
        what=f"there are no targets for the output {name!r}, which has a loss",
        expected="targets for " + ", ".join(map(repr, wanted)),
        remedy="y={" + ", ".join(f"{each!r}: ..." for each in wanted) + "}\n"
        f"or no loss for this output: compile(loss={{..., {name!r}: None}})",
    )


def fitting(model: Model, inputs: Sequence[Array], labels: Sequence[str] = ("x",)) -> tuple[Array, ...]:
    """Arrays as the model's inputs take them, a last axis of 1 added or dropped. ValueError if they do not fit."""
    fitted = []
    for place, (array, spec, label) in enumerate(zip(inputs, model.input_specs, labels, strict=True)):
        ranked = with_rank(array, spec.shape[1:])
        check_images(ranked, spec.shape[1:], model, label, place)
        fitted.append(ranked)
    return tuple(fitted)


def sizes_of(model: Model, inputs: Sequence[Array]) -> Sizes | None:
    """The shapes of the images, for a model that takes sizes from its data; None for other models."""
    if all(None not in spec.shape[1:] for spec in model.input_specs):
        return None
    return tuple(array.shape[1:] for array in inputs)


def prepared_targets(
    model: Model, loss: Loss, y: Array, outputs: Sequence[int | None] | None = None, label: str = "y"
) -> Array:
    """`y` as the loss reads it. ValueError, with the shapes that lead to the outputs, if it does not fit them."""
    try:
        return loss.prepare_targets(y, model.output_shape if outputs is None else outputs)
    except ExplainedError as error:
        if len(model.input_specs) > 1:
            error.args = (f"{label}: {error}",)
            raise
        raise error.told_with(chain=walk(model, model.input_shape[1:]).links) from None


def ensure_built(model: Model, x: Any) -> None:
    """Builds a model that was made without an input shape for the shape of its first data."""
    if model.knows_ends:
        return
    if _holds_several(model, x):
        shape = structures.mapped(lambda leaf: (None, *as_images(leaf, End()).shape[1:]), x)
    else:
        shape = (None, *as_images(x, End()).shape[1:])
    model.build(shape)


def _holds_several(model: Model, x: Any) -> bool:
    """Whether `x` is a structure of arrays, for a model that may have several inputs."""
    return not model.takes_one_input and structures.is_structure(x) and _are_arrays(x)


def _are_arrays(x: Any) -> bool:
    if isinstance(x, Mapping | list | tuple):
        items = x.values() if isinstance(x, Mapping) else x
        return len(x) > 0 and all(map(_are_arrays, items))
    return getattr(x, "ndim", 0) > 0


def run_metrics(model: Model, settings: CompileSettings, data: Arrays, sizes: Sizes | None = None) -> RunMetrics:
    """The model's metrics for a new run; made when the first targets are seen, as 'accuracy' depends on their shape."""
    metrics = RunMetrics(_metric_set(model, settings, data, sizes), own_loss.when_reset(model))
    metrics.reset()
    return metrics


def _metric_set(model: Model, settings: CompileSettings, data: Arrays, sizes: Sizes | None) -> MetricSet:
    if model._metric_set is None:
        shapes = model._programs.output_shapes(model, sizes)
        targets = [None if array is None else array.shape for array in data.targets]
        made = MetricSet(settings.for_outputs(model), targets, shapes, own_loss.metrics_of(model))
        model._metric_set = made  # the model's own `metrics` may read it
        made.own = own_loss.listed(model, made)
    return model._metric_set


def require_compiled(model: Model, what: str) -> CompileSettings:
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
    model: Model, x: Any, y: Any, sample_weight: Any, class_weight: Any, steps: Any, name: str, place: str = ""
) -> Stream:
    """The batches that `x` gives, shared with other ranks; `name` is that of the argument `steps`, and `place` the
    source's name in messages.

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
    stream = Stream(x, expected_by(model), class_weight, count, place, current_ranks())
    if not model.knows_ends:
        ensure_built(model, stream.peek())
        stream.expected = expected_by(model)
    return stream


@contextmanager
def out_of_memory_explained(model: Model, data: Any) -> Iterator[None]:
    """Adds which sizes did not fit, and what would."""
    try:
        yield
    except TooLargeError:
        raise
    except MemoryError as error:
        raise MemoryError(memory_message(model, data, str(error))) from error


def memory_message(model: Model, x: Any, detail: str) -> str:
    sizes = "an unknown number of images"
    if isinstance(x, np.ndarray):
        sizes = f"{len(x):,} images of {x.dtype}, {x.nbytes / 2**20:,.0f} MiB"
        if model.knows_ends:
            nbytes = sum(4 * len(x) * spec.shape[1] for spec in model.output_specs if len(spec.shape) == 2)
            sizes += f", outputs {nbytes / 2**20:,.0f} MiB" if nbytes else ""
    return explain(
        what="out of memory",
        received="\n".join(part for part in (sizes, detail) if part),
        remedy="pass the data in parts or as a generator, as float32 or uint8 in C order, or lower batch_size",
    )
