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
from planish.optimizers import Nadam, Optimizer, options
from planish.optimizers.optimizer import EMA_SLOT
from planish.saving.weights_store import WeightsError, WeightsReader
from planish.variable import Variable

Array = NDArray[Any]

GROUP = "optimizer"

_TOGETHER = ("momentum", "velocity")


def arrays(optimizer: Optimizer, weights: Sequence[Variable]) -> list[Array]:
    """The state for the weights that are trained, as Keras saves it. iterations: i64 [], all else f32.

    An optimizer that was built for another model has no slots for these weights.
    """
    state: list[Array] = [optimizer.iterations.value]
    if not optimizer.follows_schedule:
        state.append(np.asarray(optimizer.learning_rate, np.float32))
    if optimizer.is_built_for(weights):
        state += [slot.value for slot in _slots(optimizer, weights)]
        if isinstance(optimizer, Nadam):
            state.append(np.asarray(optimizer.momentum_product(int(optimizer.iterations)), np.float32))
    return state


def read(optimizer: Optimizer, weights: Sequence[Variable], reader: WeightsReader) -> list[Array] | None:
    """What `arrays` gave when the file was written. None if the file has no such state, or, with a warning, that of
    another optimizer or of other weights. ValueError for impossible numbers."""
    stored = reader.count(GROUP)
    slots = [weight.shape for group in _groups(optimizer) for weight in weights for _ in group]
    slots += [()] if isinstance(optimizer, Nadam) else []
    without_rate = bool(slots) and stored == 1 + len(slots)  # Keras 2 leaves a constant rate to the configuration
    shapes: list[tuple[int, ...]] = [()] if optimizer.follows_schedule or without_rate else [(), ()]
    reason = f"it holds {stored} arrays, but {optimizer.name} has {len(shapes + slots)}"
    if optimizer.built and not optimizer.is_built_for(weights):
        reason = f"the optimizer '{optimizer.name}' trains another model"
    elif stored in (0, len(shapes), len(shapes + slots)):
        try:
            places = enumerate((shapes + slots)[:stored])
            state = [reader.array(GROUP, place, shape, f"optimizer's array {place}") for place, shape in places]
            if without_rate and not optimizer.follows_schedule:
                state.insert(1, np.asarray(optimizer.learning_rate, np.float32))
            _check_numbers(optimizer, state, reader.source)
            return state or None
        except WeightsError as error:
            reason = str(error)
    warnings.warn(
        explain(what=f"the optimizer starts over: {reader.source!r} has the state of another one", received=reason),
        UserWarning,
        stacklevel=5,
    )
    return None


def _check_numbers(optimizer: Optimizer, state: Sequence[Array], source: str) -> None:
    """ValueError for an impossible number of steps or learning rate."""
    try:
        if state:
            steps = state[0].item()
            options.checked_count(optimizer, int(steps) if steps == steps // 1 else steps)
        if len(state) > 1 and not optimizer.follows_schedule:
            options.checked_rate(optimizer, state[1].item())
    except ValueError as error:
        raise ValueError(f"{source!r} holds an optimizer's state that makes no sense:\n{error}") from None


def assign(
    optimizer: Optimizer, weights: Sequence[Variable], frozen: Sequence[Variable], state: Sequence[Array]
) -> None:
    """Puts in what `read` gave."""
    following = iter(state)
    optimizer.iterations = int(next(following))
    if not optimizer.follows_schedule:
        optimizer.learning_rate = float(next(following))
    was_built = optimizer.built
    if int(optimizer.iterations) or len(state) > 2:
        optimizer.build(weights, frozen)
    for slot, array in zip(_slots(optimizer, weights), following, strict=False):
        if was_built:
            slot.assign(array)
        else:  # whoever only predicts never pays for a copy
            slot.initializer = functools.partial(_stored, array)


def _stored(array: Array, shape: tuple[int, ...]) -> Array:
    """An initializer whose values were in a file."""
    return array


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
