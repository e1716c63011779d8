"""Follow the regularized leader: weights that are exactly zero where they do not help."""

from __future__ import annotations

import functools
from typing import Any, Unpack

import numpy as np

from planish import primitives
from planish.graph.node import Node
from planish.optimizers.optimizer import Optimizer, Scalars, Slots
from planish.optimizers.options import Options, check_no_less, check_no_more, check_number
from planish.optimizers.schedules import LearningRateSchedule
from planish.variable import Variable


class Ftrl(Optimizer):
    """McMahan et al., 2013, with Keras's shrinkage and its `beta`.

    `learning_rate_power`: how steps shrink with the sum of squared gradients, 0 or less. `initial_accumulator_value`:
    where these sums begin. `l1_regularization_strength` makes weights zero, `l2_regularization_strength` small, and
    `l2_shrinkage_regularization_strength` adds to the gradient; all of them are 0 or more. `beta` is added to the
    regularization by squares, divided by twice the rate.

    >>> keras.optimizers.Ftrl(0.1, l1_regularization_strength=0.01).learning_rate_power
    -0.5
    """

    slot_names = ("accumulator", "linear")

    def __init__(
        self,
        learning_rate: float | LearningRateSchedule = 0.001,
        learning_rate_power: float = -0.5,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        l2_shrinkage_regularization_strength: float = 0.0,
        beta: float = 0.0,
        weight_decay: float | None = None,
        **options: Unpack[Options],
    ) -> None:
        super().__init__(learning_rate, weight_decay, **options)
        check_no_more(self, 0, learning_rate_power=learning_rate_power)
        check_no_less(
            self,
            0,
            initial_accumulator_value=initial_accumulator_value,
            l1_regularization_strength=l1_regularization_strength,
            l2_regularization_strength=l2_regularization_strength,
            l2_shrinkage_regularization_strength=l2_shrinkage_regularization_strength,
        )
        check_number(self, beta=beta)
        self.learning_rate_power, self.initial_accumulator_value = learning_rate_power, initial_accumulator_value
        self.l1_regularization_strength = l1_regularization_strength
        self.l2_regularization_strength = l2_regularization_strength
        self.l2_shrinkage_regularization_strength = l2_shrinkage_regularization_strength
        self.beta = beta

    def slot_groups(self) -> list[tuple[str, ...]]:
        return [*self.shared_groups(), self.slot_names]

    def slot_start(self, name: str, variable: Variable) -> Any:
        if name == "accumulator":
            return functools.partial(np.full, fill_value=self.initial_accumulator_value)
        return super().slot_start(name, variable)

    def step(self, weight: Node, gradient: Node, slots: Slots, scalars: Scalars) -> tuple[Node, Slots]:
        rate = scalars["learning_rate"]
        total = primitives.add(slots["accumulator"], primitives.square(gradient))
        size, before = self._size(total), self._size(slots["accumulator"])
        shrunk = primitives.add(gradient, primitives.multiply(weight, 2 * self.l2_shrinkage_regularization_strength))
        taken = primitives.multiply(primitives.divide(primitives.subtract(size, before), rate), weight)
        linear = primitives.add(slots["linear"], primitives.subtract(shrunk, taken))
        bound = self.l1_regularization_strength
        clipped = primitives.minimum(primitives.maximum(linear, -bound), bound)
        # twice the strength: l2 + beta / (2 * rate)
        strength = primitives.add(primitives.divide(self.beta, rate), 2 * self.l2_regularization_strength)
        quadratic = primitives.add(primitives.divide(size, rate), strength)
        value = primitives.divide(primitives.subtract(clipped, linear), quadratic)
        return value, {"accumulator": total, "linear": linear}

    def _size(self, total: Node) -> Node:
        if self.learning_rate_power == -0.5:
            return primitives.sqrt(total)
        return primitives.power(total, -self.learning_rate_power)

    def get_config(self) -> dict[str, Any]:
        own = {
            "learning_rate_power": self.learning_rate_power,
            "initial_accumulator_value": self.initial_accumulator_value,
            "l1_regularization_strength": self.l1_regularization_strength,
            "l2_regularization_strength": self.l2_regularization_strength,
            "l2_shrinkage_regularization_strength": self.l2_shrinkage_regularization_strength,
            "beta": self.beta,
        }
        return {**super().get_config(), **own}
