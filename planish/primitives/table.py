"""An array of numbers that never change, as part of the program."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from planish.graph.node import Node, TensorType, current_layers, type_of_numbers
from planish.graph.settings import Settings
from planish.primitives import reaching
from planish.primitives.mistake import mistake
from planish.primitives.registry import NO_PRODUCTS, NOT_LINEAR, Array, Environment, Primitive, register

_DTYPES: dict[str, np.dtype[Any]] = {"f32": np.dtype("<f4"), "f64": np.dtype("<f8"), "i32": np.dtype("<i4")}


@dataclass(frozen=True, slots=True)
class Numbers:
    """The elements in memory order. As text it is a digest, so that graphs are equal as text only if numbers are."""

    data: bytes

    def __repr__(self) -> str:
        return f"<{len(self.data)} bytes, {hashlib.sha256(self.data).hexdigest()}>"


class TableSettings(Settings):
    dtype: str
    numbers: Numbers
    shape: tuple[int, ...]


def _infer(inputs: Sequence[TensorType], settings: TableSettings) -> TensorType:
    return TensorType(settings.shape, settings.dtype, batched=False)


def numbers_in(node: Node) -> Array:
    """The array that a table stands for."""
    return np.frombuffer(TableSettings.of(node).numbers.data, _DTYPES[node.type.dtype]).reshape(node.shape)


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    values = numbers_in(node)
    return values if node.type.dtype == "i32" else values.astype(environment.dtype)


def _nothing(node: Node, g: Node) -> Sequence[Node | None]:
    return []


register(
    Primitive(
        name="table",
        settings=TableSettings,
        infer=_infer,
        reference=_reference,
        gradient=_nothing,
        reach=reaching.nothing,
        linear=NOT_LINEAR,
        tail=False,
        monotone=False,
        elementwise=False,
        multiply_adds=NO_PRODUCTS,
    )
)


def table(values: ArrayLike) -> Node:
    """`values` as numbers, or as i32 where they are integers. ValueError for what is neither, or too large
    for i32."""
    array = np.asarray(values)
    if array.dtype.kind not in "biuf" or array.size == 0:
        raise mistake("a table is an array of numbers", received=f"{array.dtype}, shape {array.shape}")
    whole = array.dtype.kind in "iu"
    if whole and not (int(array.min()) >= -(2**31) and int(array.max()) < 2**31):
        raise mistake(
            "an integer of a table does not fit into 32 bits",
            expected=f"{-(2**31)} to {2**31 - 1}",
            received=f"{array.min()} to {array.max()}",
            remedy="give an array of floats",
        )
    dtype = "i32" if whole else type_of_numbers()
    data = np.ascontiguousarray(array, _DTYPES[dtype]).tobytes()
    type_ = TensorType(tuple(map(int, array.shape)), dtype, batched=False)
    settings = TableSettings(dtype=dtype, numbers=Numbers(data), shape=type_.shape)
    return Node("table", (), type_, settings, current_layers())
