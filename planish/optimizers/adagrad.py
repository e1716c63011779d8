"""Adagrad: steps divided by the size of all gradients so far."""

from __future__ import annotations

import functools
from typing import Any, Unpack

import numpy as np

from planish import primitives
from planish.graph.node import Node
from planish.optimizers.optimizer import Optimizer, Scalars, Slots
from planish.optimizers.options import Options, check_number
from planish.optimizers.schedules import LearningRateSchedule
from planish.variable import Variable


class Adagrad(Optimizer):
    """Duchi et al., 2011: divides by the square root of the sum of all squared gradients.

    `initial_accumulator_value`: where the sums begin. `epsilon` is added to them.

    >>> keras.optimizers.Adagrad(0.01).initial_accumulator_value
    0.1
    """

    slot_names = ("accumulator",)

    def __init__(
        self,
        learning_rate: float | LearningRateSchedule = 0.001,
        initial_accumulator_value: float = 0.1,
        epsilon: float = 1e-7,
        weight_decay: float | None = None,
        **options: Unpack[Options],
    ) -> None:
        super().__init__(learning_rate, weight_decay, **options)
        check_number(self, initial_accumulator_value=initial_accumulator_value, epsilon=epsilon)
        self.initial_accumulator_value, self.epsilon = initial_accumulator_value, epsilon

    def slot_start(self, name: str, variable: Variable) -> Any:
        return functools.partial(np.full, fill_value=self.initial_accumulator_value)

    def step(self, weight: Node, gradient: Node, slots: Slots, scalars: Scalars) -> tuple[Node, Slots]:
        total = primitives.add(slots["accumulator"], primitives.square(gradient))
        size = primitives.sqrt(primitives.add(total, self.epsilon))
        move = primitives.divide(primitives.multiply(gradient, scalars["learning_rate"]), size)
        return primitives.subtract(weight, move), {"accumulator": total}

    def get_config(self) -> dict[str, Any]:
        own = {"initial_accumulator_value": self.initial_accumulator_value, "epsilon": self.epsilon}
        return {**super().get_config(), **own}
