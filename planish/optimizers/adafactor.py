"""Adafactor: as Adam, with memory for a row and a column in place of a matrix."""

from __future__ import annotations

import math
from typing import Any, Unpack

from planish import primitives
from planish.graph.node import Node
from planish.optimizers.optimizer import Optimizer, Scalars, Slots
from planish.optimizers.options import Options, check_above, check_flag, check_no_more, check_number
from planish.optimizers.schedules import LearningRateSchedule
from planish.variable import Variable

ROWS, COLUMNS = "row_mean", "column_mean"


class Adafactor(Optimizer):
    """Shazeer and Stern, 2018: squares of gradients are kept as means over the last axis and over the one before it.

    `beta_2_decay`: how the averages of squares slow down with the number of steps, 0 or less. `epsilon_1` is added to
    squares. Steps are in proportion to a weight's size, which counts as `epsilon_2` or more. `clip_threshold` bounds
    the size of a step before the rate. With `relative_step`, a constant rate falls with the root of the number of
    steps. Keras keeps the product of both means as well ('velocity'), and so does planish, for the sake of its files.

    >>> keras.optimizers.Adafactor(0.01).beta_2_decay
    -0.8
    """

    slot_names = (ROWS, COLUMNS, "velocity")

    def __init__(
        self,
        learning_rate: float | LearningRateSchedule = 0.001,
        beta_2_decay: float = -0.8,
        epsilon_1: float = 1e-30,
        epsilon_2: float = 1e-3,
        clip_threshold: float = 1.0,
        relative_step: bool = True,
        weight_decay: float | None = None,
        **options: Unpack[Options],
    ) -> None:
        super().__init__(learning_rate, weight_decay, **options)
        check_no_more(self, 0, beta_2_decay=beta_2_decay)
        check_number(self, epsilon_1=epsilon_1, epsilon_2=epsilon_2)
        check_above(self, 0, clip_threshold=clip_threshold)
        check_flag(self, relative_step=relative_step)
        self.beta_2_decay, self.clip_threshold, self.relative_step = beta_2_decay, clip_threshold, relative_step
        self.epsilon_1, self.epsilon_2 = epsilon_1, epsilon_2

    def slot_groups(self) -> list[tuple[str, ...]]:
        return [*self.shared_groups(), self.slot_names]

    def slot_shape(self, name: str, variable: Variable) -> tuple[int, ...]:
        """Vectors have no means of rows and columns: Keras keeps a number that nobody reads."""
        shape = variable.shape
        if name in (ROWS, COLUMNS) and len(shape) < 2:
            return ()
        if name == ROWS:
            return shape[:-1]
        return (*shape[:-2], shape[-1]) if name == COLUMNS else shape

    def slot_label(self, name: str, variable: Variable) -> str:
        return variable.name if name in (ROWS, COLUMNS) else super().slot_label(name, variable)

    def step_scalars(self, step: int, rate: float) -> dict[str, float]:
        number = step + 1
        return {"relative_rate": min(rate, 1 / math.sqrt(number)), "new_share": number**self.beta_2_decay}

    def step(self, weight: Node, gradient: Node, slots: Slots, scalars: Scalars) -> tuple[Node, Slots]:
        changed = self._squares(primitives.add(primitives.square(gradient), self.epsilon_1), slots, scalars)
        move = primitives.divide(gradient, primitives.sqrt(changed["velocity"]))
        bound = primitives.maximum(primitives.divide(_root_mean_square(move), self.clip_threshold), 1.0)
        size = primitives.maximum(_root_mean_square(weight), self.epsilon_2)
        scale = primitives.divide(primitives.multiply(size, scalars["relative_rate"]), bound)
        return primitives.subtract(weight, primitives.multiply(move, scale)), changed

    def _squares(self, squares: Node, slots: Slots, scalars: Scalars) -> Slots:
        """The averages of squares: of rows and columns, and what both say of each number."""
        share = scalars["new_share"]
        if len(squares.shape) < 2:
            return {"velocity": _average(slots["velocity"], squares, share)}
        last = len(squares.shape) - 1
        rows = _average(slots[ROWS], primitives.reduce_mean(squares, (last,)), share)
        columns = _average(slots[COLUMNS], primitives.reduce_mean(squares, (last - 1,)), share)
        of_rows = primitives.divide(rows, primitives.reduce_mean(rows, (last - 1,), keepdims=True))
        velocity = primitives.multiply(
            primitives.reshape(of_rows, (*of_rows.shape, 1)),
            primitives.reshape(columns, (*columns.shape[:-1], 1, columns.shape[-1])),
        )
        return {ROWS: rows, COLUMNS: columns, "velocity": velocity}

    def get_config(self) -> dict[str, Any]:
        own = {
            "beta_2_decay": self.beta_2_decay,
            "epsilon_1": self.epsilon_1,
            "epsilon_2": self.epsilon_2,
            "clip_threshold": self.clip_threshold,
            "relative_step": self.relative_step,
        }
        return {**super().get_config(), **own}


def _average(old: Node, new: Node, share: Node) -> Node:
    return primitives.add(primitives.multiply(old, primitives.subtract(1.0, share)), primitives.multiply(new, share))


def _root_mean_square(x: Node) -> Node:
    return primitives.sqrt(primitives.reduce_mean(primitives.square(x), range(len(x.shape))))
