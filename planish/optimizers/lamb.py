"""Lamb: Adam whose steps are as long as the weights that they change, for large batches."""

from __future__ import annotations

from typing import Unpack

from planish import primitives
from planish.graph.node import Node
from planish.optimizers.adam import Moments
from planish.optimizers.optimizer import Scalars, Slots
from planish.optimizers.options import Options
from planish.optimizers.schedules import LearningRateSchedule


class Lamb(Moments):
    """You et al., 2019: Adam's step for each weight, scaled to the weight's norm.

    `beta_1` and `beta_2`: how slowly the averages of gradients and of their squares follow, 0 to 1. `epsilon` is added
    to the root of the latter.

    >>> keras.optimizers.Lamb(0.01).beta_1
    0.9
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

    def step_scalars(self, step: int, rate: float) -> dict[str, float]:
        number = step + 1
        return {"momentum_factor": 1 / (1 - self.beta_1**number), "velocity_factor": 1 / (1 - self.beta_2**number)}

    def step(self, weight: Node, gradient: Node, slots: Slots, scalars: Scalars) -> tuple[Node, Slots]:
        momentum, velocity = self.moments(gradient, slots)
        size = primitives.sqrt(primitives.multiply(velocity, scalars["velocity_factor"]))
        move = primitives.divide(
            primitives.multiply(momentum, scalars["momentum_factor"]), primitives.add(size, self.epsilon)
        )
        scale = primitives.multiply(_ratio(_norm(weight), _norm(move)), scalars["learning_rate"])
        moved = primitives.subtract(weight, primitives.multiply(move, scale))
        return moved, {"momentum": momentum, "velocity": velocity}


def _norm(x: Node) -> Node:
    return primitives.sqrt(primitives.reduce_sum(primitives.square(x), range(len(x.shape))))


def _ratio(weights: Node, moves: Node) -> Node:
    """The quotient of two norms; 1 unless both are above 0."""
    both = primitives.minimum(weights, moves)
    return primitives.select(primitives.greater(both, 0.0), primitives.divide(weights, moves), 1.0)
