"""`sum_of_slices` x: a sum over the batch, where a program computes it slice by slice: x is that of one slice.

The program adds one slice after the other to the result, or keeps the larger one if x is the `largest` number. The
interpreter has no slices: its x is the whole sum.
"""

from __future__ import annotations

from collections.abc import Sequence

from planish.graph.node import Node, TensorType
from planish.graph.settings import Settings
from planish.primitives.registry import Array, Environment, make, register_rewritten


class SumOfSlicesSettings(Settings):
    largest: bool


def _infer(inputs: Sequence[TensorType], settings: SumOfSlicesSettings) -> TensorType:
    return inputs[0]


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    return arrays[0]


register_rewritten("sum_of_slices", SumOfSlicesSettings, _infer, _reference)


def sum_of_slices(x: Node, *, largest: bool = False) -> Node:
    return make("sum_of_slices", [x], SumOfSlicesSettings(largest=largest))
