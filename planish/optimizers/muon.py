"""Muon: matrices move by orthogonal matrices; everything else as Adam moves it."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any, Unpack

from planish import primitives
from planish.graph.node import Node
from planish.graph.settings import name_of
from planish.optimizers.adam import adam_correction, moving
from planish.optimizers.optimizer import Optimizer, Scalars, Slots
from planish.optimizers.options import (
    Options,
    check_decay,
    check_flag,
    check_number,
    check_optional_number,
    check_share,
    mistake,
)
from planish.optimizers.schedules import LearningRateSchedule
from planish.primitives.matmul import turned
from planish.variable import Variable

_EPSILON = 1e-7  # added to the norm before the iteration


class Muon(Optimizer):
    """Jordan et al., 2024: the average gradient of a matrix, made orthogonal by Newton and Schulz's iteration.

    Kernels of Dense layers move so; kernels of convolutions, biases, and weights whose path fits a pattern of
    `exclude_layers` (["scores"] for the last layer), or contains "embedding" (`exclude_embeddings`), move as with
    `AdamW`: `adam_beta_1`, `adam_beta_2` and `epsilon` are Adam's, `adam_weight_decay` is the decay of these weights,
    `adam_lr_ratio` their rate as a share of the rate. `momentum`: the share of the average that the next step keeps;
    `nesterov` looks ahead by one more. `ns_steps` iterations with the factors `muon_a`, `muon_b` and `muon_c`.
    `rms_rate` makes steps as large as Adam's; None leaves them as they are.

    >>> keras.optimizers.Muon(0.01, exclude_layers=["scores"]).ns_steps
    5
    """

    def __init__(
        self,
        learning_rate: float | LearningRateSchedule = 0.001,
        adam_beta_1: float = 0.9,
        adam_beta_2: float = 0.999,
        adam_weight_decay: float | None = 0.004,
        epsilon: float = 1e-7,
        weight_decay: float | None = 0.004,
        *,
        exclude_layers: Sequence[str] | None = None,
        exclude_embeddings: bool = True,
        muon_a: float = 3.4445,
        muon_b: float = -4.7750,
        muon_c: float = 2.0315,
        adam_lr_ratio: float = 1,
        momentum: float = 0.95,
        ns_steps: int = 5,
        nesterov: bool = True,
        rms_rate: float | None = 0.2,
        **options: Unpack[Options],
    ) -> None:
        super().__init__(learning_rate, weight_decay, **options)
        check_decay(self, adam_beta_1=adam_beta_1, adam_beta_2=adam_beta_2)
        check_optional_number(self, adam_weight_decay=adam_weight_decay, rms_rate=rms_rate)
        check_number(self, epsilon=epsilon, adam_lr_ratio=adam_lr_ratio, muon_a=muon_a, muon_b=muon_b, muon_c=muon_c)
        check_share(self, momentum=momentum)
        check_flag(self, nesterov=nesterov, exclude_embeddings=exclude_embeddings)
        self._check_steps(ns_steps)
        self.exclude_layers, self._patterns = self._patterns_of(exclude_layers)
        self.adam_beta_1, self.adam_beta_2, self.adam_weight_decay = adam_beta_1, adam_beta_2, adam_weight_decay
        self.epsilon, self.adam_lr_ratio, self.rms_rate = epsilon, adam_lr_ratio, rms_rate
        self.muon_a, self.muon_b, self.muon_c, self.ns_steps = muon_a, muon_b, muon_c, ns_steps
        self.momentum, self.nesterov, self.exclude_embeddings = momentum, nesterov, exclude_embeddings

    def _check_steps(self, steps: Any) -> None:
        if isinstance(steps, bool) or not isinstance(steps, int) or not 0 <= steps <= 100:
            raise ValueError(mistake(self, "`ns_steps` is not a number of iterations", "0 to 100", steps))

    def _patterns_of(self, given: Any) -> tuple[list[str], list[re.Pattern[str]]]:
        """The list, and what it means. ValueError unless it is a list of regular expressions."""
        given = [] if given is None else given
        try:
            if isinstance(given, str):
                raise TypeError
            return list(given), [re.compile(pattern) for pattern in given]
        except (TypeError, re.error):
            what = "`exclude_layers` is not a list of names or patterns"
            raise ValueError(mistake(self, what, "strings", given, "exclude_layers=['scores']")) from None

    # ------------------------------------------------------------------ which rule
    def moves_as_adam(self, path: str, shape: Sequence[int]) -> bool:
        """Whether the weight of this path is not moved by orthogonal matrices."""
        embedding = self.exclude_embeddings and "embedding" in path.lower()
        return len(shape) != 2 or embedding or any(pattern.search(path) for pattern in self._patterns)

    def slots_of(self, variable: Variable) -> tuple[str, ...]:
        return ("momentum", "velocity") if self.moves_as_adam(variable.path, variable.shape) else ("momentum",)

    def slot_groups(self) -> list[tuple[str, ...]]:
        return [*self.shared_groups(), ("momentum", "velocity")]

    def decay_of(self, weight: Node) -> float | None:
        as_adam = self.moves_as_adam(name_of(weight), weight.shape)
        return self.adam_weight_decay if as_adam else self.weight_decay

    # ------------------------------------------------------------------ the update
    def step_scalars(self, step: int, rate: float) -> dict[str, float]:
        correction = adam_correction(step, self.adam_beta_1, self.adam_beta_2)
        return {"adam_rate": rate * self.adam_lr_ratio * correction}

    def step(self, weight: Node, gradient: Node, slots: Slots, scalars: Scalars) -> tuple[Node, Slots]:
        if "velocity" in slots:
            return self._adam_step(weight, gradient, slots, scalars)
        momentum = primitives.add(gradient, primitives.multiply(slots["momentum"], self.momentum))
        direction = momentum
        if self.nesterov:
            direction = primitives.add(gradient, primitives.multiply(momentum, self.momentum))
        scale = 1.0 if self.rms_rate is None else self.rms_rate * math.sqrt(max(weight.shape))
        move = primitives.multiply(self._orthogonal(direction), primitives.multiply(scalars["learning_rate"], scale))
        return primitives.subtract(weight, move), {"momentum": momentum}

    def _adam_step(self, weight: Node, gradient: Node, slots: Slots, scalars: Scalars) -> tuple[Node, Slots]:
        momentum = moving(slots["momentum"], gradient, self.adam_beta_1)
        velocity = moving(slots["velocity"], primitives.square(gradient), self.adam_beta_2)
        size = primitives.add(primitives.sqrt(velocity), self.epsilon)
        move = primitives.divide(primitives.multiply(momentum, scalars["adam_rate"]), size)
        return primitives.subtract(weight, move), {"momentum": momentum, "velocity": velocity}

    def _orthogonal(self, x: Node) -> Node:
        """About the nearest matrix whose shorter side is orthogonal."""
        rows, columns = x.shape
        wide = x if rows <= columns else turned(x)
        norm = primitives.sqrt(primitives.reduce_sum(primitives.square(wide), (0, 1)))
        wide = primitives.divide(wide, primitives.add(norm, _EPSILON))
        for _ in range(self.ns_steps):
            product = primitives.matmul(wide, turned(wide))
            of_square = primitives.multiply(primitives.matmul(product, product), self.muon_c)
            polynomial = primitives.add(primitives.multiply(product, self.muon_b), of_square)
            wide = primitives.add(primitives.multiply(wide, self.muon_a), primitives.matmul(polynomial, wide))
        return wide if rows <= columns else turned(wide)

    def get_config(self) -> dict[str, Any]:
        names = (
            *("adam_beta_1", "adam_beta_2", "epsilon", "exclude_layers", "muon_a", "muon_b", "muon_c"),
            *("adam_lr_ratio", "momentum", "ns_steps", "nesterov", "exclude_embeddings", "adam_weight_decay"),
            "rms_rate",
        )
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
