"""Learning rates that change with the number of steps done, computed in float64."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from planish import serialization
from planish.constructors import Constructed
from planish.errors import explain

_NUMBERS = (int, float, np.integer, np.floating)
_LARGEST = sys.float_info.max


__all__ = [
    "CosineDecay",
    "CosineDecayRestarts",
    "ExponentialDecay",
    "InverseTimeDecay",
    "LearningRateSchedule",
    "PiecewiseConstantDecay",
    "PolynomialDecay",
    "deserialize",
    "serialize",
]


class LearningRateSchedule(Constructed):
    """Base: calling it with a number of steps gives the rate of the next one.

    The configuration consists of the attributes that `__init__` sets under the names of its arguments.

    `step`: the number of steps done.

    >>> class Halved(keras.optimizers.schedules.LearningRateSchedule):
    ...     def __call__(self, step):
    ...         return 0.1 if step < 100 else 0.05
    >>> round(float(keras.optimizers.SGD(Halved()).learning_rate), 3)
    0.1
    """

    def __call__(self, step: int) -> float:
        raise NotImplementedError(f"schedule {type(self).__name__} defines no __call__(step)")

    def at(self, step: int) -> float:
        """The rate as a float. ValueError, naming the step, if the schedule gives something else, or fails."""
        try:
            return float(self(step))
        except (ArithmeticError, TypeError, ValueError) as error:
            what = f"{type(self).__name__} does not give a learning rate at step {step}"
            raise ValueError(explain(what=what, expected="a number", received=str(error))) from error

    def get_config(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if not name.startswith("_")}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> LearningRateSchedule:
        """The schedule that `get_config` (or Keras's) describes. ValueError if the constructor does not take that."""
        return cls(**serialization.checked_arguments(cls, config))

    def _check_steps(self, **arguments: Any) -> None:
        for name, value in arguments.items():
            if not (_is_number(value) and value > 0):
                what = f"{type(self).__name__}: `{name}` is not a number of steps"
                raise ValueError(explain(what=what, expected="above 0", received=value))

    def _check_numbers(self, **arguments: Any) -> None:
        for name, value in arguments.items():
            if not _is_number(value):
                what = f"{type(self).__name__}: `{name}` is not a number"
                raise ValueError(explain(what=what, expected="a finite number", received=repr(value)))


class _Decay(LearningRateSchedule):
    """What the decays by a quotient of steps share; `staircase` rounds quotients down."""

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        decay_rate: float,
        staircase: bool = False,
        name: str | None = None,
    ) -> None:
        self._check_steps(decay_steps=decay_steps)
        self._check_numbers(initial_learning_rate=initial_learning_rate, decay_rate=decay_rate)
        self.initial_learning_rate, self.decay_steps = initial_learning_rate, decay_steps
        self.decay_rate, self.staircase, self.name = decay_rate, staircase, name or type(self).__name__

    def _quotient(self, step: int) -> float:
        return step // self.decay_steps if self.staircase else step / self.decay_steps


class ExponentialDecay(_Decay):
    """initial * decay_rate ** (step / decay_steps); `staircase` rounds quotients down.

    `initial_learning_rate`: that of the first step.

    >>> keras.optimizers.schedules.ExponentialDecay(0.1, decay_steps=100, decay_rate=0.5)(100)
    0.05
    """

    def __call__(self, step: int) -> float:
        return float(self.initial_learning_rate * self.decay_rate ** self._quotient(step))


class InverseTimeDecay(_Decay):
    """initial / (1 + decay_rate * step / decay_steps); `staircase` rounds quotients down.

    `initial_learning_rate`: that of the first step.

    >>> keras.optimizers.schedules.InverseTimeDecay(0.1, decay_steps=100, decay_rate=1.0)(100)
    0.05
    """

    def __call__(self, step: int) -> float:
        return float(self.initial_learning_rate / (1 + self.decay_rate * self._quotient(step)))


class PiecewiseConstantDecay(LearningRateSchedule):
    """values[i] up to and including step boundaries[i], the last value beyond.

    >>> keras.optimizers.schedules.PiecewiseConstantDecay([100, 200], [0.1, 0.05, 0.01])(150)
    0.05
    """

    def __init__(self, boundaries: Sequence[float], values: Sequence[float], name: str = "PiecewiseConstant") -> None:
        self._check_lists(boundaries=boundaries, values=values)
        if len(boundaries) != len(values) - 1:
            raise ValueError(
                explain(
                    what="PiecewiseConstantDecay: `values` needs one item more than `boundaries`",
                    expected=f"{len(boundaries) + 1} values",
                    received=f"{len(values)}",
                )
            )
        self.boundaries, self.values, self.name = list(boundaries), list(values), name

    def _check_lists(self, **arguments: Any) -> None:
        for name, values in arguments.items():
            if not isinstance(values, Sequence) or not all(map(_is_number, values)):
                what = f"PiecewiseConstantDecay: `{name}` is not a list of numbers"
                raise ValueError(explain(what=what, expected="finite numbers", received=repr(values)))

    def __call__(self, step: int) -> float:
        for boundary, value in zip(self.boundaries, self.values, strict=False):
            if step <= boundary:
                return float(value)
        return float(self.values[-1])


