"""The graphs behind `evaluate` and `fit`: the model, the loss, gradients and the optimizer's update in one program."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Sequence
from functools import reduce
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from planish import constraints, primitives, regularizers, standalone
from planish.autodiff import gradients
from planish.errors import explain
from planish.graph.graph import Graph
from planish.graph.node import Node
from planish.layers.base.context import CallContext
from planish.losses.loss import Loss
from planish.models.ends.graph_names import input_names, output_names
from planish.models.programs import own_loss, split
from planish.models.programs.own_loss import Given, Update
from planish.models.programs.split import Split
from planish.optimizers import Optimizer
from planish.passes.before_gradients import before_gradients
from planish.primitives.of_the_batch import OF_THE_BATCH
from planish.primitives.total import total_of
from planish.variable import Variable

if TYPE_CHECKING:
    from planish.models.model import Model, Traced

ELEMENT_TYPES = {"labels": "i32", "numbers": None}
"""The type of a loss's targets in the graph, by `target_kind`."""


class Objective(NamedTuple):
    """The loss of an output: `loss` for targets of a shape (batch axis left out), times a factor and sample weights.

    `ending` is what the names of the output's arrays in the graph end in: nothing for the only output of a model.
    """

    loss: Loss
    factor: float | None
    targets: tuple[int, ...]
    weighted: bool
    ending: str = ""

    @property
    def target_name(self) -> str:
        return f"y_true{self.ending}"

    @property
    def weight_name(self) -> str:
        return f"sample_weight{self.ending}"

    @property
    def loss_name(self) -> str:
        return f"loss{self.ending}"

    def per_image(self, y: Node) -> Node:
        """The weighted loss of each image, without the factor: batched, shape ()."""
        if not self.weighted:
            return self.loss.per_sample(self._y_true, y)
        self.loss.check_weighted()
        return self.loss.weighted(self._y_true, y, primitives.input_(self.weight_name, ()))

    def minimised(self, mean: Node, y: Node) -> Node:
        """What training makes smaller, given `mean`: the mean of the losses over the batch plus penalties."""
        return self.loss.minimised(mean, self._y_true, y)

    @property
    def _y_true(self) -> Node:
        return primitives.input_(self.target_name, self.targets, ELEMENT_TYPES[self.loss.target_kind])


class Step(NamedTuple):
    """A training step, the variables that it reads or changes, and its trunk, if that was cut off.

    `own_statistics`: it has sums that each of several ranks takes over its own images alone (see `training_graph`).
    `updates` are those of metrics in a `compute_loss` of the model's own."""

    graph: Graph
    variables: list[Variable]
    trunk: Graph | None
    own_statistics: bool = False
    updates: tuple[Update, ...] = ()


class Evaluation(NamedTuple):
    """What `evaluate` computes, and the updates of metrics in a `compute_loss` of the model's own."""

    split: Split
    updates: tuple[Update, ...] = ()


Objectives = Sequence[Objective | Given | None]
"""One for each output of a model; None for those without a loss. All are `Given` to a `compute_loss` of its own."""


def losses_of(objectives: Objectives, outputs: Sequence[Node]) -> dict[str, Node]:
    """The 'loss' of each image, the sum over all outputs; and if several have a loss, each by itself."""
    pairs = [*_pairs(objectives, outputs)]
    values = {objective.loss_name: objective.per_image(y) for objective, y in pairs}
    terms = [
        values[objective.loss_name]
        if objective.factor is None
        else primitives.multiply(values[objective.loss_name], objective.factor)
        for objective, _ in pairs
    ]
    if not terms:
        return {}
    return {**(values if len(values) > 1 else {}), "loss": reduce(primitives.add, terms)}


def _pairs(objectives: Objectives, outputs: Sequence[Node]) -> Iterator[tuple[Objective, Node]]:
    for objective, y in zip(objectives, outputs, strict=True):
        if isinstance(objective, Objective):
            yield objective, y


def _computed(
    model: Model, objectives: Objectives, traced: Traced, context: CallContext
) -> tuple[dict[str, Node], tuple[Update, ...]]:
    """Losses by their names in the graph, penalties included for a `compute_loss` of the model's own; and its updates
    of metrics."""
    if own_loss.is_own(model):
        givens = [each for each in objectives if isinstance(each, Given)]
        return own_loss.result(model, givens, traced.inputs, traced.outputs, context)
    return losses_of(objectives, traced.outputs), ()


