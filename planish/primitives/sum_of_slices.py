"""`sum_of_slices` x: a sum over the batch, where a program computes it slice by slice: x is that of one slice.

The program adds one slice after the other to the result, or keeps the larger one if x is the `largest` number. The
interpreter has no slices: its x is the whole sum.
"""

from __future__ import annotations

from collections.abc import Sequence

from planish.graph.node import Attributes, Node, TensorType
from planish.primitives.registry import Array, Environment, make, register


def _infer(inputs: Sequence[TensorType], attributes: Attributes) -> TensorType:
    return inputs[0]


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    return arrays[0]


register("sum_of_slices", _infer, _reference, None)


def sum_of_slices(x: Node, *, largest: bool = False) -> Node:
    return make("sum_of_slices", [x], largest=largest)
