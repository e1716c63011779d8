"""A model's own `compute_loss`: traced like `call`, so that it becomes a part of the programs for training and tests.

It is run once on nodes, as Keras runs it once on tensors. What it returns is the loss of the step; what it updates
metrics with is computed by the program, too, and counted after each step.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from planish import overrides, primitives, signatures, structures, tracing
from planish.errors import explain
from planish.graph.node import NUMBERS, Node, layer_scope
from planish.layers.base.context import CallContext
from planish.layers.base.weight_owner import held
from planish.losses.loss import Loss
from planish.metrics import Metric
from planish.metrics.recording import Noted, updates_noted
from planish.models.data.arrays import Array
from planish.models.data.expected import expected_by, output_parts
from planish.models.programs.metric_set import MetricSet, OwnMetrics
from planish.tensor import tensor

if TYPE_CHECKING:
    from planish.models.model import Model

EXAMPLE = "return super().compute_loss(x, y, y_pred, sample_weight) + planish.ops.mean(planish.ops.abs(y_pred))"
_ARGUMENTS = ("x", "y", "y_pred", "sample_weight")


class Given(NamedTuple):
    """What `compute_loss` is given for an output, and the loss that `compile` set for it, with its factor.

    `targets`: the shape of the target of an image, None if there are no targets, which are of type `kind` (None:
    numbers). `ending` is what the names of the output's arrays end in; `label` is how the user writes the targets.
    """

    loss: Loss | None
    factor: float | None
    targets: tuple[int, ...] | None
    kind: str | None
    weighted: bool
    ending: str = ""
    label: str = "y"

    @property
    def target_name(self) -> str:
        return f"y_true{self.ending}"

    @property
    def weight_name(self) -> str:
        return f"sample_weight{self.ending}"

    @property
    def loss_name(self) -> str:
        return f"loss{self.ending}"

    @property
    def y_true(self) -> Node | None:
        return None if self.targets is None else primitives.input_(self.target_name, self.targets, self.kind)

    @property
    def weight(self) -> Node | None:
        return primitives.input_(self.weight_name, ()) if self.weighted else None


@dataclass(frozen=True)
class Computed:
    """An output of a program, in the place of an argument: a value for each image, or one for each step."""

    name: str
    batched: bool


class Update(NamedTuple):
    """What a metric is updated with after each step: `given` are its arguments, by position and by name."""

    metric: Metric
    given: Any

    def of_step(self, arrays: Mapping[str, Array], rows: slice, step: int) -> tuple[Metric, Any]:
        """The metric, and the arguments for one step, whose images are the `rows` of the arrays."""

        def known(leaf: Any) -> Any:
            if not isinstance(leaf, Computed):
                return leaf
            return tensor(arrays[leaf.name][rows if leaf.batched else step])

        return self.metric, structures.mapped(known, self.given)


class Result(NamedTuple):
    """What a step computes instead of losses: the outputs of its graph, with the total under 'penalty' and what is
    minimised under 'minimised'; and the updates of metrics."""

    outputs: dict[str, Node]
    updates: tuple[Update, ...]


def is_own(model: Model) -> bool:
    """Whether the model's class, or the object itself, has a `compute_loss` of the user's."""
    return overrides.writes(model, "compute_loss")


def check(model: Model) -> None:
    """TypeError for a `compute_loss` that cannot be called as it will be."""
    if is_own(model):
        signatures.require(model.compute_loss, "compute_loss", *_ARGUMENTS, **_training_of(model, True))


def _training_of(model: Model, training: bool) -> dict[str, bool]:
    """As in Keras, `training` is passed to those who take it by name."""
    try:
        takes = "training" in inspect.signature(model.compute_loss).parameters
    except (TypeError, ValueError):
        takes = False
    return {"training": training} if takes else {}


def tracked(model: Model) -> list[Metric]:
    """The metrics that are attributes of the model, and then of the layers in it."""
    return [*dict.fromkeys(metric for layer in model.flattened() for metric in held(vars(layer), (Metric,)))]


def metrics_of(model: Model) -> OwnMetrics:
    """The metrics that `compute_loss` may update."""
    return OwnMetrics(True, tracked(model)) if is_own(model) else OwnMetrics()


def listed(model: Model, usual: MetricSet) -> OwnMetrics:
    """Those of `usual`, with what the model's own `metrics` says."""
    if not (usual.own.used and overrides.writes(model, "metrics")):
        return usual.own
    given = [*model.metrics]
    more = [metric for metric in given if metric not in usual.all]
    return usual.own._replace(metrics=[*usual.own.metrics, *more], listed=given)