class Part(Protocol):
    """What a program computes of an output of the model besides its loss: a metric."""

    @property
    def name(self) -> str: ...
    @property
    def place(self) -> int: ...
    def value(self, y: Node) -> Node: ...


def evaluation_graph(
    model: Model, objectives: Objectives, sizes: Any = None, metrics: Sequence[Part] = (), *, divided: bool = False
) -> Evaluation:
    """Inputs, 'y_true' and perhaps 'sample_weight' -> 'y' and the weighted 'loss' of each image, without penalties; or
    the whole as 'penalty', if the model has a `compute_loss` of its own.

    Updates: whatever layers assign outside of training, too. `divided`: the trunk, if there is one, is cut off."""
    context = CallContext(training=False)
    traced = model.trace(context, sizes)
    losses, updates = _computed(model, objectives, traced, context)
    losses.pop("minimised", None)
    named = dict(zip(output_names(model.output_specs), traced.outputs, strict=True))
    named |= {**losses, **_values_of(metrics, traced.outputs)}
    graph = Graph.build(named, _updates(context))
    if not (divided and split.may_have_trunk(model)):
        return Evaluation(Split.whole(graph), updates)
    step = CallContext(training=True)
    model.trace(step, sizes)
    return Evaluation(split.split(graph, input_names(model.input_specs), split.changing(model, step)), updates)


def _values_of(metrics: Sequence[Part], outputs: Sequence[Node]) -> dict[str, Node]:
    return {metric.name: metric.value(outputs[metric.place]) for metric in metrics}


def _updates(context: CallContext) -> dict[str, Node]:
    """What layers gave variables, by their paths."""
    return {variable.path: value for variable, value in context.updates.items()}


def _given(weights: Sequence[Variable], context: CallContext) -> dict[str, Node]:
    """All values that layers gave trained weights, under names of their own."""
    given = context.updates.of_trained
    return {f"{weight.path}#{place}": value for weight in weights for place, value in enumerate(given.get(weight, ()))}


def penalty_graph(model: Model, sizes: Any = None) -> Graph | None:
    """The regularisation 'penalty' (an unbatched scalar) as `evaluate` adds it to the loss; None if there is none, and
    for a `compute_loss` of the model's own, which has it in its total."""
    if own_loss.is_own(model):
        return None
    context = CallContext(training=False)
    model.trace(context, sizes)
    penalty = _penalty(model, context)
    return None if penalty is None else Graph.build({"penalty": penalty})


def training_graph(
    model: Model,
    objectives: Objectives,
    optimizer: Optimizer,
    *,
    with_outputs: bool,
    sizes: Any = None,
    metrics: Sequence[Part] = (),
    divided: bool = False,
    ranks: int = 0,
) -> Step:
    """One training step. `divided`: the trunk, if there is one, is cut off. `ranks`: how many processes share a batch;
    0 if there are no others.

    Mostly the compiler makes totals over all ranks of all sums over images. Where a layer wants some over the rank's
    own images (`CallContext.own_sum`), the graph itself says what is a total: all other sums of the forward pass, and
    the gradients of weights. Then a rank computes the gradient of its own part of the loss; all parts add up to the
    loss.

    Outputs: the 'loss' of each image (see `losses_of`), 'y' of each output if asked for, the values of `metrics`, and
    the scalar 'penalty' if the model has one. It minimises the mean of the losses over the batch plus the penalty (see
    `Loss.minimised`). What a `compute_loss` of the model's own returns is the 'penalty', and there is no 'loss'.
    Updates: weights, the optimizer's slots, moving statistics, and whatever layers assign. ValueError if there is
    neither a loss nor a penalty.
    """
    context = CallContext(training=True, shared=ranks > 0)
    traced = model.trace(context, sizes)
    ys = traced.outputs
    losses, of_metrics = _computed(model, objectives, traced, context)
    outputs = {**losses, **_values_of(metrics, ys)}
    if with_outputs:
        outputs |= dict(zip(output_names(model.output_specs), ys, strict=True))
    penalty = None if "minimised" in outputs else _penalty(model, context)
    if penalty is not None:
        outputs["penalty"] = penalty
    check_minimised(outputs)
    weights = model.trainable_weights
    forward = Graph.build(outputs, {**_updates(context), **_given(weights, context)})
    if context.own_sums:
        forward = _with_totals(forward, context.own_sums)
    trunk = None
    if divided and split.may_have_trunk(model):
        trunk, forward, moved = split.split(forward, input_names(model.input_specs), split.changing(model, context))
        ys = tuple(moved.get(y, y) for y in ys)
    forward = before_gradients(forward)
    outputs, updates = dict(forward.outputs), dict(forward.updates)
    values = [[weight.node, *(updates.pop(name) for name in _given([weight], context))] for weight in weights]
    total = _total(outputs, objectives, ys, 1.0 / ranks if context.own_sums else 1.0)
    updates |= _optimizer_updates(optimizer, weights, values, total, totals=bool(context.own_sums))
    slots = [slot for weight in weights for slot in optimizer.slots(weight).values()]
    graph = Graph.build(outputs, updates)
    variables = standalone.bound([*model.weights, *slots], graph)
    return Step(graph, variables, trunk, bool(context.own_sums), of_metrics)


