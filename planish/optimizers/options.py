"""The arguments that every optimizer takes, and the errors about those that it does not take."""

from __future__ import annotations

import inspect
import math
import operator
from collections.abc import Callable
from numbers import Integral
from typing import Any, TypedDict, cast

import numpy as np

from planish import foreign, naming, signatures, warned
from planish.errors import explain, unknown_name
from planish.optimizers.schedules import LearningRateSchedule

_NUMBERS = (int, float, np.integer, np.floating)
_MOST_STEPS = 2**53  # beyond this, a float64 cannot count one by one
_LARGEST_FLOAT32 = float(np.finfo(np.float32).max)


class Options(TypedDict, total=False):
    """Keyword arguments of all optimizers, with Keras's names. `Optimizer` has the defaults."""

    clipnorm: float | None
    clipvalue: float | None
    global_clipnorm: float | None
    use_ema: bool
    ema_momentum: float
    ema_overwrite_frequency: int | None
    loss_scale_factor: float | None
    gradient_accumulation_steps: int | None
    name: str | None


_REMEDIES = {"lr": "learning_rate=..."}


_IGNORED_DECAY = explain(
    what="{}: `decay` is ignored, as in Keras 3",
    remedy="learning_rate=planish.optimizers.schedules.InverseTimeDecay({}, decay_steps=1, decay_rate={})",
)


def mistake(optimizer: object, what: str, expected: str | None, received: object, remedy: str | None = None) -> str:
    """The text of an error about an argument."""
    return explain(
        what=f"{type(optimizer).__name__}: {what}", expected=expected, received=repr(received), remedy=remedy
    )


def refuse_unknown(optimizer: object, rate: Any, **arguments: Any) -> None:
    """ValueError for arguments that no optimizer has; as in Keras 3, `decay` is ignored, with a warning unless it is
    0.

    `rate` is the optimizer's learning rate, for the remedy.
    """
    for name, value in arguments.items():
        if name == "decay":
            if value:
                text = _IGNORED_DECAY.format(type(optimizer).__name__, rate, value)
                warned.warn(text)
            continue
        if name in _REMEDIES:
            raise ValueError(mistake(optimizer, f"there is no `{name}`", None, value, _REMEDIES[name]))
        own = [known for known in inspect.signature(type(optimizer)).parameters if known not in ("kwargs", "options")]
        raise ValueError(
            unknown_name(f"argument of {type(optimizer).__name__}", name, [*own, *Options.__annotations__])
        )


def check_bounds(optimizer: object, **arguments: Any) -> None:
    """ValueError unless gradients are clipped in at most one way, to a bound above 0."""
    given = {name: value for name, value in arguments.items() if value is not None}
    if len(given) > 1:
        what = "gradients can be clipped in one way only"
        raise ValueError(mistake(optimizer, what, "one of " + ", ".join(arguments), given))
    for name, value in given.items():
        if not (_is_number(value) and value > 0):
            raise ValueError(mistake(optimizer, f"`{name}` is not a bound", "a number above 0", value))


def check_share(optimizer: object, **arguments: Any) -> None:
    """ValueError for a number that is not from 0 to 1."""
    for name, value in arguments.items():
        if not (_is_number(value) and 0 <= value <= 1):
            raise ValueError(mistake(optimizer, f"`{name}` is not a share", "0 to 1", value))


def check_decay(optimizer: object, **arguments: Any) -> None:
    """ValueError for the factor of a moving average that is not from 0 to 1, or is 1: nothing would ever move."""
    for name, value in arguments.items():
        if not (_is_number(value) and 0 <= value < 1):
            raise ValueError(mistake(optimizer, f"`{name}` is not a share", "0 to 1, and less than 1", value))


def check_number(optimizer: object, **arguments: Any) -> None:
    """ValueError unless it is a finite number."""
    for name, value in arguments.items():
        if not _is_number(value):
            raise ValueError(mistake(optimizer, f"`{name}` is not a number", "a finite number", value))


def check_no_less(optimizer: object, least: float, **arguments: Any) -> None:
    """ValueError for a number that is less than `least`."""
    for name, value in arguments.items():
        if not (_is_number(value) and value >= least):
            raise ValueError(mistake(optimizer, f"`{name}` is out of range", f"a number, {least} or more", value))


