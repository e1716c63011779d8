"""The state of an optimizer, in the order in which Keras saves it.

iterations, learning rate (unless it follows a schedule), the averages of weights if there are any, and then the slots:
all of one name, then all of the next; but Adam and its relatives have momentum and velocity of each weight together.
Nadam ends with the product of its momentum schedule. Before the first step of training, only the first two are there.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planish import warned
from planish.errors import explain
from planish.optimizers import Optimizer, options
from planish.saving.weights_store import WeightsError, WeightsReader
from planish.variable import Variable

Array = NDArray[Any]

GROUP = "optimizer"


def arrays(optimizer: Optimizer, weights: Sequence[Variable]) -> list[Array]:
    """The state for the weights that are trained, as Keras saves it. Counts: i64 [], all else f32.

    An optimizer that was built for another model has no slots for these weights.
    """
    built = optimizer.is_built_for(weights)
    numbers = [number.value for number in optimizer.numbers(built=built)]
    if not built:
        return numbers
    slots = [optimizer.slots(weight)[name].value for weight, name in optimizer.slot_order(weights)]
    return [*numbers, *slots, *(number.value for number in optimizer.numbers_after())]


def read(optimizer: Optimizer, weights: Sequence[Variable], reader: WeightsReader) -> list[Array] | None:
    """What `arrays` gave when the file was written. None if the file has no such state, or, with a warning, that of
    another optimizer or of other weights. ValueError for impossible numbers."""
    stored = reader.count(GROUP)
    numbers, before = optimizer.numbers(built=True), optimizer.numbers(built=False)
    slots = [optimizer.slot_shape(name, weight) for weight, name in optimizer.slot_order(weights)]
    slots += [number.shape for number in optimizer.numbers_after()]
    if slots and stored == 1 + len(slots):  # Keras 2 leaves a constant rate to the configuration
        numbers = numbers[:1]
    if stored == len(before):
        numbers, slots = before, []
    shapes = [*(number.shape for number in numbers), *slots]
    reason = f"it holds {stored} arrays, but {optimizer.name} has {len(shapes)}"
    if optimizer.built and not optimizer.is_built_for(weights):
        reason = f"the optimizer '{optimizer.name}' trains another model"
    elif stored in (0, len(shapes)):
        try:
            state = [
                reader.array(GROUP, place, shape, f"optimizer's array {place}")
                for place, shape in enumerate(shapes[:stored])
            ]
            _check_numbers(optimizer, numbers, state, reader.source)
            if len(numbers) < len(before) and state:
                state.insert(1, np.asarray(optimizer.learning_rate, np.float32))
            return state or None
        except WeightsError as error:
            reason = str(error)
    warned.warn(
        explain(what=f"the optimizer starts over: {reader.source!r} has the state of another one", received=reason)
    )
    return None


def _check_numbers(optimizer: Optimizer, numbers: Sequence[Variable], state: Sequence[Array], source: str) -> None:
    """ValueError for an impossible number of steps or learning rate."""
    try:
        for number, array in zip(numbers, state, strict=False):
            _check_number(optimizer, number.name, array.item())
    except ValueError as error:
        raise ValueError(f"{source!r} holds an optimizer's state that makes no sense:\n{error}") from None


def _check_number(optimizer: Optimizer, name: str, value: Any) -> None:
    if name == "iteration":
        options.checked_count(optimizer, int(value) if value == value // 1 else value)
    elif name == "learning_rate":
        options.checked_rate(optimizer, value)
    else:
        options.check_no_less(optimizer, 0, **{name: value})


def assign(
    optimizer: Optimizer, weights: Sequence[Variable], frozen: Sequence[Variable], state: Sequence[Array]
) -> None:
    """Puts in what `read` gave."""
    was_built, untrained = optimizer.built, len(state) <= len(optimizer.numbers(built=False))
    numbers = optimizer.numbers(built=not untrained)
    for number, array in zip(numbers, state, strict=False):
        number.assign(array)
    if int(optimizer.batches_done) or not untrained:
        optimizer.build(weights, frozen)
    following = state[len(numbers) :]
    for (weight, name), array in zip(optimizer.slot_order(weights), following, strict=False):
        slot = optimizer.slots(weight)[name]
        if was_built:
            slot.assign(array)
        else:  # whoever only predicts never pays for a copy
            slot.initializer = functools.partial(_stored, array)


def _stored(array: Array, shape: tuple[int, ...]) -> Array:
    """An initializer whose values were in a file."""
    return array