def when_reset(model: Model) -> Callable[[], object] | None:
    """The model's own `reset_metrics`, if it has one."""
    return model.reset_metrics if overrides.writes(model, "reset_metrics") else None


# ------------------------------------------------------------------ the trace
class _Trace:
    """A `compute_loss` that is running: what it was given, and what `super().compute_loss` found for each output."""

    def __init__(self, model: Model, givens: Sequence[Given], context: CallContext) -> None:
        self.model = model
        self.givens = givens
        self.context = context
        self.of_outputs: dict[str, list[Node]] = {}

    def usual(self, y: Any, y_pred: Any, sample_weight: Any) -> Node:
        """What `compile` says: the losses of all outputs, and what layers and regularizers add."""
        columns = _by_output(self.model, y, y_pred, sample_weight)
        terms = [
            self._of_output(given, *column)
            for given, column in zip(self.givens, columns, strict=True)
            if given.loss is not None
        ]
        total: Node = _sum([*terms, *self.model.losses])
        return total

    def _of_output(self, given: Given, y: Any, y_pred: Any, weight: Any) -> Node:
        loss = given.loss
        assert loss is not None
        if not (isinstance(y, Node) and isinstance(y_pred, Node)):
            raise _not_given(loss, y)
        y = _fitted(loss, y, y_pred)
        if weight is not None:
            loss.check_weighted()
        if loss.reduction == "none":
            value = loss.traced(y, y_pred)
            value = value if weight is None else primitives.multiply(value, weight)
        else:
            per_image = loss.per_sample(y, y_pred) if weight is None else loss.weighted(y, y_pred, weight)
            self.of_outputs.setdefault(given.loss_name, []).append(per_image)
            value = _mean(per_image)
        return value if given.factor is None else primitives.multiply(value, given.factor)


_running: ContextVar[_Trace | None] = ContextVar("running", default=None)


def result(
    model: Model, givens: Sequence[Given], inputs: Sequence[Node], outputs: Sequence[Node], context: CallContext
) -> Result:
    """Runs `compute_loss` on the nodes that the model was traced with. TypeError for what cannot be compiled."""
    trace = _Trace(model, givens, context)
    arguments = (
        structures.packed(model.input_form, [*inputs]),
        *_as_given(model, givens, [given.y_true for given in givens], [given.weight for given in givens]),
    )
    x, y, weights = arguments
    y_pred = structures.packed(model.output_form, [*outputs])
    training = _training_of(model, context.training)

    def run() -> Any:
        return model.compute_loss(x, y, y_pred, weights, **training)

    with _tracing(trace), updates_noted() as noted:
        total = tracing.traced(
            f"{model.label}, compute_loss", run, given="y, y_pred and the model's layers", example=EXAMPLE
        )
    found = {name: _average(values) for name, values in trace.of_outputs.items() if name != "loss"}
    updates, computed = _updates(noted)
    return Result({**found, **computed, "penalty": _reported(total), "minimised": _added(total)}, updates)


@contextmanager
def _tracing(trace: _Trace) -> Iterator[None]:
    """As in Keras, layers that `compute_loss` calls are not told whether the model is trained."""
    context = trace.context.untold()
    context.loss_of = trace.model
    token = _running.set(trace)
    try:
        with context.ambient(), layer_scope(trace.model.name):
            yield
    finally:
        _running.reset(token)


def _updates(noted: Sequence[Noted]) -> tuple[tuple[Update, ...], dict[str, Node]]:
    """The updates, and the nodes that they need, by names in the graph."""
    nodes: dict[str, Node] = {}

    def named(leaf: Any) -> Any:
        if not isinstance(leaf, Node):
            return leaf
        node = leaf if leaf.type.dtype in (*NUMBERS, "i32") else primitives.select(leaf, 1.0, 0.0)
        name = f"tracked/{len(nodes)}"
        nodes[name] = node
        return Computed(name, node.batched)

    updates = [Update(each.metric, structures.mapped(named, (each.arguments, each.named))) for each in noted]
    return tuple(updates), nodes


def _as_given(
    model: Model, givens: Sequence[Given], targets: Sequence[Node | None], weights: Sequence[Node | None]
) -> tuple[Any, Any]:
    """Targets and weights in the structure in which the user gave the targets."""
    y = None if all(each is None for each in targets) else _packed(model, givens, targets)
    return y, (None if all(each is None for each in weights) else _packed(model, givens, weights))


