"""The state of an optimizer, in the order in which Keras saves it.

iterations, learning rate (unless it follows a schedule), the averages of weights if there are any, and then the slots:
all of one name, then all of the next; but Adam and its relatives have momentum and velocity of each weight together.
Nadam ends with the product of its momentum schedule. Before the first step of training, only the first two are there.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planish.errors import explain
from planish.optimizers import Nadam, Optimizer
from planish.optimizers.optimizer import EMA_SLOT
from planish.saving.weights_store import WeightsError, WeightsReader
from planish.variable import Variable

Array = NDArray[Any]

GROUP = "optimizer"

_TOGETHER = ("momentum", "velocity")


def arrays(optimizer: Optimizer, weights: Sequence[Variable]) -> list[Array]:
    """The state for the weights that are trained, as Keras saves it. iterations: i32 [], all else f32."""
    state: list[Array] = [np.asarray(optimizer.iterations, np.int32)]
    if not _follows_schedule(optimizer):
        state.append(np.asarray(optimizer.learning_rate, np.float32))
    if optimizer.built:
        state += [slot.value for slot in _slots(optimizer, weights)]
        if isinstance(optimizer, Nadam):
            state.append(np.asarray(optimizer.momentum_product(optimizer.iterations), np.float32))
    return state


def read(optimizer: Optimizer, weights: Sequence[Variable], reader: WeightsReader) -> list[Array] | None:
    """What `arrays` gave when the file was written. None if the file has no such state, or, with a warning, that of
    another optimizer or of other weights."""
    stored = reader.count(GROUP)
    shapes: list[tuple[int, ...]] = [()] if _follows_schedule(optimizer) else [(), ()]
    slots = [slot.shape for slot in _slots(optimizer, weights)]
    slots += [()] if isinstance(optimizer, Nadam) else []
    if stored not in (0, len(shapes), len(shapes + slots)):
        reason = f"it holds {stored} arrays, and {optimizer.name} has {len(shapes + slots)}"
    else:
        try:
            places = enumerate((shapes + slots)[:stored])
            return [reader.array(GROUP, place, shape, f"optimizer's array {place}") for place, shape in places] or None
        except WeightsError as error:
            reason = str(error)
    warnings.warn(
        explain(what=f"the optimizer starts anew: {reader.source!r} has the state of another one", received=reason),
        UserWarning,
        stacklevel=5,
    )
    return None


def assign(optimizer: Optimizer, weights: Sequence[Variable], state: Sequence[Array]) -> None:
    """Puts in what `read` gave."""
    following = iter(state)
    optimizer.iterations = int(next(following))
    if not _follows_schedule(optimizer):
        _assign_rate(optimizer, np.float32(next(following)))
    was_built = optimizer.built
    if optimizer.iterations or len(state) > 2:
        optimizer.build(weights)
    for slot, array in zip(_slots(optimizer, weights), following, strict=False):
        if was_built:
            slot.assign(array)
        else:  # who only predicts never pays for a copy
            slot.initializer = functools.partial(_stored, array)


def _stored(array: Array, shape: tuple[int, ...]) -> Array:
    """An initializer whose values were in a file."""
    return array


def _assign_rate(optimizer: Optimizer, stored: np.float32) -> None:
    """0.001 is saved as the nearest float32, and means 0.001: training goes on to the last bit as it would have."""
    present = optimizer.learning_rate
    if np.float32(present) != stored or present == float(stored):
        optimizer.learning_rate = float(str(stored))


def _slots(optimizer: Optimizer, weights: Sequence[Variable]) -> list[Variable]:
    own = [optimizer.slots(weight) for weight in weights]
    return [slots[name] for group in _groups(optimizer) for slots in own for name in group]


def _groups(optimizer: Optimizer) -> list[tuple[str, ...]]:
    """Names of slots; those of a group are saved weight by weight."""
    names = optimizer.used_slots()
    averages = [(EMA_SLOT,)] if optimizer.use_ema else []
    if names[:2] == _TOGETHER:
        return [*averages, _TOGETHER, *((name,) for name in names[2:])]
    return [*averages, *((name,) for name in names)]


def _follows_schedule(optimizer: Optimizer) -> bool:
    return isinstance(optimizer.get_config()["learning_rate"], dict)
