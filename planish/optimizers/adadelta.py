"""Adadelta: steps whose size follows from the steps before, so that the rate hardly matters."""

from __future__ import annotations

from typing import Any, Unpack

from planish import primitives
from planish.graph.node import Node
from planish.optimizers.optimizer import Optimizer, Scalars, Slots
from planish.optimizers.options import Options, check_number, check_share
from planish.optimizers.schedules import LearningRateSchedule


class Adadelta(Optimizer):
    """Zeiler, 2012: steps are divided by the size of recent gradients, times the size of recent steps.

    `rho`: how slowly both averages follow, 0 to 1. `epsilon` is added to each of them.

    >>> keras.optimizers.Adadelta(1.0).rho
    0.95
    """

    slot_names = ("accumulated_grad", "accumulated_delta_var")

    def __init__(
        self,
        learning_rate: float | LearningRateSchedule = 0.001,
        rho: float = 0.95,
        epsilon: float = 1e-7,
        weight_decay: float | None = None,
        **options: Unpack[Options],
    ) -> None:
        super().__init__(learning_rate, weight_decay, **options)
        check_share(self, rho=rho)
        check_number(self, epsilon=epsilon)
        self.rho, self.epsilon = rho, epsilon

    def slot_groups(self) -> list[tuple[str, ...]]:
        return [*self.shared_groups(), self.slot_names]

    def step(self, weight: Node, gradient: Node, slots: Slots, scalars: Scalars) -> tuple[Node, Slots]:
        squares = self._average(slots["accumulated_grad"], gradient)
        steps = slots["accumulated_delta_var"]
        move = primitives.divide(primitives.multiply(self._size(steps), gradient), self._size(squares))
        changed = {"accumulated_grad": squares, "accumulated_delta_var": self._average(steps, move)}
        return primitives.subtract(weight, primitives.multiply(move, scalars["learning_rate"])), changed

    def _size(self, squares: Node) -> Node:
        return primitives.sqrt(primitives.add(squares, self.epsilon))

    def _average(self, old: Node, new: Node) -> Node:
        """The moving average of squares."""
        return primitives.add(
            primitives.multiply(old, self.rho), primitives.multiply(primitives.square(new), 1 - self.rho)
        )

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "rho": self.rho, "epsilon": self.epsilon}
