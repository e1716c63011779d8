"""Where a .h5 file has each array of an optimizer's state, in the order in which `.keras` files have them.

optimizer_weights, weight_names (an attribute)

| written by | names | order |
| --- | --- | --- |
| Keras 3 | adam/dense_kernel_momentum | as in .keras files |
| Keras 2.11 to 2.15 | Adam/m/dense/kernel:0 | the slots of a weight, then of the next, or slot by slot |
| tf.keras, Keras 2.4 to 2.10 | Adam/dense/kernel/m:0 | slot by slot, or weight by weight |
| Keras 1 to 2.3 | param_3, training/Adam/Variable_3:0: they tell nothing | slot by slot |

Keras 1, and 2 up to 2.0.6, took the weights in the order of their names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

from planish.optimizers import Optimizer
from planish.saving.weights_store import WeightsReader
from planish.variable import Variable

GROUP = "optimizer_weights"

_ALIASES = {
    "momentum": ("m",),
    "velocity": ("v", "rms"),
    "velocity_hat": ("vhat",),
    "norm": ("u", "v"),
    "average_gradient": ("mg",),
    "accumulated_grad": ("accum_grad",),
    "accumulated_delta_var": ("accum_var",),
}
"""What slots were called before Keras 3."""

_COUNTS = ("iteration", "iterations", "iter")
_OTHER_NUMBERS = ("learning_rate", "current_learning_rate", "m_schedule", "_u_product")
_NAMES = "weight_names"


def places(
    optimizer: Optimizer, weights: Sequence[Variable], reader: WeightsReader, stored_names: Mapping[Variable, str]
) -> list[str]:
    """The places of the state's arrays, in the order of `.keras` files: "" for the count of steps if it is not there.
    [] if there is no state; the order of the file if what it has does not make sense.

    `stored_names` are those that the file gives to the model's weights.
    """
    if not reader.has_names(GROUP, _NAMES):
        return []
    names = reader.names(GROUP, _NAMES)
    at = {name: name[1:] if name.startswith("/") else f"{GROUP}/{name}" for name in names}
    wanted = optimizer.slot_order(weights)
    slots = sorted({name for _, name in wanted})
    if not wanted:
        return [at[name] for name in names if _last(name) in (*_COUNTS, "learning_rate")]
    if any(name.endswith(f"_{slot}") for name in names for slot in slots):
        return [at[name] for name in names]
    counts = [name for name in names if _last(name) in _COUNTS]
    rest = [name for name in names if name not in counts and _last(name) not in _OTHER_NUMBERS]
    if not counts and rest and reader.shape_at(at[rest[0]]) == ():
        counts, rest = rest[:1], rest[1:]
    shapes = [reader.shape_at(at[name]) for name in rest]
    found = _by_name(rest, slots, len(weights)) or _by_place(optimizer, weights, shapes, stored_names)
    if found is None:
        return [at[name] for name in names]
    number = {weight: place for place, weight in enumerate(weights)}
    nth = [found[slot][number[weight]] for weight, slot in wanted]
    return [at[counts[0]] if counts else "", *(at[rest[place]] for place in nth)]


def _last(name: str) -> str:
    return name.rpartition("/")[2].partition(":")[0]


def _by_name(names: Sequence[str], slots: Sequence[str], weights: int) -> dict[str, list[int]] | None:
    """Where the arrays of each slot are, weight by weight; None if the names do not tell."""
    found: dict[str, list[int]] = {slot: [] for slot in slots}
    for place, name in enumerate(names):
        told = {_last(name), *name.split("/")[1:2]}
        slot = next((slot for slot in slots if told & {slot, *_ALIASES.get(slot, ())}), None)
        if slot is not None:
            found[slot].append(place)
    return found if all(len(each) == weights for each in found.values()) else None


def _by_place(
    optimizer: Optimizer,
    weights: Sequence[Variable],
    shapes: Sequence[tuple[int, ...] | None],
    stored_names: Mapping[Variable, str],
) -> dict[str, list[int]] | None:
    """As `_by_name`, where arrays follow each other slot by slot."""
    count, slots = len(weights), optimizer.used_slots()
    if not slots or len(shapes) < len(slots) * count:
        return None
    by_name = sorted(range(count), key=lambda place: stored_names.get(weights[place], ""))
    for order in (range(count), by_name):
        if all(shapes[nth] == weights[place].shape for nth, place in enumerate(order)):
            nth_of = {place: nth for nth, place in enumerate(order)}
            return {
                slot: [number * count + nth_of[place] for place in range(count)] for number, slot in enumerate(slots)
            }
    return None


def arrays(optimizer: Optimizer, weights: Sequence[Variable]) -> list[tuple[str, NDArray[Any]]]:
    """The state as Keras 2 writes it, slot by slot, each array with its name. Keras 3 takes the count of steps of it.

    The learning rate is in the optimizer's settings.
    """
    kind = type(optimizer).__name__
    found = [(f"{kind}/iter:0", optimizer.batches_done.value)]
    if not optimizer.is_built_for(weights):
        return found
    order = optimizer.slot_order(weights)
    if kind != "Ftrl":  # whose slots of a weight follow each other
        slots = [*dict.fromkeys(name for _, name in order)]
        order = sorted(order, key=lambda each: slots.index(each[1]))
    return found + [
        (f"{kind}/{weight.path}/{_name_in_keras_2(slot, kind)}:0", optimizer.slots(weight)[slot].value)
        for weight, slot in order
    ]


def _name_in_keras_2(slot: str, kind: str) -> str:
    if kind == "RMSprop":
        return {"velocity": "rms", "average_gradient": "mg"}.get(slot, slot)
    return slot if kind == "SGD" else {"norm": "v"}.get(slot, _ALIASES.get(slot, (slot,))[0])
