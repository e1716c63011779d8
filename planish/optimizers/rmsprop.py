"""RMSprop and Adagrad: steps divided by the size that gradients had."""

from __future__ import annotations

from typing import Any

import numpy as np

from planish import ops
from planish.graph.node import Node
from planish.optimizers.optimizer import Optimizer, Scalars, Slots
from planish.optimizers.schedules import LearningRateSchedule


class RMSprop(Optimizer):
    """Hinton's lecture 6e: the square root of a moving average of squared gradients; `centered` subtracts the squared average."""

    def __init__(
        self,
        learning_rate: float | LearningRateSchedule = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        self.rho, self.momentum, self.epsilon, self.centered = rho, momentum, epsilon, centered

    def used_slots(self) -> tuple[str, ...]:
        return ("velocity", *(["momentum"] if self.momentum > 0 else []), *(["average_gradient"] if self.centered else []))

    def step(self, weight: Node, gradient: Node, slots: Slots, scalars: Scalars) -> tuple[Node, Slots]:
        velocity = _average(slots["velocity"], ops.square(gradient), self.rho)
        changed: Slots = {"velocity": velocity}
        spread = velocity
        if self.centered:
            average = changed["average_gradient"] = _average(slots["average_gradient"], gradient, self.rho)
            spread = ops.subtract(velocity, ops.square(average))
        size = ops.sqrt(ops.add(spread, self.epsilon))
        move = ops.divide(ops.multiply(gradient, scalars["learning_rate"]), size)
        if self.momentum > 0:
            move = changed["momentum"] = ops.add(ops.multiply(slots["momentum"], self.momentum), move)
        return ops.subtract(weight, move), changed

    def get_config(self) -> dict[str, Any]:
        own = {"rho": self.rho, "momentum": self.momentum, "epsilon": self.epsilon, "centered": self.centered}
        return {**super().get_config(), **own}


def _average(old: Node, new: Node, rho: float) -> Node:
    return ops.add(ops.multiply(old, rho), ops.multiply(new, 1 - rho))


class Adagrad(Optimizer):
    """Duchi et al., 2011: the square root of the sum of all squared gradients."""

    slot_names = ("accumulator",)

    def __init__(
        self,
        learning_rate: float | LearningRateSchedule = 0.001,
        initial_accumulator_value: float = 0.1,
        epsilon: float = 1e-7,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        self.initial_accumulator_value, self.epsilon = initial_accumulator_value, epsilon

    def slot_start(self, name: str) -> Any:
        return lambda shape: np.full(shape, self.initial_accumulator_value)

    def step(self, weight: Node, gradient: Node, slots: Slots, scalars: Scalars) -> tuple[Node, Slots]:
        total = ops.add(slots["accumulator"], ops.square(gradient))
        size = ops.sqrt(ops.add(total, self.epsilon))
        move = ops.divide(ops.multiply(gradient, scalars["learning_rate"]), size)
        return ops.subtract(weight, move), {"accumulator": total}

    def get_config(self) -> dict[str, Any]:
        own = {"initial_accumulator_value": self.initial_accumulator_value, "epsilon": self.epsilon}
        return {**super().get_config(), **own}