class PolynomialDecay(LearningRateSchedule):
    """From initial to end as (1 - step / decay_steps) ** power; `cycle` starts over with a longer time.

    From `initial_learning_rate` to `end_learning_rate`.

    >>> keras.optimizers.schedules.PolynomialDecay(0.1, decay_steps=100, end_learning_rate=0.0)(50)
    0.05
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        end_learning_rate: float = 0.0001,
        power: float = 1.0,
        cycle: bool = False,
        name: str = "PolynomialDecay",
    ) -> None:
        self._check_steps(decay_steps=decay_steps)
        self._check_numbers(
            initial_learning_rate=initial_learning_rate, end_learning_rate=end_learning_rate, power=power
        )
        self.initial_learning_rate, self.decay_steps = initial_learning_rate, decay_steps
        self.end_learning_rate, self.power, self.cycle, self.name = end_learning_rate, power, cycle, name

    def __call__(self, step: int) -> float:
        steps = self.decay_steps * max(1, math.ceil(step / self.decay_steps)) if self.cycle else self.decay_steps
        left = 1 - min(step, steps) / steps
        return float((self.initial_learning_rate - self.end_learning_rate) * left**self.power + self.end_learning_rate)


class CosineDecay(LearningRateSchedule):
    """Half a cosine from initial (or from `warmup_target`, reached in a straight line) down to alpha times it.

    From `initial_learning_rate`, over `decay_steps`, after `warmup_steps`.

    >>> round(keras.optimizers.schedules.CosineDecay(0.1, decay_steps=100)(50), 4)
    0.05
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        alpha: float = 0.0,
        name: str = "CosineDecay",
        warmup_target: float | None = None,
        warmup_steps: int = 0,
    ) -> None:
        self._check_steps(decay_steps=decay_steps)
        self._check_numbers(initial_learning_rate=initial_learning_rate, alpha=alpha, warmup_steps=warmup_steps)
        if warmup_target is not None:
            self._check_numbers(warmup_target=warmup_target)
        self.initial_learning_rate, self.decay_steps = initial_learning_rate, decay_steps
        self.alpha, self.name = alpha, name
        self.warmup_target, self.warmup_steps = warmup_target, warmup_steps

    def __call__(self, step: int) -> float:
        start = self.initial_learning_rate
        if self.warmup_target is None:
            return self._decayed(start, step)
        if step < self.warmup_steps:
            return float(start + (self.warmup_target - start) * step / self.warmup_steps)
        return self._decayed(self.warmup_target, step - self.warmup_steps)

    def _decayed(self, start: float, step: int) -> float:
        cosine = _half_cosine(min(step, self.decay_steps) / self.decay_steps)
        return float(start * ((1 - self.alpha) * cosine + self.alpha))


class CosineDecayRestarts(LearningRateSchedule):
    """A series of half cosines, each t_mul times as long and m_mul times as high as the one before.

    From `initial_learning_rate` over `first_decay_steps`, to `alpha` times it.

    >>> round(keras.optimizers.schedules.CosineDecayRestarts(0.1, first_decay_steps=100)(100), 4)
    0.1
    """

    def __init__(
        self,
        initial_learning_rate: float,
        first_decay_steps: int,
        t_mul: float = 2.0,
        m_mul: float = 1.0,
        alpha: float = 0.0,
        name: str = "SGDRDecay",
    ) -> None:
        self._check_steps(first_decay_steps=first_decay_steps)
        self._check_numbers(initial_learning_rate=initial_learning_rate, t_mul=t_mul, m_mul=m_mul, alpha=alpha)
        self.initial_learning_rate, self.first_decay_steps = initial_learning_rate, first_decay_steps
        self.t_mul, self.m_mul, self.alpha, self.name = t_mul, m_mul, alpha, name

    def __call__(self, step: int) -> float:
        restarts, done = self._place(step / self.first_decay_steps)
        cosine = self.m_mul**restarts * _half_cosine(done)
        return float(self.initial_learning_rate * ((1 - self.alpha) * cosine + self.alpha))

    def _place(self, done: float) -> tuple[int, float]:
        """How many half cosines are over, and how much of the current one is; `done` is in lengths of the first."""
        if self.t_mul == 1.0:
            return math.floor(done), done - math.floor(done)
        restarts = math.floor(math.log(1 - done * (1 - self.t_mul)) / math.log(self.t_mul))
        if done >= self._start(restarts + 1):  # the quotient of the logarithms may be rounded down
            restarts += 1
        return restarts, (done - self._start(restarts)) / self.t_mul**restarts

    def _start(self, restarts: int) -> float:
        return (1 - self.t_mul**restarts) / (1 - self.t_mul)


def _is_number(value: Any) -> bool:
    kind_fits = isinstance(value, _NUMBERS) and not isinstance(value, bool)
    return kind_fits and bool(abs(value) <= _LARGEST)


def _half_cosine(done: float) -> float:
    """From 1 to 0 as `done` goes from 0 to 1."""
    return 0.5 * (1 + math.cos(math.pi * done))


def serialize(learning_rate_schedule: LearningRateSchedule) -> dict[str, Any]:
    """Keras's serialized form.

    `learning_rate_schedule`: an object.

    >>> schedule = keras.optimizers.schedules.CosineDecay(0.1, decay_steps=100)
    >>> keras.optimizers.schedules.serialize(schedule)["class_name"]
    'CosineDecay'
    """
    serialized: dict[str, Any] = serialization.serialize(learning_rate_schedule)
    return serialized


def deserialize(config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The schedule of a serialized form. ValueError for one that planish does not have.

    `config`: a dictionary; `custom_objects`: classes of the caller's own, by name.

    >>> config = {"class_name": "CosineDecay", "config": {"initial_learning_rate": 0.1, "decay_steps": 100}}
    >>> keras.optimizers.schedules.deserialize(config)(0)
    0.1
    """
    module = "keras.optimizers.schedules"
    return serialization.deserialize_as("a schedule", LearningRateSchedule, config, module, None, custom_objects)