def _total(outputs: dict[str, Node], objectives: Objectives, ys: Sequence[Node], own_part: float) -> Node:
    """What is minimised; `own_part` is this rank's of what all ranks compute alike. Drops what is needed here alone."""
    own = outputs.pop("minimised", None)
    whole = outputs.get("penalty") if own is None else own
    terms = []
    if "loss" in outputs:
        terms.append(primitives.divide(primitives.batch_sum(outputs["loss"]), primitives.batch_size()))
    if whole is not None:
        terms.append(whole if own_part == 1.0 else primitives.multiply(whole, own_part))
    return _minimised(reduce(primitives.add, terms), objectives, ys)


def _with_totals(graph: Graph, own: Collection[Node]) -> Graph:
    """The graph with totals over all ranks of all sums over images but those in `own`."""

    def rule(original: Node, node: Node) -> Node | None:
        is_sum = not node.batched and any(source.batched for source in node.inputs)
        return total_of(node) if is_sum and original not in own else None

    return graph.rewrite_knowing(rule)


def _minimised(mean: Node, objectives: Objectives, outputs: Sequence[Node]) -> Node:
    """As a loss that is not reduced has it (see `Loss.minimised`), if there is one."""
    given = [*_pairs(objectives, outputs)]
    unreduced = [(each, y) for each, y in given if each.loss.reduction == "none"] or given
    return unreduced[0][0].minimised(mean, unreduced[0][1]) if unreduced else mean


def check_minimised(names: Collection[str]) -> None:
    """ValueError if there is neither a loss nor a penalty among the outputs of a graph."""
    if "loss" not in names and "penalty" not in names:
        raise ValueError(
            explain(what="the model was compiled without a loss", remedy="compile(optimizer=..., loss=...)")
        )


def depends_on_batch(graph: Graph) -> bool:
    """Whether an image's outputs depend on which, or how many, other images are in its batch."""
    return any(node.op in OF_THE_BATCH for node in graph.nodes)


def _penalty(model: Model, context: CallContext) -> Node | None:
    """The sum of the penalties that layers added while they were traced and of the weights' regularizers."""
    terms = [*context.losses]
    for weight in model.trainable_weights:
        if weight.regularizer is not None:
            terms.append(regularizers.applied(weight.regularizer, context.updates.get(weight, weight.node)))
    return reduce(primitives.add, terms) if terms else None


def _optimizer_updates(
    optimizer: Optimizer, weights: Sequence[Variable], values: Sequence[Sequence[Node]], total: Node, *, totals: bool
) -> dict[str, Node]:
    """New values of the weights and of the optimizer's slots, from all `values` that each weight has had in the step.

    The optimizer goes on from the last of them, by the gradient of all: of its `totals` over ranks, if it is one of the
    rank's own part of the loss.
    """
    flat = [*itertools.chain(*values)]
    found = gradients(total, flat)
    every = dict(zip(flat, map(primitives.total, found) if totals else found, strict=True))
    slots = [optimizer.slots(weight) for weight in weights]
    scalars = {name: primitives.scalar(name) for name in optimizer.scalars(0)}
    changed_values, new_slots = optimizer.update_graph(
        [each[-1] for each in values],
        [reduce(primitives.add, [every[value] for value in each]) for each in values],
        [{name: slot.node for name, slot in of_weight.items()} for of_weight in slots],
        scalars,
        [weight.node for weight in weights],
    )
    updates = {weight.path: _constrained(weight, value) for weight, value in zip(weights, changed_values, strict=True)}
    for of_weight, changed in zip(slots, new_slots, strict=True):
        updates |= {of_weight[name].path: value for name, value in changed.items()}
    return updates


def _constrained(weight: Variable, value: Node) -> Node:
    """The new value of a weight, as its constraint wants it."""
    return value if weight.constraint is None else constraints.applied(weight.constraint, value, weight.path)