def _packed(model: Model, givens: Sequence[Given], items: Sequence[Any]) -> Any:
    """By the names of outputs, if the user wrote y['name']; else like the model's outputs."""
    names = [given.label.partition("[")[2].rstrip("]") for given in givens]
    if len(givens) > 1 and all(name.startswith("'") for name in names):
        return {name.strip("'"): item for name, item in zip(names, items, strict=True)}
    return structures.packed(model.output_form, [*items])


# ------------------------------------------------------------------ what Keras's own method gives
def usual(model: Model, y: Any, y_pred: Any, sample_weight: Any) -> Any:
    """What `compute_loss` gives in a model that does not override it: a node in a trace, else a number."""
    trace = _running.get()
    if trace is not None and trace.model is model:
        return trace.usual(y, y_pred, sample_weight)
    return _of_arrays(model, y, y_pred, sample_weight)


def _of_arrays(model: Model, y: Any, y_pred: Any, sample_weight: Any) -> Any:
    from planish.models.programs.prepare import require_compiled

    chosen = require_compiled(model, "compute_loss").for_outputs(model)
    terms: list[Any] = []
    for place, (target, output, weight) in enumerate(_by_output(model, y, y_pred, sample_weight)):
        if chosen.losses[place] is None:
            continue
        loss = chosen.loss_for(place, np.shape(target), np.shape(output))
        assert loss is not None
        factor = chosen.weights[place]
        value = loss(target, output, sample_weight=weight)
        terms.append(value if factor is None else value * factor)
    return _sum([*terms, *model.losses])


def _by_output(model: Model, y: Any, y_pred: Any, sample_weight: Any) -> list[tuple[Any, Any, Any]]:
    """Target, output and weights of each output."""
    expected = expected_by(model)
    whole = not structures.is_structure(sample_weight) and sample_weight is not None
    columns = [
        [part.value for part in output_parts(each, name, expected)] for each, name in ((y, "y"), (y_pred, "y_pred"))
    ]
    weights = (
        [sample_weight] * len(expected.outputs)
        if whole
        else [part.value for part in output_parts(sample_weight, "sample_weight", expected)]
    )
    return [*zip(*columns, weights, strict=True)]


def _sum(terms: Sequence[Any]) -> Any:
    """ValueError if there are none."""
    from planish.models.programs.step_graph import check_minimised

    if not terms:
        check_minimised([])
    return reduce(lambda a, b: a + b, terms)


def _not_given(loss: Loss, y: Any) -> Exception:
    """An error inside of `compute_loss`: whoever traces it says of which model."""
    missing = y is None
    error = ValueError if missing else TypeError
    return error(
        explain(
            what=f"super().compute_loss was called without targets for the loss '{loss.name}'"
            if missing
            else "super().compute_loss takes what is computed from y and y_pred",
            received=None if missing else f"{type(y).__name__}",
            remedy="pass the targets: fit(x, y)\nor compile without a loss, and return what y_pred gives alone",
        )
    )


def _fitted(loss: Loss, y: Node, y_pred: Node) -> Node:
    """Targets as the loss reads them: a last axis of 1 is added or dropped, as for arrays."""
    wanted = y_pred.shape[:-1] if loss.target_kind == "labels" else y_pred.shape
    fits = y.shape == (*wanted, 1) or (wanted[-1:] == (1,) and y.shape == wanted[:-1])
    return primitives.reshape(y, wanted) if fits else y


# ------------------------------------------------------------------ totals
def _mean(value: Node) -> Node:
    """Over the batch, if there is a value for each image."""
    return primitives.divide(primitives.batch_sum(value), primitives.batch_size()) if value.batched else value


def _average(values: Sequence[Node]) -> Node:
    return values[0] if len(values) == 1 else primitives.divide(reduce(primitives.add, values), float(len(values)))


def _reported(total: Node) -> Node:
    """As in Keras, the mean of all elements."""
    axes = range(len(total.shape))
    return _mean(primitives.reduce_mean(total, axes) if axes else total)


def _added(total: Node) -> Node:
    """The sum of all elements: that is what gradients are of, as in TensorFlow."""
    axes = range(len(total.shape))
    value = primitives.reduce_sum(total, axes) if axes else total
    return primitives.batch_sum(value) if value.batched else value
