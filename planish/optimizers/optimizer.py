"""What all optimizers share: arguments, slots, the count of steps, clipping, weight decay and averaging of weights.

An optimizer never touches an array: it says in graph operations how a weight changes, and the compiled step does it.
Numbers that change from step to step (learning rate, bias corrections) are computed here in float64 and handed over as
scalars.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any

import numpy as np

from planish import naming, ops, serialization
from planish.errors import explain
from planish.graph.node import Node
from planish.optimizers.schedules import LearningRateSchedule
from planish.variable import Variable

Slots = dict[str, Node]
Scalars = Mapping[str, Node]
EMA_SLOT = "average"


class Optimizer:
    """Base of all optimizers.

    Subclasses name their slots and write `step` (and `step_scalars`, if they need more than the rate).
    """

    slot_names: tuple[str, ...] = ()

    def __init__(
        self,
        learning_rate: float | LearningRateSchedule = 0.001,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        self.name = name or naming.snake_case(type(self).__name__).replace("rm_sprop", "rmsprop")
        self._refuse(
            loss_scale_factor=loss_scale_factor, gradient_accumulation_steps=gradient_accumulation_steps, **kwargs
        )
        self._check_clipping(clipnorm=clipnorm, clipvalue=clipvalue, global_clipnorm=global_clipnorm)
        self.clipnorm, self.clipvalue, self.global_clipnorm = clipnorm, clipvalue, global_clipnorm
        self.weight_decay = weight_decay
        self.use_ema, self.ema_momentum, self.ema_overwrite_frequency = use_ema, ema_momentum, ema_overwrite_frequency
        if use_ema and not 0 <= ema_momentum <= 1:
            raise ValueError(self._text("`ema_momentum` is a share", "0 to 1", ema_momentum))
        self._learning_rate = _checked_rate(self, learning_rate)
        self.iterations = 0
        self.built = False
        self._slots: dict[str, dict[str, Variable]] = {}
        self._undecayed: list[str] = []

    def _text(self, what: str, expected: str, received: object, remedy: str | None = None) -> str:
        return explain(what=f"{type(self).__name__}: {what}", expected=expected, received=repr(received), remedy=remedy)

    def _refuse(self, **arguments: Any) -> None:
        for name, value in arguments.items():
            if value is not None:
                raise ValueError(self._text(f"`{name}` is not supported", "None", value, "leave it out"))

    def _check_clipping(self, **arguments: float | None) -> None:
        given = {name: value for name, value in arguments.items() if value is not None}
        if len(given) > 1:
            raise ValueError(
                self._text("gradients can be clipped in one way only", "one of " + ", ".join(arguments), given)
            )
        for name, value in given.items():
            if value <= 0:
                raise ValueError(self._text(f"`{name}` is a bound", "a number above 0", value))

    # ------------------------------------------------------------------ the learning rate
    @property
    def learning_rate(self) -> Any:
        """The rate of the next step, as a float."""
        return self._rate(self.iterations)

    @learning_rate.setter
    def learning_rate(self, value: float | LearningRateSchedule) -> None:
        if isinstance(self._learning_rate, LearningRateSchedule) and not isinstance(value, LearningRateSchedule):
            raise TypeError(
                self._text(
                    "the learning rate follows a schedule", "a schedule", value, "make the optimizer with a number"
                )
            )
        self._learning_rate = _checked_rate(self, value)

    def _rate(self, step: int) -> float:
        rate = self._learning_rate
        return float(rate(step)) if isinstance(rate, LearningRateSchedule) else float(rate)

    # ------------------------------------------------------------------ slots
    def build(self, variables: Sequence[Variable]) -> None:
        """Makes the slots of `variables`; those that exist are kept."""
        for variable in variables:
            self.slots(variable)
        self.built = True

    def slots(self, variable: Variable) -> dict[str, Variable]:
        """The optimizer's own values for a weight, of the weight's shape, by the name of the slot."""
        if variable.path not in self._slots:
            names = [*self.used_slots(), *([EMA_SLOT] if self.use_ema else [])]
            flat = re.sub("/", "_", variable.path)
            self._slots[variable.path] = {
                name: Variable(
                    f"{flat}_{name}",
                    f"{self.name}/{flat}_{name}",
                    variable.shape,
                    trainable=False,
                    initializer=self._start(name, variable),
                )
                for name in names
            }
        return self._slots[variable.path]

    def used_slots(self) -> tuple[str, ...]:
        """The names of the slots that the arguments ask for."""
        return self.slot_names

    def _start(self, name: str, variable: Variable) -> Any:
        return (lambda shape: variable.value.copy()) if name == EMA_SLOT else self.slot_start(name)

    def slot_start(self, name: str) -> Any:
        """What makes the first value of a slot: a function of its shape."""
        return np.zeros

    @property
    def variables(self) -> list[Variable]:
        """As Keras lists them: the count of steps, the learning rate, then the slots."""
        counter = Variable("iteration", f"{self.name}/iteration", (), "int64", False)
        rate = Variable("learning_rate", f"{self.name}/learning_rate", (), trainable=False)
        counter.assign(self.iterations)
        rate.assign(self.learning_rate)
        return [counter, rate, *(slot for slots in self._slots.values() for slot in slots.values())]

    # ------------------------------------------------------------------ the update
    def scalars(self, step: int) -> dict[str, float]:
        """The numbers of step `step` (the count of steps before it)."""
        values = {"learning_rate": self._rate(step), **self.step_scalars(step)}
        if self.use_ema:  # the first average is the weight itself
            values["average_momentum"] = self.ema_momentum if step else 0.0
        if self.use_ema and self.ema_overwrite_frequency:
            values["overwrite"] = float((step + 1) % self.ema_overwrite_frequency == 0)
        return values

    def step_scalars(self, step: int) -> dict[str, float]:
        """Numbers besides the learning rate."""
        return {}

    def step(self, weight: Node, gradient: Node, slots: Slots, scalars: Scalars) -> tuple[Node, Slots]:
        """The new weight, and the new values of slots that change."""
        raise NotImplementedError(f"optimizer {type(self).__name__} defines no step(...)")

    def update_graph(
        self, variable_nodes: list[Node], gradients: list[Node], slots: list[Slots], scalars: Scalars
    ) -> tuple[list[Node], list[Slots]]:
        """New weights and new slots: gradients are clipped, weights decay, the rule is applied, averages follow."""
        values, new_slots = [], []
        for weight, gradient, own in zip(variable_nodes, self._clipped(gradients), slots, strict=True):
            decayed = self._decayed(weight, scalars)
            value, changed = self.step(decayed, gradient, own, scalars)
            if self.use_ema:
                kept = scalars["average_momentum"]
                average = ops.add(ops.multiply(own[EMA_SLOT], kept), ops.multiply(value, ops.subtract(1.0, kept)))
                changed = {**changed, EMA_SLOT: average}
                if "overwrite" in scalars:
                    value = ops.select(scalars["overwrite"], average, value)
            values.append(value)
            new_slots.append(changed)
        return values, new_slots

    def _clipped(self, gradients: list[Node]) -> list[Node]:
        if self.clipvalue is not None:
            return [ops.minimum(ops.maximum(gradient, -self.clipvalue), self.clipvalue) for gradient in gradients]
        if self.clipnorm is not None:
            return [_bounded(gradient, _square_sum(gradient), self.clipnorm) for gradient in gradients]
        if self.global_clipnorm is not None and gradients:
            total = reduce(ops.add, [_square_sum(gradient) for gradient in gradients])
            return [_bounded(gradient, total, self.global_clipnorm) for gradient in gradients]
        return gradients

    def exclude_from_weight_decay(
        self, var_list: Sequence[Variable] | None = None, var_names: Sequence[str] | None = None
    ) -> None:
        """Weights that do not decay.

        Given themselves, or by words that their names contain. Call it before training.
        """
        self._undecayed += [re.escape(variable.path) + "$" for variable in var_list or ()]
        self._undecayed += [re.escape(word) for word in var_names or ()]

    def _decayed(self, weight: Node, scalars: Scalars) -> Node:
        path = str(weight.attributes.get("name", ""))
        if self.weight_decay is None or any(re.search(pattern, path) for pattern in self._undecayed):
            return weight
        return ops.subtract(weight, ops.multiply(weight, ops.multiply(scalars["learning_rate"], self.weight_decay)))

    def finalize_variable_values(self, variables: Sequence[Variable]) -> None:
        """Puts the averages in the place of the weights, as `fit` does at its end if the optimizer keeps averages."""
        if self.use_ema:
            for variable in variables:
                variable.assign(self.slots(variable)[EMA_SLOT].value)

    # ------------------------------------------------------------------ configuration
    def get_config(self) -> dict[str, Any]:
        rate = self._learning_rate
        return {
            "name": self.name,
            "learning_rate": serialization.serialize(rate)
            if isinstance(rate, LearningRateSchedule)
            else float(np.float32(rate)),
            "weight_decay": self.weight_decay,
            "clipnorm": self.clipnorm,
            "global_clipnorm": self.global_clipnorm,
            "clipvalue": self.clipvalue,
            "use_ema": self.use_ema,
            "ema_momentum": self.ema_momentum,
            "ema_overwrite_frequency": self.ema_overwrite_frequency,
            "loss_scale_factor": None,
            "gradient_accumulation_steps": None,
        }

    @classmethod
    def from_config(cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Optimizer:
        arguments = dict(config)
        if isinstance(arguments.get("learning_rate"), Mapping):
            arguments["learning_rate"] = serialization.deserialize(
                arguments["learning_rate"], custom_objects=custom_objects
            )
        return cls(**arguments)


def _checked_rate(optimizer: Optimizer, rate: Any) -> Any:
    if isinstance(rate, LearningRateSchedule):
        return rate
    try:
        number = float(rate)
    except (TypeError, ValueError):
        raise TypeError(optimizer._text("`learning_rate` is no number", "a float or a schedule", rate)) from None
    if not np.isfinite(number):
        raise ValueError(optimizer._text("`learning_rate` is not finite", "a finite number", rate))
    return number


def _square_sum(gradient: Node) -> Node:
    return ops.reduce_sum(ops.square(gradient), range(len(gradient.shape)))


def _bounded(gradient: Node, square_sum: Node, bound: float) -> Node:
    """The gradient, shortened if the norm is above the bound."""
    return ops.multiply(gradient, ops.divide(bound, ops.maximum(ops.sqrt(square_sum), bound)))


def moving(old: Node, new: Node, momentum: float) -> Node:
    """A moving average: momentum * old + (1 - momentum) * new."""
    return ops.add(old, ops.multiply(ops.subtract(new, old), 1 - momentum))
