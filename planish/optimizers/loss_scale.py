"""The optimizer that Keras wraps around another one for float16: here it is what it wraps."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from planish import serialization
from planish.graph.node import Node
from planish.optimizers.optimizer import Optimizer, Scalars, Slots
from planish.optimizers.options import check_above, mistake
from planish.optimizers.schedules import LearningRateSchedule
from planish.variable import Variable, Weight

_ELSEWHERE = {
    "weight_decay": None,
    "clipnorm": None,
    "global_clipnorm": None,
    "clipvalue": None,
    "use_ema": False,
    "ema_momentum": 0.99,
    "ema_overwrite_frequency": None,
    "loss_scale_factor": None,
    "gradient_accumulation_steps": None,
}
"""Arguments of all optimizers; old files have them here, too, at these values."""


class LossScaleOptimizer(Optimizer):
    """Trains as `inner_optimizer` does: losses are float32 and need no scale, and no step is ever left out.

    `initial_scale` and `dynamic_growth_steps` are kept for the configuration, and have no effect. The learning rate,
    the count of steps and the slots are those of `inner_optimizer`. ValueError for any other argument of optimizers.

    >>> keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(0.5)).inner_optimizer.name
    'adam'
    """

    def __init__(
        self,
        inner_optimizer: Optimizer,
        initial_scale: float = 2.0**15,
        dynamic_growth_steps: int = 2000,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        if not isinstance(inner_optimizer, Optimizer) or isinstance(inner_optimizer, LossScaleOptimizer):
            what = "`inner_optimizer` is not an optimizer that can be wrapped"
            raise TypeError(mistake(self, what, "an optimizer such as Adam(0.001)", inner_optimizer))
        self.inner_optimizer = inner_optimizer
        super().__init__(0.0, name=name, **self._of_its_own(kwargs))
        check_above(self, 0, initial_scale=initial_scale, dynamic_growth_steps=dynamic_growth_steps)
        self.initial_scale, self.dynamic_growth_steps = initial_scale, dynamic_growth_steps
        start = functools.partial(np.full, fill_value=initial_scale)
        self._step_counter = Weight("step_counter", f"{self.name}/step_counter", (), "int64", trainable=False)
        self._scale = Weight("dynamic_scale", f"{self.name}/dynamic_scale", (), trainable=False, initializer=start)

    def _of_its_own(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments that are not those of the inner optimizer. ValueError for one of these, unless it changes
        nothing."""
        if not given.get("dynamic", True):
            what, remedy = "the scale of the loss is always dynamic", "the inner optimizer itself"
            raise ValueError(mistake(self, what, "dynamic=True", given["dynamic"], remedy))
        for name, default in _ELSEWHERE.items():
            if given.get(name, default) != default:
                what = f"`{name}` is an argument of the inner optimizer"
                raise ValueError(mistake(self, what, None, given[name], f"LossScaleOptimizer(Adam({name}=...))"))
        return {name: value for name, value in given.items() if name not in (*_ELSEWHERE, "dynamic")}

    # ------------------------------------------------------------------ what the inner optimizer has
    @property
    def iterations(self) -> Any:
        return self.inner_optimizer.iterations

    @iterations.setter
    def iterations(self, value: Any) -> None:
        self.inner_optimizer.iterations = value

    @property
    def batches_done(self) -> Variable:
        return self.inner_optimizer.batches_done

    @property
    def learning_rate(self) -> Any:
        return self.inner_optimizer.learning_rate

    @learning_rate.setter
    def learning_rate(self, value: float | Variable | LearningRateSchedule) -> None:
        self.inner_optimizer.learning_rate = value

    @property
    def follows_schedule(self) -> bool:
        return self.inner_optimizer.follows_schedule

    def build(self, variables: Sequence[Variable], frozen: Sequence[Variable] = ()) -> None:
        self.inner_optimizer.build(variables, frozen)
        self.built = True

    def is_built_for(self, variables: Sequence[Variable]) -> bool:
        return self.inner_optimizer.is_built_for(variables)

    def slots(self, variable: Variable) -> dict[str, Variable]:
        return self.inner_optimizer.slots(variable)

    def slot_order(self, weights: Sequence[Variable] | None = None) -> list[tuple[Variable, str]]:
        return self.inner_optimizer.slot_order(weights)

    def slot_shape(self, name: str, variable: Variable) -> tuple[int, ...]:
        return self.inner_optimizer.slot_shape(name, variable)

    def numbers(self, *, built: bool) -> list[Variable]:
        own = [self._step_counter, self._scale] if built else []
        return [*super().numbers(built=built), *own, *self.inner_optimizer.numbers(built=built)]

    def numbers_after(self) -> list[Variable]:
        return self.inner_optimizer.numbers_after()

    def scalars(self, step: int) -> dict[str, float]:
        return self.inner_optimizer.scalars(step)

    def update_graph(
        self,
        weights: list[Node],
        gradients: list[Node],
        slots: list[Slots],
        scalars: Scalars,
        leaves: list[Node] | None = None,
    ) -> tuple[list[Node], list[Slots]]:
        return self.inner_optimizer.update_graph(weights, gradients, slots, scalars, leaves)

    def exclude_from_weight_decay(
        self, var_list: Sequence[Variable] | None = None, var_names: Sequence[str] | None = None
    ) -> None:
        self.inner_optimizer.exclude_from_weight_decay(var_list, var_names)

    def finalize_variable_values(self, var_list: Sequence[Variable]) -> None:
        self.inner_optimizer.finalize_variable_values(var_list)

    # ------------------------------------------------------------------ configuration
    def get_config(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "inner_optimizer": serialization.serialize(self.inner_optimizer),
            "initial_scale": self.initial_scale,
            "dynamic_growth_steps": self.dynamic_growth_steps,
        }

    @classmethod
    def from_config(cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Optimizer:
        from planish import optimizers

        arguments = serialization.checked_arguments(cls, config)
        if isinstance(inner := arguments.get("inner_optimizer"), Mapping):
            arguments["inner_optimizer"] = optimizers.deserialize(inner, custom_objects)
        return cls(**arguments)
