"""What all optimizers share: arguments, slots, the count of steps, weight decay and averaging of weights.

An optimizer never touches an array: it describes in graph operations how a weight changes; the compiled step does it.
Numbers that change from step to step (learning rate, bias corrections) are computed here in float64 and handed over as
scalars.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from planish import dtype_policies, naming, primitives, serialization
from planish.absent.attributes import Told, told
from planish.errors import explain
from planish.graph.node import Node
from planish.optimizers import accumulation, clipping, options
from planish.optimizers.options import Rate, mistake
from planish.optimizers.schedules import LearningRateSchedule
from planish.optimizers.weight_decay import Exclusions
from planish.tensor import tensor
from planish.variable import Variable, Weight

Slots = dict[str, Node]
Scalars = Mapping[str, Node]
EMA_SLOT = "average"


class Optimizer(Told):
    """Base of all optimizers.

    Subclasses name their slots and write `step` (and `step_scalars`, if they need more than the rate). Unlike Keras's,
    names are not numbered: they are part of the program, so a second optimizer would need to be compiled again.

    `learning_rate`: a number, or a schedule. `weight_decay`: the share of a weight that each step takes off, times
    the rate. `clipnorm`, `clipvalue`, `global_clipnorm`: a bound on a gradient's norm, on its numbers, or on the norm
    of all gradients; give one of them. `use_ema` keeps averages of weights that follow by `ema_momentum`, and puts them
    into the weights every `ema_overwrite_frequency` steps, and at the end of `fit`. With `gradient_accumulation_steps`,
    weights change after that many batches, by the mean of their gradients. `loss_scale_factor` has no effect: what it
    scales is float32. ValueError for other arguments; `decay` is ignored, with a warning.

    >>> optimizer = keras.optimizers.SGD(0.1, clipnorm=1.0)
    >>> round(float(optimizer.learning_rate), 3)
    0.1
    """

    keras_kinds: tuple[str, ...] = ("Optimizer",)
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
        options.check_name(self, name)
        options.refuse_unknown(self, learning_rate, **kwargs)
        options.check_accumulation(self, gradient_accumulation_steps)
        options.check_above(self, 0, loss_scale_factor=1.0 if loss_scale_factor is None else loss_scale_factor)
        options.check_bounds(self, clipnorm=clipnorm, clipvalue=clipvalue, global_clipnorm=global_clipnorm)
        options.check_optional_number(self, weight_decay=weight_decay)
        options.check_flag(self, use_ema=use_ema)
        if use_ema:
            options.check_share(self, ema_momentum=ema_momentum)
            options.check_frequency(self, ema_overwrite_frequency=ema_overwrite_frequency)
        self.name = name or naming.snake_case(type(self).__name__)
        self.weight_decay = weight_decay
        self.clipnorm, self.clipvalue, self.global_clipnorm = clipnorm, clipvalue, global_clipnorm
        self.use_ema, self.ema_momentum, self.ema_overwrite_frequency = use_ema, ema_momentum, ema_overwrite_frequency
        self.loss_scale_factor = loss_scale_factor
        self.gradient_accumulation_steps = gradient_accumulation_steps or None
        self._learning_rate = self._rate_of(learning_rate)
        self._iterations = Weight("iteration", f"{self.name}/iteration", (), "int64", trainable=False)
        self.built = False
        self._slots: dict[Variable, dict[str, Variable]] = {}
        self._frozen: set[Variable] = set()
        self._undecayed = Exclusions()

    # ------------------------------------------------------------------ counts of steps
    @property
    def batches_done(self) -> Variable:
        """The number of batches that gave a gradient: an integer."""
        return self._iterations

    @property
    def iterations(self) -> Any:
        """The number of steps done: an integer, a variable unless several batches make a step."""
        batches = self.gradient_accumulation_steps
        return self._iterations if batches is None else tensor(np.int64(int(self._iterations) // batches))

    @iterations.setter
    def iterations(self, value: int | Variable) -> None:
        self._iterations.assign(options.checked_count(self, value) * (self.gradient_accumulation_steps or 1))

    @property
    def learning_rate(self) -> Any:
        """The rate of the next step: a variable, or the number that a schedule gives."""
        rate = self._learning_rate
        return rate if isinstance(rate, Variable) else tensor(np.float32(self._rate(int(self._iterations))))

    @learning_rate.setter
    def learning_rate(self, value: float | Variable | LearningRateSchedule) -> None:
        given = options.checked_rate(self, value)
        if not isinstance(given, float):
            self._learning_rate = given
        elif isinstance(self._learning_rate, Variable):
            self._learning_rate.assign(given)
        else:
            what, remedy = "the learning rate follows a schedule", "make the optimizer with a number"
            raise TypeError(mistake(self, what, "a schedule", value, remedy))

    def _rate_of(self, rate: Rate) -> Variable | LearningRateSchedule | Callable[[], Any]:
        given = options.checked_rate(self, rate)
        if not isinstance(given, float):
            return given
        variable = Weight("learning_rate", f"{self.name}/learning_rate", (), dtype_policies.floatx(), trainable=False)
        variable.assign(given)
        return variable

    @property
    def follows_schedule(self) -> bool:
        """Whether a schedule or a function gives the learning rate, so that it cannot be set to a number."""
        return not isinstance(self._learning_rate, Variable)

    def _rate(self, step: int) -> float:
        rate = self._learning_rate
        if isinstance(rate, LearningRateSchedule):
            return rate.at(step)
        return float(rate) if isinstance(rate, Variable) else options.checked_number(self, rate())

    def __setattr__(self, name: str, value: Any) -> None:
        """`optimizer.lr = 0.1`, as in Keras 2, is refused: it would have no effect."""
        if name == "lr":
            raise AttributeError(told(self.keras_kinds, name), name=name, obj=self)
        super().__setattr__(name, value)

    # ------------------------------------------------------------------ slots
    def build(self, variables: Sequence[Variable], frozen: Sequence[Variable] = ()) -> None:
        """Makes the slots of `variables`; `frozen` ones may be among them later. Slots that exist are kept.

        ValueError if the optimizer was built for a model to which one of these does not belong.
        """
        if self.built:
            self._refuse_foreign([*variables, *frozen])
        self._frozen.update(frozen)
        for variable in variables:
            self.slots(variable)
        self.built = True

    def is_built_for(self, variables: Sequence[Variable]) -> bool:
        """Whether these are variables of the model that the optimizer was built for."""
        return self.built and all(variable in self._slots or variable in self._frozen for variable in variables)

    def _refuse_foreign(self, variables: Sequence[Variable]) -> None:
        foreign = [variable for variable in variables if not self.is_built_for([variable])]
        if foreign:
            raise ValueError(
                explain(
                    what=f"the optimizer '{self.name}' was built for another model, or for this one before it changed",
                    rule="moments and the number of steps belong to the weights that they were made for",
                    expected=_listed([*self._slots]) or "no weights",
                    received=f"{_listed(foreign)}, of other layers",
                    remedy="compile each model with an optimizer of its own, and again after its layers have changed:\n"
                    f"model.compile(optimizer={type(self).__name__}(...), loss=...)",
                )
            )

    def slots(self, variable: Variable) -> dict[str, Variable]:
        """The optimizer's own values for a weight, by the name of the slot."""
        if variable not in self._slots:
            names = [*self.slots_of(variable), *(name for group in self.shared_groups() for name in group)]
            self._slots[variable] = {name: self._new_slot(name, variable) for name in names}
        return self._slots[variable]

    def _new_slot(self, name: str, variable: Variable) -> Variable:
        """Named as in Keras; no other weight's slot has its path in graphs."""
        path = f"{self.name}/{variable.path}/{name}"
        if name in (EMA_SLOT, accumulation.SLOT):
            shape, start = variable.shape, start_at(variable) if name == EMA_SLOT else np.zeros
        else:
            shape, start = self.slot_shape(name, variable), self.slot_start(name, variable)
        label = self.slot_label(name, variable)
        return Weight(label, path, shape, variable.dtype, trainable=False, initializer=start)

    def slot_label(self, name: str, variable: Variable) -> str:
        """The `name` of a slot's variable."""
        return f"{variable.path.replace('/', '_')}_{name}"

    def used_slots(self) -> tuple[str, ...]:
        """The names of the slots that the arguments ask for."""
        return self.slot_names

    def slots_of(self, variable: Variable) -> tuple[str, ...]:
        """The names of the slots of one weight."""
        return self.used_slots()

    def shared_groups(self) -> list[tuple[str, ...]]:
        """The slots that the arguments of all optimizers ask for; see `slot_groups`."""
        averages = [(EMA_SLOT,)] if self.use_ema else []
        return [*averages, *([(accumulation.SLOT,)] if self.gradient_accumulation_steps else [])]

    def slot_groups(self) -> list[tuple[str, ...]]:
        """The slots in the order in which Keras saves them: a group's slots weight by weight, then the next group."""
        return [*self.shared_groups(), *((name,) for name in self.used_slots())]

    def slot_order(self, weights: Sequence[Variable] | None = None) -> list[tuple[Variable, str]]:
        """Weight and name of all slots in that order; of the weights that have slots already, if none are given."""
        chosen = [*self._slots] if weights is None else weights
        shared = {name for group in self.shared_groups() for name in group}
        own = {weight: shared.union(self.slots_of(weight)) for weight in chosen}
        return [
            (weight, name) for group in self.slot_groups() for weight in chosen for name in group if name in own[weight]
        ]

    def slot_shape(self, name: str, variable: Variable) -> tuple[int, ...]:
        """The shape of a slot: that of the weight."""
        return variable.shape

    def slot_start(self, name: str, variable: Variable) -> Any:
        """What makes the first value of a slot: a function of its shape."""
        return np.zeros

    def numbers(self, *, built: bool) -> list[Variable]:
        """The count of steps, and the learning rate unless a schedule gives it. `built`: once there are slots."""
        return [self._iterations, *([self._learning_rate] if isinstance(self._learning_rate, Variable) else [])]

    def numbers_after(self) -> list[Variable]:
        """What Keras saves after the slots."""
        return []

    @property
    def variables(self) -> list[Variable]:
        """The count of steps, the learning rate (unless a schedule gives it) and the slots, in Keras's order."""
        slots = [self.slots(weight)[name] for weight, name in self.slot_order()]
        return [*self.numbers(built=self.built), *slots, *(self.numbers_after() if self.built else [])]

    # ------------------------------------------------------------------ the update
    def scalars(self, step: int) -> dict[str, float]:
        """The numbers for a batch, given the count of batches before it."""
        batches, rate = self.gradient_accumulation_steps or 1, self._rate(step)
        done = step // batches
        values = {"learning_rate": rate, **self.step_scalars(done, rate)}
        if self.use_ema:  # the first average is the weight itself
            values["average_momentum"] = self.ema_momentum if done else 0.0
        if self.use_ema and self.ema_overwrite_frequency:
            values["overwrite"] = float((done + 1) % self.ema_overwrite_frequency == 0)
        if self.gradient_accumulation_steps:
            values[accumulation.UPDATES] = accumulation.updates_at(step, batches)
        return values

    def step_scalars(self, step: int, rate: float) -> dict[str, float]:
        """Numbers besides the learning rate, which is `rate`; `step` is the count of steps before this one."""
        return {}

    def step(self, weight: Node, gradient: Node, slots: Slots, scalars: Scalars) -> tuple[Node, Slots]:
        """The new weight, and the new values of slots that change."""
        raise NotImplementedError(f"optimizer {type(self).__name__} defines no step(...)")

    def update_graph(
        self,
        weights: list[Node],
        gradients: list[Node],
        slots: list[Slots],
        scalars: Scalars,
        leaves: list[Node] | None = None,
    ) -> tuple[list[Node], list[Slots]]:
        """New weights and new slots: gradients are clipped, weights decay, the rule is applied, averages follow.

        `leaves` are the weights' own nodes, where layers have given the weights other values in this step.
        """
        values, new_slots = [], []
        batches, summed = self.gradient_accumulation_steps, gradients
        if batches:
            summed = accumulation.totals(gradients, slots)
            gradients = accumulation.means(summed, batches)
        clipped = self._clipped(gradients)
        everything = zip(weights, leaves or weights, clipped, slots, summed, strict=True)
        for weight, leaf, gradient, own, total in everything:
            value, changed = self.step(self._decayed(weight, leaf, scalars), gradient, own, scalars)
            if batches:
                update = scalars[accumulation.UPDATES]
                value = accumulation.value_after(update, value, weight)
                changed = accumulation.slots_after(update, changed, own, total)
            if self.use_ema:
                value, average = self._averaged(value, own[EMA_SLOT], scalars)
                changed = {**changed, EMA_SLOT: average}
            values.append(value)
            new_slots.append(changed)
        return values, new_slots

    def _clipped(self, gradients: list[Node]) -> list[Node]:
        if self.clipvalue is not None:
            return clipping.by_value(gradients, self.clipvalue)
        if self.clipnorm is not None:
            return clipping.by_norm(gradients, self.clipnorm)
        if self.global_clipnorm is not None:
            return clipping.by_global_norm(gradients, self.global_clipnorm)
        return gradients

    def _averaged(self, value: Node, average: Node, scalars: Scalars) -> tuple[Node, Node]:
        """The weight, at times overwritten with the average, and the average."""
        kept = scalars["average_momentum"]
        average = primitives.add(
            primitives.multiply(average, kept), primitives.multiply(value, primitives.subtract(1.0, kept))
        )
        if "overwrite" in scalars:
            value = primitives.select(scalars["overwrite"], average, value)
        return value, average

    def exclude_from_weight_decay(
        self, var_list: Sequence[Variable] | None = None, var_names: Sequence[str] | None = None
    ) -> None:
        """Sets which weights do not decay; replaces what an earlier call set.

        Pass the weights themselves, or patterns that are found in their names ('kernel', 'bias', 'gamma', ...).
        ValueError once training has begun.
        """
        if self.built:
            what = "weights can be excluded from decay only before training begins"
            raise ValueError(mistake(self, what, None, var_names or var_list, "make a new optimizer"))
        self._undecayed = Exclusions(var_list or (), var_names or ())

    def _decayed(self, weight: Node, leaf: Node, scalars: Scalars) -> Node:
        decay = self.decay_of(leaf)
        if decay is None or self._undecayed.has(leaf):
            return weight
        return primitives.subtract(
            weight, primitives.multiply(weight, primitives.multiply(scalars["learning_rate"], decay))
        )

    def decay_of(self, weight: Node) -> float | None:
        """The share of this weight that a step takes off, times the rate; None for none."""
        return self.weight_decay

    def finalize_variable_values(self, var_list: Sequence[Variable]) -> None:
        """Replaces the weights with the averages, as `fit` does at its end if the optimizer keeps averages."""
        if self.use_ema:
            for variable in var_list:
                variable.assign(self.slots(variable)[EMA_SLOT].value)

    # ------------------------------------------------------------------ configuration
    def get_config(self) -> dict[str, Any]:
        rate = self._learning_rate
        return {
            "name": self.name,
            "learning_rate": float(rate) if isinstance(rate, Variable) else serialization.serialize(rate),
            "weight_decay": self.weight_decay,
            "clipnorm": self.clipnorm,
            "global_clipnorm": self.global_clipnorm,
            "clipvalue": self.clipvalue,
            "use_ema": self.use_ema,
            "ema_momentum": self.ema_momentum,
            "ema_overwrite_frequency": self.ema_overwrite_frequency,
            "loss_scale_factor": self.loss_scale_factor,
            "gradient_accumulation_steps": self.gradient_accumulation_steps,
        }

    @classmethod
    def from_config(cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Optimizer:
        """The optimizer that `get_config` (or Keras's) describes. Raises what the constructor raises."""
        arguments = serialization.checked_arguments(cls, config)
        if isinstance(arguments.get("learning_rate"), Mapping):
            arguments["learning_rate"] = serialization.deserialize(
                arguments["learning_rate"], custom_objects=custom_objects
            )
        return cls(**arguments)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}>"


def start_at(variable: Variable) -> Any:
    """An initializer that gives the values of a variable."""
    return functools.partial(_copy_of, variable)


def _copy_of(variable: Variable, shape: tuple[int, ...]) -> Any:
    return variable.value.copy()


def _listed(variables: Sequence[Variable], most: int = 4) -> str:
    """The paths of the first variables."""
    more = f" and {len(variables) - most:,} more" if len(variables) > most else ""
    return ", ".join(f"'{variable.path}'" for variable in variables[:most]) + more
