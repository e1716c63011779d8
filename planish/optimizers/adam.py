"""Adam and AdamW, which is Adam with weight decay by default."""

from __future__ import annotations

import math
from typing import Any, Unpack

from planish import primitives
from planish.graph.node import Node
from planish.optimizers.optimizer import Optimizer, Scalars, Slots
from planish.optimizers.options import Options, check_decay, check_flag, check_number, mistake
from planish.optimizers.schedules import LearningRateSchedule


def moving(old: Node, new: Node, momentum: float) -> Node:
    """A moving average: momentum * old + (1 - momentum) * new."""
    return primitives.add(old, primitives.multiply(primitives.subtract(new, old), 1 - momentum))


def adam_correction(step: int, beta_1: float, beta_2: float) -> float:
    """What makes up for averages that began at zero: a factor of the rate at step `step`, counted from 0."""
    number = step + 1
    return math.sqrt(1 - beta_2**number) / (1 - beta_1**number)


class Moments(Optimizer):
    """What the optimizers with averages of gradients and of their squares share."""

    slot_names = ("momentum", "velocity")

    def __init__(
        self,
        learning_rate: float | LearningRateSchedule,
        beta_1: float,
        beta_2: float,
        epsilon: float,
        weight_decay: float | None,
        **options: Unpack[Options],
    ) -> None:
        super().__init__(learning_rate, weight_decay, **options)
        check_decay(self, beta_1=beta_1, beta_2=beta_2)
        check_number(self, epsilon=epsilon)
        self.beta_1, self.beta_2, self.epsilon = beta_1, beta_2, epsilon

    def slot_groups(self) -> list[tuple[str, ...]]:
        used = self.used_slots()
        return [*self.shared_groups(), used[:2], *((name,) for name in used[2:])]

    def moments(self, gradient: Node, slots: Slots) -> tuple[Node, Node]:
        """The new momentum and velocity."""
        momentum = moving(slots["momentum"], gradient, self.beta_1)
        return momentum, moving(slots["velocity"], primitives.square(gradient), self.beta_2)

    def get_config(self) -> dict[str, Any]:
        own = {"beta_1": self.beta_1, "beta_2": self.beta_2, "epsilon": self.epsilon}
        return {**super().get_config(), **own}


class Adam(Moments):
    """Kingma and Ba, 2014; `amsgrad` after Reddi et al., 2018. epsilon is added to the square root, as in Keras.

    `beta_1` and `beta_2`: how slowly the averages of gradients and of their squares follow, 0 to 1.

    >>> keras.optimizers.Adam(0.001, beta_1=0.8).beta_1
    0.8
    """

    def __init__(
        self,
        learning_rate: float | LearningRateSchedule = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        weight_decay: float | None = None,
        **options: Unpack[Options],
    ) -> None:
        super().__init__(learning_rate, beta_1, beta_2, epsilon, weight_decay, **options)
        check_flag(self, amsgrad=amsgrad)
        self.amsgrad = amsgrad

    def used_slots(self) -> tuple[str, ...]:
        return (*self.slot_names, "velocity_hat") if self.amsgrad else self.slot_names

    def step_scalars(self, step: int, rate: float) -> dict[str, float]:
        return {"corrected_rate": rate * adam_correction(step, self.beta_1, self.beta_2)}

    def step(self, weight: Node, gradient: Node, slots: Slots, scalars: Scalars) -> tuple[Node, Slots]:
        momentum, velocity = self.moments(gradient, slots)
        changed = {"momentum": momentum, "velocity": velocity}
        if self.amsgrad:
            velocity = changed["velocity_hat"] = primitives.maximum(slots["velocity_hat"], velocity)
        size = primitives.add(primitives.sqrt(velocity), self.epsilon)
        return primitives.subtract(
            weight, primitives.divide(primitives.multiply(momentum, scalars["corrected_rate"]), size)
        ), changed

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "amsgrad": self.amsgrad}


class AdamW(Adam):
    """Adam with decoupled weight decay (Loshchilov and Hutter, 2017).

    Arguments as in `Adam`: `beta_1`, `beta_2`, `epsilon`, `amsgrad`.

    >>> keras.optimizers.AdamW(0.001, weight_decay=0.01).weight_decay
    0.01
    """

    def __init__(
        self,
        learning_rate: float | LearningRateSchedule = 0.001,
        weight_decay: float | None = 0.004,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **options: Unpack[Options],
    ) -> None:
        if weight_decay is None:
            raise ValueError(mistake(self, "`weight_decay` is missing", "a number", None, "use Adam"))
        super().__init__(learning_rate, beta_1, beta_2, epsilon, amsgrad, weight_decay, **options)
