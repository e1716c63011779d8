"""Chains of element-wise operations with operands that are broadcast, beside the interpreter."""

import pytest

from planish import ops
from tests.codegen.support import Case, on_every_target


@on_every_target
@pytest.mark.parametrize("channels", [1, 3, 8, 15, 17, 33])
def test_operands_along_every_set_of_axes(target, channels):
    case = Case()
    x = case.input(3, 2, channels)
    for shape in ((), (channels,), (1, 1, channels), (3, 1, 1), (1, 2, 1), (3, 1, channels), (2, channels), (2, 1)):
        case.output(ops.multiply(x, case.weight(*shape)))
        case.output(ops.subtract(case.input(*shape), x))
    case.output(ops.add(case.input(3, 1, channels), case.input(1, 2, 1)))
    case.check()


@on_every_target
def test_chains(target):
    case = Case()
    x, y = case.input(5, 7), case.input(7)
    shared = ops.exp(ops.negative(ops.square(x)))
    case.output(ops.divide(ops.add(shared, y), ops.add(ops.absolute(y), 0.5)))
    case.output(ops.select(ops.greater(x, y), ops.multiply(shared, 3.0), ops.minimum(x, 0.25)))
    case.output(ops.maximum(ops.sigmoid(x), ops.tanh(ops.add(x, ops.batch_size()))))
    many = x
    for place in range(30):
        many = ops.add(ops.multiply(many, 0.9), case.weight(7) if place % 3 else 0.1)
    case.output(many)
    case.check()


@on_every_target
@pytest.mark.parametrize("extent", [1, 17, 8192, 8193, 20003])
def test_values_without_batch_axis_in_parts(target, extent):
    case = Case()
    w, v = case.weight(extent), case.weight(extent)
    scale = ops.batch_sum(case.input())
    moved = ops.add(ops.multiply(w, 0.9), ops.multiply(v, scale))
    case.output(moved)
    case.output(ops.divide(ops.square(moved), ops.add(ops.square(v), 1.0)))
    case.output(ops.multiply(case.weight(3, extent), w))
    case.check()


def test_an_input_as_it_is():
    case = Case()
    x = case.input(3, 5)
    case.output(x)
    case.output(x)
    case.output(ops.reshape(x, (15,)))
    case.output(ops.add(case.weight(4), 0.0))
    case.check(None)
