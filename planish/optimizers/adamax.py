"""Adamax: Adam with the largest gradient of late in place of an average of squares."""

from __future__ import annotations

from typing import Unpack

from planish import primitives
from planish.graph.node import Node
from planish.optimizers.adam import Moments, moving
from planish.optimizers.optimizer import Scalars, Slots
from planish.optimizers.options import Options
from planish.optimizers.schedules import LearningRateSchedule


class Adamax(Moments):
    """Kingma and Ba, 2014, section 7: steps are divided by a maximum of gradients that shrinks by `beta_2`.

    `beta_1`: how slowly the average of gradients follows, 0 to 1. `epsilon` is added to the maximum.

    >>> keras.optimizers.Adamax(0.002).beta_2
    0.999
    """

    slot_names = ("momentum", "norm")

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

    def step_scalars(self, step: int, rate: float) -> dict[str, float]:
        return {"corrected_rate": rate / (1 - self.beta_1 ** (step + 1))}

    def step(self, weight: Node, gradient: Node, slots: Slots, scalars: Scalars) -> tuple[Node, Slots]:
        momentum = moving(slots["momentum"], gradient, self.beta_1)
        norm = primitives.maximum(primitives.multiply(slots["norm"], self.beta_2), primitives.absolute(gradient))
        move = primitives.multiply(momentum, scalars["corrected_rate"])
        return primitives.subtract(weight, primitives.divide(move, primitives.add(norm, self.epsilon))), {
            "momentum": momentum,
            "norm": norm,
        }
