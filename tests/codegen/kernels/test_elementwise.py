"""Chains of element-wise operations with operands that are broadcast, beside the interpreter."""

import numpy as np
import pytest

from planish import primitives
from tests.codegen.support import Case, on_every_target


@on_every_target
@pytest.mark.parametrize("channels", [1, 3, 8, 15, 17, 33])
def test_operands_along_every_set_of_axes(target, channels):
    case = Case()
    x = case.input(3, 2, channels)
    for shape in ((), (channels,), (1, 1, channels), (3, 1, 1), (1, 2, 1), (3, 1, channels), (2, channels), (2, 1)):
        case.output(primitives.multiply(x, case.weight(*shape)))
        case.output(primitives.subtract(case.input(*shape), x))
    case.output(primitives.add(case.input(3, 1, channels), case.input(1, 2, 1)))
    case.check()


@on_every_target
def test_chains(target):
    case = Case()
    x, y = case.input(5, 7), case.input(7)
    shared = primitives.exp(primitives.negative(primitives.square(x)))
    case.output(primitives.divide(primitives.add(shared, y), primitives.add(primitives.absolute(y), 0.5)))
    case.output(
        primitives.select(primitives.greater(x, y), primitives.multiply(shared, 3.0), primitives.minimum(x, 0.25))
    )
    case.output(primitives.maximum(primitives.sigmoid(x), primitives.tanh(primitives.add(x, primitives.batch_size()))))
    many = x
    for place in range(30):
        many = primitives.add(primitives.multiply(many, 0.9), case.weight(7) if place % 3 else 0.1)
    case.output(many)
    case.check()


@on_every_target
@pytest.mark.parametrize("extent", [1, 17, 8192, 8193, 20003])
def test_values_without_batch_axis_in_parts(target, extent):
    case = Case()
    w, v = case.weight(extent), case.weight(extent)
    scale = primitives.batch_sum(case.input())
    moved = primitives.add(primitives.multiply(w, 0.9), primitives.multiply(v, scale))
    case.output(moved)
    case.output(primitives.divide(primitives.square(moved), primitives.add(primitives.square(v), 1.0)))
    case.output(primitives.multiply(case.weight(3, extent), w))
    case.check()


def test_an_input_as_it_is():
    case = Case()
    x = case.input(3, 5)
    case.output(x)
    case.output(x)
    case.output(primitives.reshape(x, (15,)))
    case.output(primitives.add(case.weight(4), 0.0))
    case.check(None)


@on_every_target
def test_arrays_of_the_program_itself(target):
    case = Case()
    table = primitives.table(case.generator.standard_normal((5, 1)).astype(np.float32))
    x = case.input(3, 1, 33)
    case.output(x * np.arange(33))
    case.output(x + table)
    case.output(primitives.reshape(table, (5,)) * case.input(1))
    case.output(primitives.square(table))
    case.check()


@on_every_target
@pytest.mark.parametrize("seed", range(6))
def test_shapes_that_go_together_as_numpys_do(target, seed):
    """Batched and unbatched operands of different ranks, any of whose axes may be one."""
    case = Case(seed)
    extents = [int(case.generator.integers(1, 20)) for _ in range(4)]

    def shape(rank):
        return [extent if case.generator.random() < 0.6 else 1 for extent in extents[4 - rank :]]

    for _ in range(6):
        operands = [
            case.input(*shape(case.generator.integers(0, 5)))
            if case.generator.random() < 0.5
            else case.weight(*shape(case.generator.integers(0, 5)))
            for _ in range(3)
        ]
        first, second, third = operands
        case.output(primitives.maximum(primitives.add(first, primitives.multiply(second, third)), first))
    case.check()
