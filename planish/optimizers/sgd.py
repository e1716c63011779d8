"""Gradient descent, with momentum if asked for."""

from __future__ import annotations

from typing import Any, Unpack

from planish import primitives
from planish.graph.node import Node
from planish.optimizers.optimizer import Optimizer, Scalars, Slots
from planish.optimizers.options import Options, check_flag, check_share
from planish.optimizers.schedules import LearningRateSchedule


class SGD(Optimizer):
    """w -= rate * g; with momentum m: v = m * v - rate * g, w += v (nesterov: w += m * v - rate * g).

    >>> keras.optimizers.SGD(0.01, momentum=0.9, nesterov=True).momentum
    0.9
    """

    def __init__(
        self,
        learning_rate: float | LearningRateSchedule = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        weight_decay: float | None = None,
        **options: Unpack[Options],
    ) -> None:
        super().__init__(learning_rate, weight_decay, **options)
        check_share(self, momentum=momentum)
        check_flag(self, nesterov=nesterov)
        self.momentum, self.nesterov = momentum, nesterov

    def used_slots(self) -> tuple[str, ...]:
        return ("momentum",) if self.momentum else ()

    def step(self, weight: Node, gradient: Node, slots: Slots, scalars: Scalars) -> tuple[Node, Slots]:
        move = primitives.multiply(gradient, scalars["learning_rate"])
        if not self.momentum:
            return primitives.subtract(weight, move), {}
        velocity = primitives.subtract(primitives.multiply(slots["momentum"], self.momentum), move)
        ahead = primitives.subtract(primitives.multiply(velocity, self.momentum), move) if self.nesterov else velocity
        return primitives.add(weight, ahead), {"momentum": velocity}

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "momentum": self.momentum, "nesterov": self.nesterov}
