"""Adam with Nesterov's momentum."""

from __future__ import annotations

from typing import Unpack

import numpy as np

from planish import primitives
from planish.graph.node import Node
from planish.optimizers.adam import Moments
from planish.optimizers.optimizer import Scalars, Slots
from planish.optimizers.options import Options
from planish.optimizers.schedules import LearningRateSchedule
from planish.variable import Variable, Weight

_DECAY = 0.96
_SETTLED = 1024  # steps, after which the schedule is beta_1 to the last bit


class Nadam(Moments):
    """Dozat, 2015: the momentum grows to `beta_1` on a schedule of its own.

    `beta_2`: how slowly the average of squared gradients follows, 0 to 1. `epsilon` is added to its root.

    >>> keras.optimizers.Nadam(0.002).beta_2
    0.999
    """

    def __init__(
        self,
        learning_rate: float | LearningRateSchedule = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        weight_decay: float | None = None,
        **options: Unpack[Options],
    ) -> None:
        super().__init__(learning_rate, beta_1, beta_2, epsilon, weight_decay, **options)
        self._products = [1.0]  # products of the momentum schedule, by number of steps

    def _schedule(self, number: int) -> float:
        return self.beta_1 * (1.0 - 0.5 * _DECAY**number)

    def momentum_product(self, number: int) -> float:
        """The product of the momentum schedule over `number` steps, which Keras saves after the slots."""
        settled = min(number, _SETTLED)
        while len(self._products) <= settled:
            self._products.append(self._products[-1] * self._schedule(len(self._products)))
        return float(self._products[settled] * self.beta_1 ** (number - settled))

    def numbers_after(self) -> list[Variable]:
        """A copy of the product of the momentum schedule."""
        dtype = next((weight.dtype for weight in self._slots), "float32")
        product = Weight("variable", "variable", (), dtype, trainable=False, initializer=np.ones)
        product.assign(self.momentum_product(int(self.iterations)))
        return [product]

    def step_scalars(self, step: int, rate: float) -> dict[str, float]:
        number = step + 1
        following = self._schedule(number + 1)
        product = self.momentum_product(number)
        return {
            "momentum_factor": following / (1 - product * following),
            "gradient_factor": (1 - self._schedule(number)) / (1 - product),
            "velocity_factor": 1 / (1 - self.beta_2**number),
        }

    def step(self, weight: Node, gradient: Node, slots: Slots, scalars: Scalars) -> tuple[Node, Slots]:
        momentum, velocity = self.moments(gradient, slots)
        ahead = primitives.add(
            primitives.multiply(momentum, scalars["momentum_factor"]),
            primitives.multiply(gradient, scalars["gradient_factor"]),
        )
        size = primitives.add(primitives.sqrt(primitives.multiply(velocity, scalars["velocity_factor"])), self.epsilon)
        move = primitives.divide(primitives.multiply(ahead, scalars["learning_rate"]), size)
        return primitives.subtract(weight, move), {"momentum": momentum, "velocity": velocity}
