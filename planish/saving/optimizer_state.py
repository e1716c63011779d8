"""The state of an optimizer, in the order in which Keras saves it.

iterations, learning rate (unless it follows a schedule), the averages of weights if there are any, and then the slots:
all of one name, then all of the next; but Adam and its relatives have momentum and velocity of each weight together.
Nadam ends with the product of its momentum schedule. Before the first step of training, only the first two are there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planish import warned
from planish.errors import explain
from planish.optimizers import Optimizer, options
from planish.saving.older.kernels import Form
from planish.saving.stored_array import StoredArray, assign_all
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


def read(
    optimizer: Optimizer,
    weights: Sequence[Variable],
    reader: WeightsReader,
    places: Sequence[str] | None = None,
    forms: Mapping[Variable, Form] | None = None,
) -> list[StoredArray] | None:
    """What `arrays` gave when the file was written. None if the file has no such state, or, with a warning, that of
    another optimizer or of other weights. ValueError for impossible numbers.

    `places` are those of the arrays; "" is a count of steps that is not there. `forms` are those in which the file has
    the weights, and slots of the same shape.
    """
    if places is None:
        places = [f"{GROUP}/vars/{number}" for number in range(reader.count(GROUP))]
    layout = _layout(optimizer, weights, len(places), forms or {})
    reason = f"it holds {len(places)} arrays, but {optimizer.name} has {_count(optimizer, weights)}"
    if optimizer.built and not optimizer.is_built_for(weights):
        reason = f"the optimizer '{optimizer.name}' trains another model"
    elif layout is not None:
        numbers, parts = layout
        try:
            state = [
                _array(reader, place, part, nth) for nth, (place, part) in enumerate(zip(places, parts, strict=True))
            ]
            _check_numbers(optimizer, numbers, state, reader.source)
            if len(numbers) < len(optimizer.numbers(built=False)) and state:
                state.insert(1, StoredArray.of(np.asarray(optimizer.learning_rate, np.float32)))
            return state or None
        except WeightsError as error:
            reason = str(error)
    warned.warn(
        explain(
            what=f"the optimizer starts over: {reader.source!r} has the state of another one",
            received=reason,
            remedy="compile the model as it was compiled when it was saved, and load the weights again",
        )
    )
    return None


def _count(optimizer: Optimizer, weights: Sequence[Variable]) -> int:
    slots = optimizer.slot_order(weights)
    return len(optimizer.numbers(built=True)) + len(slots) + len(optimizer.numbers_after())


def _layout(
    optimizer: Optimizer, weights: Sequence[Variable], stored: int, forms: Mapping[Variable, Form]
) -> tuple[Sequence[Variable], list[Form]] | None:
    """The numbers that come first, and the forms of all arrays, of a state of so many; None if there is no such state.

    Keras 2 leaves a constant rate to the configuration, and Nadam's product to the count of steps.
    """
    numbers, before, after = optimizer.numbers(built=True), optimizer.numbers(built=False), optimizer.numbers_after()
    slots = [_form_of_slot(optimizer, name, weight, forms) for weight, name in optimizer.slot_order(weights)]
    choices = [(numbers, slots, after), (before, [], []), (numbers[:1], slots, after), (numbers[:1], slots, [])]
    choices.append((before[:1], [], []))
    if stored == 0:
        return numbers, []
    for first, inner, last in choices:
        parts = [*(Form(each.shape) for each in first), *inner, *(Form(each.shape) for each in last)]
        if len(parts) == stored:
            return first, parts
    return None


def _form_of_slot(optimizer: Optimizer, name: str, weight: Variable, forms: Mapping[Variable, Form]) -> Form:
    shape = optimizer.slot_shape(name, weight)
    return forms.get(weight, Form(shape)) if shape == weight.shape else Form(shape)


def _array(reader: WeightsReader, place: str, form: Form, nth: int) -> StoredArray:
    if not place:
        return StoredArray.of(np.zeros((), np.int64))
    return form.of_stored(reader.stored_at(place, form.stored, f"optimizer's array {nth}"))


def _check_numbers(
    optimizer: Optimizer, numbers: Sequence[Variable], state: Sequence[StoredArray], source: str
) -> None:
    """ValueError for an impossible number of steps or learning rate."""
    try:
        for number, array in zip(numbers, state, strict=False):
            _check_number(optimizer, number.name, array.read().item())
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
    optimizer: Optimizer, weights: Sequence[Variable], frozen: Sequence[Variable], state: Sequence[StoredArray]
) -> None:
    """Puts in what `read` gave, while the file is open."""
    untrained = len(state) <= len(optimizer.numbers(built=False))
    numbers = optimizer.numbers(built=not untrained)
    assign_all([*zip(numbers, state, strict=False)])
    if int(optimizer.batches_done) or not untrained:
        optimizer.build(weights, frozen)
    following = state[len(numbers) :]
    slots = [optimizer.slots(weight)[name] for weight, name in optimizer.slot_order(weights)]
    assign_all([*zip(slots, following, strict=False)])
