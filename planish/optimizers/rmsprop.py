"""RMSprop: steps divided by the size of recent gradients."""

from __future__ import annotations

from typing import Any, Unpack

from planish import primitives
from planish.graph.node import Node
from planish.optimizers.optimizer import Optimizer, Scalars, Slots
from planish.optimizers.options import Options, check_flag, check_number, check_share
from planish.optimizers.schedules import LearningRateSchedule


class RMSprop(Optimizer):
    """Hinton's lecture 6e: divides by the square root of a moving average of squared gradients.

    `centered` subtracts the square of the average gradient, so that steps are divided by the standard deviation.

    `rho`: how slowly the average follows, 0 to 1. `momentum`: the share of a step that goes into the next one.
    `epsilon` is added to the average.

    >>> keras.optimizers.RMSprop(0.001, momentum=0.9).rho
    0.9
    """

    def __init__(
        self,
        learning_rate: float | LearningRateSchedule = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
        weight_decay: float | None = None,
        **options: Unpack[Options],
    ) -> None:
        super().__init__(learning_rate, weight_decay, **options)
        check_share(self, rho=rho, momentum=momentum)
        check_number(self, epsilon=epsilon)
        check_flag(self, centered=centered)
        self.rho, self.momentum, self.epsilon, self.centered = rho, momentum, epsilon, centered

    def used_slots(self) -> tuple[str, ...]:
        momentum = ("momentum",) if self.momentum > 0 else ()
        return ("velocity", *momentum, *(("average_gradient",) if self.centered else ()))

    def step(self, weight: Node, gradient: Node, slots: Slots, scalars: Scalars) -> tuple[Node, Slots]:
        velocity = self._average(slots["velocity"], primitives.square(gradient))
        changed, spread = {"velocity": velocity}, velocity
        if self.centered:
            average = changed["average_gradient"] = self._average(slots["average_gradient"], gradient)
            spread = primitives.subtract(velocity, primitives.square(average))
        size = primitives.sqrt(primitives.add(spread, self.epsilon))
        move = primitives.divide(primitives.multiply(gradient, scalars["learning_rate"]), size)
        if self.momentum > 0:
            move = changed["momentum"] = primitives.add(primitives.multiply(slots["momentum"], self.momentum), move)
        return primitives.subtract(weight, move), changed

    def _average(self, old: Node, new: Node) -> Node:
        return primitives.add(primitives.multiply(old, self.rho), primitives.multiply(new, 1 - self.rho))

    def get_config(self) -> dict[str, Any]:
        own = {"rho": self.rho, "momentum": self.momentum, "epsilon": self.epsilon, "centered": self.centered}
        return {**super().get_config(), **own}