def check_no_more(optimizer: object, most: float, **arguments: Any) -> None:
    """ValueError for a number that is more than `most`."""
    for name, value in arguments.items():
        if not (_is_number(value) and value <= most):
            raise ValueError(mistake(optimizer, f"`{name}` is out of range", f"a number, {most} or less", value))


def check_above(optimizer: object, bound: float, **arguments: Any) -> None:
    """ValueError for a number that is not above `bound`."""
    for name, value in arguments.items():
        if not (_is_number(value) and value > bound):
            raise ValueError(mistake(optimizer, f"`{name}` is out of range", f"a number above {bound}", value))


def check_optional_number(optimizer: object, **arguments: Any) -> None:
    """ValueError unless it is None or a finite number."""
    for name, value in arguments.items():
        if value is not None and not _is_number(value):
            raise ValueError(mistake(optimizer, f"`{name}` is not a number", "None, or a finite number", value))


def check_flag(optimizer: object, **arguments: Any) -> None:
    """ValueError unless it is True or False (0 and 1 are read as such)."""
    for name, value in arguments.items():
        if not isinstance(value, Integral | np.bool_) or value not in (0, 1):
            raise ValueError(mistake(optimizer, f"`{name}` is not a truth value", "True or False", value))


def check_frequency(optimizer: object, **arguments: Any) -> None:
    """ValueError for a number of steps that is not an integer above 0."""
    for name, value in arguments.items():
        if value is not None and (isinstance(value, bool) or not isinstance(value, Integral) or value < 1):
            raise ValueError(mistake(optimizer, f"`{name}` is not a number of steps", "None, or 1 or more", value))


def check_accumulation(optimizer: object, steps: Any) -> None:
    """ValueError for a number of batches a step that is not an integer of 2 or more; 0 and None mean one batch."""
    is_count = isinstance(steps, int | np.integer) and not isinstance(steps, bool)
    if steps is None or (is_count and (steps == 0 or steps >= 2)):
        return
    what = "`gradient_accumulation_steps` is not a number of batches"
    raise ValueError(mistake(optimizer, what, "None, or 2 or more", steps, "gradient_accumulation_steps=None"))


def check_name(optimizer: object, name: Any) -> None:
    """ValueError for a name that Keras would not take."""
    wanted = None if name is None else naming.misfit(name)
    if wanted is not None:
        raise ValueError(mistake(optimizer, "`name` is wrong", wanted, name))


def checked_count(optimizer: object, count: Any) -> int:
    """A number of steps done. ValueError unless it is an integer from 0 to 2**53."""
    try:
        number = operator.index(count)
    except TypeError:
        number = -1
    if isinstance(count, bool) or not 0 <= number <= _MOST_STEPS:
        raise ValueError(mistake(optimizer, "`iterations` is not a number of steps", "an integer, 0 or more", count))
    return number


Rate = float | LearningRateSchedule | Callable[[], Any]


def checked_rate(optimizer: object, rate: Any) -> Rate:
    """A finite number as a float, a schedule, or a function that is asked at every step. TypeError and ValueError for
    anything else."""
    if isinstance(rate, LearningRateSchedule):
        return rate
    foreign.refuse(rate, "optimizers.schedules")
    if callable(rate) and not isinstance(rate, type):
        signatures.require(rate, f"`learning_rate` of {type(optimizer).__name__}")
        return cast(Callable[[], Any], rate)
    return checked_number(optimizer, rate)


def checked_number(optimizer: object, rate: Any) -> float:
    """A learning rate as a float. TypeError unless it is a number, ValueError unless it is finite."""
    try:
        number = float(rate)
    except OverflowError:
        number = math.inf
    except (TypeError, ValueError):
        text = mistake(
            optimizer, "`learning_rate` is not a number", "a float, a schedule, or a function without arguments", rate
        )
        raise TypeError(text) from None
    if not abs(number) <= _LARGEST_FLOAT32:
        raise ValueError(mistake(optimizer, "`learning_rate` is not finite", "a finite number", rate))
    return number


def _is_number(value: Any) -> bool:
    """Whether it is a finite real number (as float32)."""
    kind_fits = isinstance(value, _NUMBERS) and not isinstance(value, bool)
    return kind_fits and bool(abs(value) <= _LARGEST_FLOAT32)
