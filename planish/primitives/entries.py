"""Entries of an axis by their numbers: what picking them, and adding to them, have in common.

A number below zero counts from the end. One that names no entry gives NaN and gets no gradient; numbers that are not
whole are cut.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planish.graph.node import Node, TensorType, type_of_numbers
from planish.primitives.mistake import check_values, mistake
from planish.primitives.registry import Array


def check_numbers(what: str, x: TensorType, indices: TensorType) -> None:
    check_values(what, x)
    if indices.dtype not in ("i32", type_of_numbers()):
        raise mistake(
            f"{what} needs numbers of entries", expected=f"i32 or {type_of_numbers()} values", received=indices
        )


def numbers_of(indices: Array, extent: int) -> tuple[Array, Array]:
    """Numbers from 0 on, and whether each names an entry; those that do not are 0."""
    whole = np.trunc(indices)
    named = (whole >= -extent) & (whole < extent)
    numbers = np.where(named, whole, 0).astype(np.int64)
    return np.where(numbers < 0, numbers + extent, numbers), named


def images_of(arrays: Sequence[Array], node: Node) -> list[tuple[Array, ...]]:
    """The operands of each image; there is one set of them if none has a batch axis."""
    count = max((len(array) for array, source in zip(arrays, node.inputs, strict=True) if source.batched), default=1)
    return [
        tuple(array[image] if source.batched else array for array, source in zip(arrays, node.inputs, strict=True))
        for image in range(count)
    ]
