"""Targets as a model's own `compute_loss` is given them: as the user has them, not as a loss would read them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from planish.errors import explain
from planish.losses.loss import Loss
from planish.models.data.arrays import Array
from planish.models.data.in_memory import Arrays
from planish.models.ends.graph_names import endings
from planish.models.ends.output_settings import OutputSettings
from planish.models.programs.own_loss import Given

if TYPE_CHECKING:
    from planish.models.model import Model

_INTEGERS = np.iinfo(np.int32)


def given_targets(
    model: Model, chosen: OutputSettings, data: Arrays, shapes: Sequence[tuple[int | None, ...]]
) -> tuple[tuple[Array | None, ...], tuple[Given, ...]]:
    """The targets of each output as programs read them, and what is said of them. ValueError for numbers that native
    code does not have, and for class numbers that the loss of `compile` does not know."""
    ends = endings(model.output_specs)
    arrays, givens = [], []
    for place, (target, weight, shape) in enumerate(zip(data.targets, data.weights, shapes, strict=True)):
        label = data.labels.targets[place]
        loss = chosen.loss_for(place, [extent or 0 for extent in shape] if target is None else target.shape, shape)
        read = None if target is None else _read(target, label)
        if loss is not None and read is not None:
            _check_labels(loss, read, shape)
        arrays.append(read)
        givens.append(
            Given(
                loss,
                chosen.weights[place],
                None if read is None else tuple(read.shape[1:]),
                "i32" if read is not None and read.dtype.kind in "iu" else None,
                weight is not None,
                ends[place],
                label,
            )
        )
    return tuple(arrays), tuple(givens)


def _read(target: Array, label: str) -> Array:
    if target.dtype.kind not in "biuf":
        raise TypeError(
            explain(
                what=f"`{label}` does not hold numbers",
                received=f"an array of {target.dtype}",
                remedy=f"number the classes: np.unique({label}, return_inverse=True)[1]",
            )
        )
    if target.dtype.kind in "iu" and target.size and not _fits(target):
        raise ValueError(
            explain(
                what=f"`{label}` holds integers that are too large for native code",
                expected=f"{_INTEGERS.min:,} to {_INTEGERS.max:,}",
                received=f"{int(target.min()):,} to {int(target.max()):,}",
                remedy=f"{label}.astype('float32')",
            )
        )
    return target


def _fits(target: Array) -> bool:
    return bool(_INTEGERS.min <= int(target.min()) and int(target.max()) <= _INTEGERS.max)


def _check_labels(loss: Loss, target: Array, shape: tuple[int | None, ...]) -> None:
    """ValueError for class numbers out of range; whether shapes fit is known when `super().compute_loss` is called."""
    if loss.target_kind == "labels" and target.shape[1:] in (shape[1:-1], (*shape[1:-1], 1)):
        loss.check_targets(target, shape)
