"""The graphs behind `evaluate` and `fit`: the model, the loss, gradients and the optimizer's update in one program."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any, NamedTuple

from planish import constraints, primitives, regularizers, standalone
from planish.autodiff import gradients
from planish.graph.graph import Graph
from planish.graph.node import Node
from planish.layers.context import CallContext
from planish.losses.loss import Loss
from planish.optimizers import Optimizer
from planish.passes.before_gradients import before_gradients
from planish.variable import Variable

ELEMENT_TYPES = {"labels": "i32", "dense": "f32"}
"""The type of a loss's targets in the graph, by `target_kind`."""


class Objective(NamedTuple):
    """The loss to minimise: `loss` for targets of a shape (batch axis left out), times a factor and sample weights."""

    loss: Loss
    factor: float | None
    targets: tuple[int, ...]
    weighted: bool

    def per_image(self, y: Node) -> Node:
        """The weighted loss of each image: batched, shape ()."""
        value = self.loss.per_sample(self._y_true, y)
        if self.factor is not None:
            value = primitives.multiply(value, self.factor)
        if not self.weighted:
            return value
        self.loss.check_weighted()
        weight = primitives.input_("sample_weight", ())
        value = primitives.multiply(value, weight)
        if self.loss.reduction == "mean_with_sample_weight":  # divided by the sum of the weights, not by their number
            value = primitives.divide(value, primitives.divide(primitives.batch_sum(weight), primitives.batch_size()))
        return value

    def minimised(self, mean: Node, y: Node) -> Node:
        """What training makes smaller, given `mean`: the mean of the losses over the batch plus penalties."""
        return self.loss.minimised(mean, self._y_true, y)

    @property
    def _y_true(self) -> Node:
        return primitives.input_("y_true", self.targets, ELEMENT_TYPES[self.loss.target_kind])


def test_graph(model: Any, objective: Objective) -> Graph:
    """'x', 'y_true' and perhaps 'sample_weight' -> 'y' and the weighted 'loss' of each image, without penalties."""
    (y,) = model.trace(CallContext(training=False)).outputs
    return Graph.build({"y": y, "loss": objective.per_image(y)})


def penalty_graph(model: Any) -> Graph | None:
    """The regularisation 'penalty' (an unbatched scalar) as `evaluate` adds it to the loss; None if there is none."""
    context = CallContext(training=False)
    model.trace(context)
    penalty = _penalty(model, context)
    return None if penalty is None else Graph.build({"penalty": penalty})


def training_graph(
    model: Any, objective: Objective, optimizer: Optimizer, *, with_outputs: bool
) -> tuple[Graph, list[Variable]]:
    """One training step, and the variables that it reads or changes.

    Outputs: the 'loss' of each image, 'y' if asked for, and the scalar 'penalty' if the model has one. It minimises
    the mean of the losses over the batch plus the penalty (see `Loss.minimised`). Updates: weights, the optimizer's
    slots, and moving statistics.
    """
    context = CallContext(training=True)
    (y,) = model.trace(context).outputs
    losses = objective.per_image(y)
    outputs = {"loss": losses}
    if with_outputs:
        outputs["y"] = y
    penalty = _penalty(model, context)
    if penalty is not None:
        outputs["penalty"] = penalty
    forward = Graph.build(outputs, {variable.path: value for variable, value in context.updates.items()})
    forward = before_gradients(forward)
    outputs, updates = dict(forward.outputs), dict(forward.updates)
    total = primitives.divide(primitives.batch_sum(outputs["loss"]), primitives.batch_size())
    if penalty is not None:
        total = primitives.add(total, outputs["penalty"])
    updates |= _optimizer_updates(optimizer, model.trainable_weights, objective.minimised(total, y))
    slots = [slot for weight in model.trainable_weights for slot in optimizer.slots(weight).values()]
    graph = Graph.build(outputs, updates)
    return graph, [*model.weights, *slots, *standalone.read_by(graph)]


def depends_on_batch(graph: Graph) -> bool:
    """Whether an image's outputs depend on which, or how many, other images are in its batch."""
    return any(node.op in ("batch_size", "batch_sum", "batch_max") for node in graph.nodes)


def _penalty(model: Any, context: CallContext) -> Node | None:
    """The sum of the penalties that layers added while they were traced and of the weights' regularizers."""
    terms = [*context.losses]
    for weight in model.trainable_weights:
        if weight.regularizer is not None:
            terms.append(regularizers.applied(weight.regularizer, weight.node))
    return reduce(primitives.add, terms) if terms else None


def _optimizer_updates(optimizer: Optimizer, weights: Sequence[Variable], total: Node) -> dict[str, Node]:
    """New values of the weights and of the optimizer's slots."""
    nodes = [weight.node for weight in weights]
    slots = [optimizer.slots(weight) for weight in weights]
    scalars = {name: primitives.scalar(name) for name in optimizer.scalars(0)}
    values, new_slots = optimizer.update_graph(
        nodes,
        gradients(total, nodes),
        [{name: slot.node for name, slot in of_weight.items()} for of_weight in slots],
        scalars,
    )
    updates = {weight.path: _constrained(weight, value) for weight, value in zip(weights, values, strict=True)}
    for of_weight, changed in zip(slots, new_slots, strict=True):
        updates |= {of_weight[name].path: value for name, value in changed.items()}
    return updates


def _constrained(weight: Variable, value: Node) -> Node:
    """The new value of a weight, as its constraint wants it."""
    return value if weight.constraint is None else constraints.applied(weight.constraint, value, weight.path)
