"""AdamW without a schedule: weights between an average of all steps and the point that the steps have reached."""

from __future__ import annotations

from typing import Any, Unpack

from planish import primitives
from planish.graph.node import Node
from planish.optimizers.adam import Moments, moving
from planish.optimizers.optimizer import Scalars, Slots, start_at
from planish.optimizers.options import Options, check_no_less, mistake
from planish.optimizers.schedules import LearningRateSchedule
from planish.variable import Variable


class ScheduleFreeAdamW(Moments):
    """Defazio et al., 2024: the rate needs no decay, since an average over all steps settles by itself.

    `beta_1`: the share of the average in the weights that gradients are computed at, more than 0. `beta_2`: how slowly
    the average of squared gradients follows. `epsilon` is added to its root. `warmup_steps`: the number of steps in
    which the rate grows to its full size.

    >>> keras.optimizers.ScheduleFreeAdamW(warmup_steps=100).epsilon
    1e-08
    """

    def __init__(
        self,
        learning_rate: float | LearningRateSchedule = 0.0025,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        warmup_steps: int = 0,
        weight_decay: float | None = None,
        **options: Unpack[Options],
    ) -> None:
        super().__init__(learning_rate, beta_1, beta_2, epsilon, weight_decay, **options)
        if beta_1 == 0:
            raise ValueError(mistake(self, "`beta_1` is 0", "more than 0, and less than 1", beta_1, "RMSprop()"))
        check_no_less(self, 0, warmup_steps=warmup_steps)
        self.warmup_steps = warmup_steps

    def slot_start(self, name: str, variable: Variable) -> Any:
        return start_at(variable) if name == "momentum" else super().slot_start(name, variable)

    def step_scalars(self, step: int, rate: float) -> dict[str, float]:
        number = step + 1
        warm = min(number / self.warmup_steps, 1.0) if self.warmup_steps else 1.0
        return {
            "warm_rate": rate * warm,
            "velocity_factor": 1 / (1 - self.beta_2**number),
            "new_share": 1 / number,
        }

    def step(self, weight: Node, gradient: Node, slots: Slots, scalars: Scalars) -> tuple[Node, Slots]:
        reached, share = slots["momentum"], scalars["new_share"]
        velocity = moving(slots["velocity"], primitives.square(gradient), self.beta_2)
        size = primitives.sqrt(primitives.multiply(velocity, scalars["velocity_factor"]))
        move = primitives.divide(
            primitives.multiply(gradient, scalars["warm_rate"]), primitives.add(size, self.epsilon)
        )
        following = primitives.subtract(reached, move)
        # What was reached before is written as a sum, so that its place in memory may hold what follows by then.
        before = primitives.multiply(primitives.add(following, move), 1 - self.beta_1)
        average = primitives.divide(primitives.subtract(weight, before), self.beta_1)
        average = primitives.add(
            primitives.multiply(average, primitives.subtract(1.0, share)), primitives.multiply(following, share)
        )
        value = primitives.add(
            primitives.multiply(following, 1 - self.beta_1), primitives.multiply(average, self.beta_1)
        )
        return value, {"momentum": following, "velocity": velocity}

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "warmup_steps": self.warmup_steps}
