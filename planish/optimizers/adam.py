"""Adam and its relatives: AdamW (weight decay by default) and Nadam (Nesterov's momentum)."""

from __future__ import annotations

import math
from typing import Any

from planish import ops
from planish.graph.node import Node
from planish.optimizers.optimizer import Optimizer, Scalars, Slots, moving
from planish.optimizers.schedules import LearningRateSchedule


class Adam(Optimizer):
    """Kingma and Ba, 2014; `amsgrad` after Reddi et al., 2018. epsilon is added to the square root, as Keras has it."""

    slot_names = ("momentum", "velocity")

    def __init__(
        self,
        learning_rate: float | LearningRateSchedule = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        weight_decay: float | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, weight_decay, **kwargs)
        self.beta_1, self.beta_2, self.epsilon, self.amsgrad = beta_1, beta_2, epsilon, amsgrad

    def used_slots(self) -> tuple[str, ...]:
        return (*self.slot_names, "velocity_hat") if self.amsgrad else self.slot_names

    def step_scalars(self, step: int) -> dict[str, float]:
        number = step + 1
        correction = math.sqrt(1 - self.beta_2**number) / (1 - self.beta_1**number)
        return {"corrected_rate": self._rate(step) * correction}

    def step(self, weight: Node, gradient: Node, slots: Slots, scalars: Scalars) -> tuple[Node, Slots]:
        momentum = moving(slots["momentum"], gradient, self.beta_1)
        velocity = moving(slots["velocity"], ops.square(gradient), self.beta_2)
        changed = {"momentum": momentum, "velocity": velocity}
        largest = velocity
        if self.amsgrad:
            largest = changed["velocity_hat"] = ops.maximum(slots["velocity_hat"], velocity)
        move = ops.divide(ops.multiply(momentum, scalars["corrected_rate"]), ops.add(ops.sqrt(largest), self.epsilon))
        return ops.subtract(weight, move), changed

    def get_config(self) -> dict[str, Any]:
        own = {"beta_1": self.beta_1, "beta_2": self.beta_2, "epsilon": self.epsilon, "amsgrad": self.amsgrad}
        return {**super().get_config(), **own}


class AdamW(Adam):
    """Adam with decoupled weight decay (Loshchilov and Hutter, 2017)."""

    def __init__(
        self,
        learning_rate: float | LearningRateSchedule = 0.001,
        weight_decay: float | None = 0.004,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, beta_1, beta_2, epsilon, amsgrad, weight_decay=weight_decay, **kwargs)
        if self.weight_decay is None:
            raise ValueError(self._text("`weight_decay` is what AdamW is for", "a number", None, "use Adam"))


class Nadam(Optimizer):
    """Adam with Nesterov's momentum (Dozat, 2015)."""

    slot_names = ("momentum", "velocity")
    _DECAY = 0.96

    def __init__(
        self,
        learning_rate: float | LearningRateSchedule = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        self.beta_1, self.beta_2, self.epsilon = beta_1, beta_2, epsilon
        self._products = [1.0]  # products of the momentum schedule, by number of steps

    def _schedule(self, number: int) -> float:
        return self.beta_1 * (1.0 - 0.5 * self._DECAY**number)

    def momentum_product(self, number: int) -> float:
        """The product of the momentum schedule over `number` steps, which Keras saves with the slots."""
        while len(self._products) <= number:
            self._products.append(self._products[-1] * self._schedule(len(self._products)))
        return self._products[number]

    def step_scalars(self, step: int) -> dict[str, float]:
        number = step + 1
        following = self._schedule(number + 1)
        product = self.momentum_product(number)
        return {
            "momentum_factor": following / (1 - product * following),
            "gradient_factor": (1 - self._schedule(number)) / (1 - product),
            "velocity_factor": 1 / (1 - self.beta_2**number),
        }

    def step(self, weight: Node, gradient: Node, slots: Slots, scalars: Scalars) -> tuple[Node, Slots]:
        momentum = moving(slots["momentum"], gradient, self.beta_1)
        velocity = moving(slots["velocity"], ops.square(gradient), self.beta_2)
        ahead = ops.add(ops.multiply(momentum, scalars["momentum_factor"]), ops.multiply(gradient, scalars["gradient_factor"]))
        size = ops.add(ops.sqrt(ops.multiply(velocity, scalars["velocity_factor"])), self.epsilon)
        move = ops.divide(ops.multiply(ahead, scalars["learning_rate"]), size)
        return ops.subtract(weight, move), {"momentum": momentum, "velocity": velocity}

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "beta_1": self.beta_1, "beta_2": self.beta_2, "epsilon": self.epsilon}
