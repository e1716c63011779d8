"""Reads an image (or a label) as it is in the user's array, and converts it to f32 (or i32)."""

from __future__ import annotations

from collections.abc import Sequence

from planish.graph.node import Node, TensorType
from planish.graph.settings import Settings
from planish.primitives.registry import Array, Environment, make, register_rewritten


class LoadInputSettings(Settings):
    memory_dtype: str


def _infer(inputs: Sequence[TensorType], settings: LoadInputSettings) -> TensorType:
    return inputs[0]


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    return arrays[0]


register_rewritten("load_input", LoadInputSettings, _infer, _reference)


def load_input(source: Node, memory_dtype: str) -> Node:
    """`source` is an input leaf; `memory_dtype` is NumPy's name of the array's element type."""
    return make("load_input", [source], LoadInputSettings(memory_dtype=memory_dtype))
