"""Reads an image (or a label) as it is in the user's array, and converts it to f32 (or i32)."""

from __future__ import annotations

from collections.abc import Sequence

from planish.graph.node import Attributes, Node, TensorType
from planish.primitives.registry import Array, Environment, make, register


def _infer(inputs: Sequence[TensorType], attributes: Attributes) -> TensorType:
    return inputs[0]


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    return arrays[0]


register("load_input", _infer, _reference, None)


def load_input(source: Node, memory_dtype: str) -> Node:
    """`source` is an input leaf; `memory_dtype` is NumPy's name of the array's element type."""
    return make("load_input", [source], memory_dtype=memory_dtype)
