"""What does nothing goes away."""

import pytest

from planish import ops
from planish.passes.simplify import simplify
from tests.passes.support import after, operations


def x(*shape):
    return ops.input_("x", shape)


@pytest.mark.parametrize(
    "node",
    [
        ops.add(x(3), 0.0),
        ops.add(0.0, x(3)),
        ops.subtract(x(3), 0.0),
        ops.multiply(1.0, x(3)),
        ops.divide(x(3), 1.0),
        ops.reshape(x(3), (3,)),
        ops.transpose(ops.transpose(x(2, 3), (1, 0)), (1, 0)),
        ops.reshape(ops.reshape(x(2, 3), (6,)), (2, 3)),
        ops.transpose(x(2, 3), (0, 1)),
        ops.multiply(ops.add(ops.transpose(x(3), (0,)), 0.0), 1.0),
    ],
)
def test_what_leaves_its_operand_alone(node):
    assert operations(after(simplify, node)) == ["input"]


@pytest.mark.parametrize(
    "node",
    [
        ops.subtract(0.0, x(3)),
        ops.divide(1.0, x(3)),
        ops.add(x(3), 1.0),
        ops.add(ops.parameter("w", (3,)), ops.multiply(x(3), 0.0)),
        ops.add(ops.multiply(ops.parameter("w", ()), 1.5), ops.input_("x", (3,))),
    ],
)
def test_what_only_looks_like_it(node):
    text = after(simplify, node)
    assert len(operations(text)) > 2


def test_views_of_views():
    text = after(simplify, ops.reshape(ops.reshape(x(4, 6), (24,)), (3, 8)))
    assert text == "%0: f32[N,4,6] = input[name='x']\n%1: f32[N,3,8] = reshape[shape=(3, 8)] %0\noutput 'y0' = %1\n"


def test_transposes_of_transposes():
    text = after(simplify, ops.transpose(ops.transpose(x(2, 3, 4), (1, 2, 0)), (0, 2, 1)))
    assert "%1: f32[N,3,2,4] = transpose[permutation=(1, 0, 2)] %0" in text
    assert operations(text) == ["input", "transpose"]


def test_a_transpose_of_axes_of_extent_one_is_a_view():
    text = after(simplify, ops.transpose(x(5, 1, 4), (1, 0, 2)), ops.transpose(x(5, 1, 4), (0, 2, 1)))
    assert "transpose" not in text


def test_zeros_that_only_give_a_batch_axis():
    x, v = ops.input_("x", (4, 3)), ops.parameter("v", (3,))
    spread = ops.add(ops.greater(x, x), v)
    assert operations(after(simplify, ops.multiply(x, spread))) == ["input", "parameter", "multiply"]
    assert "greater" in after(simplify, ops.square(spread))
    assert "greater" in after(simplify, ops.multiply(spread, ops.parameter("w", (4, 3))))
