"""An array of numbers that never change, as part of the program."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike

from planish.graph.node import Attributes, Node, TensorType, current_layers
from planish.primitives.mistake import mistake
from planish.primitives.registry import Array, Environment, register

_DTYPES = {"f32": np.dtype("<f4"), "i32": np.dtype("<i4")}


@dataclass(frozen=True, slots=True)
class Numbers:
    """The elements in memory order. As text it is a digest, so that graphs are equal as text only if numbers are."""

    data: bytes

    def __repr__(self) -> str:
        return f"<{len(self.data)} bytes, {hashlib.sha256(self.data).hexdigest()}>"


def _infer(inputs: Sequence[TensorType], attributes: Attributes) -> TensorType:
    return TensorType(attributes["shape"], attributes["dtype"], batched=False)


def numbers_in(node: Node) -> Array:
    """The array that a table stands for."""
    return np.frombuffer(node.attributes["numbers"].data, _DTYPES[node.type.dtype]).reshape(node.shape)


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    values = numbers_in(node)
    return values if node.type.dtype == "i32" else values.astype(environment.dtype)


def _nothing(node: Node, g: Node) -> Sequence[Node | None]:
    return []


register("table", _infer, _reference, _nothing)


def table(values: ArrayLike) -> Node:
    """`values` as f32, or as i32 where they are integers. ValueError for what is neither, or does not fit into i32."""
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
    dtype = "i32" if whole else "f32"
    data = np.ascontiguousarray(array, _DTYPES[dtype]).tobytes()
    type_ = TensorType(tuple(map(int, array.shape)), dtype, batched=False)
    settings = {"dtype": dtype, "numbers": Numbers(data), "shape": type_.shape}
    return Node("table", (), type_, MappingProxyType(settings), current_layers())
