"""Lion: steps of one size, in the direction of the average gradient's sign."""

from __future__ import annotations

from typing import Any, Unpack

from planish import primitives
from planish.graph.node import Node
from planish.optimizers.optimizer import Optimizer, Scalars, Slots
from planish.optimizers.options import Options, check_share, mistake
from planish.optimizers.schedules import LearningRateSchedule


class Lion(Optimizer):
    """Chen et al., 2023: every number moves by the rate, up or down.

    `beta_1`: the share of the average in the direction of a step, more than 0. `beta_2`: how slowly it follows.

    >>> keras.optimizers.Lion(1e-4).beta_2
    0.99
    """

    slot_names = ("momentum",)

    def __init__(
        self,
        learning_rate: float | LearningRateSchedule = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.99,
        weight_decay: float | None = None,
        **options: Unpack[Options],
    ) -> None:
        super().__init__(learning_rate, weight_decay, **options)
        check_share(self, beta_1=beta_1, beta_2=beta_2)
        if beta_1 == 0:
            what = "`beta_1` is 0, so that averages would have no effect"
            raise ValueError(mistake(self, what, "more than 0, up to 1", beta_1))
        self.beta_1, self.beta_2 = beta_1, beta_2

    def step(self, weight: Node, gradient: Node, slots: Slots, scalars: Scalars) -> tuple[Node, Slots]:
        direction = primitives.sign(_between(slots["momentum"], gradient, self.beta_1))
        momentum = _between(slots["momentum"], gradient, self.beta_2)
        moved = primitives.subtract(weight, primitives.multiply(direction, scalars["learning_rate"]))
        return moved, {"momentum": momentum}

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "beta_1": self.beta_1, "beta_2": self.beta_2}


def _between(old: Node, new: Node, share: float) -> Node:
    return primitives.add(primitives.multiply(old, share), primitives.multiply(new, 1 - share))
