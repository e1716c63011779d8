"""Chains of element-wise operations become one node, or the tail of another."""

import pytest

from planish import primitives
from planish.passes.fuse_elementwise import MOST_OPERANDS, fuse_elementwise
from tests.passes.support import after, operations

X = primitives.input_("x", (4, 4, 2))


def test_a_chain():
    text = after(
        fuse_elementwise, primitives.tanh(primitives.multiply(primitives.add(X, primitives.parameter("b", (2,))), 2.0))
    )
    assert text == (
        "%0: f32[N,4,4,2] = input[name='x']\n"
        "%1: f32[2] = parameter[name='b']\n"
        "%2: f32[N,4,4,2] = elementwise[expression=add($0, $1); constant(value=2.0); "
        "multiply($2, $3); tanh($4)] %0 %1\n"
        "output 'y0' = %2\n"
    )


@pytest.mark.parametrize(
    "base",
    [
        primitives.conv2d(X, primitives.parameter("w", (3, 3, 2, 5))),
        primitives.dense(X, primitives.parameter("w", (2, 5))),
        primitives.max_pool2d(X, (2, 2), (2, 2)),
        primitives.average_pool2d(X, (2, 2), (1, 2)),
    ],
)
def test_tails(base):
    bias, residual = primitives.parameter("b", base.shape[-1:]), primitives.input_("r", base.shape)
    text = after(
        fuse_elementwise,
        primitives.subtract(residual, primitives.relu(primitives.multiply(primitives.add(base, bias), base.shape[0]))),
    )
    assert operations(text).count("fused") == 1
    assert "elementwise[" not in text
    assert base.op not in operations(text)


def test_what_something_else_reads_is_computed_once():
    shared = primitives.exp(X)
    text = after(fuse_elementwise, primitives.add(shared, 1.0), primitives.multiply(shared, 2.0))
    assert text.count("exp(") == 1
    base = primitives.conv2d(X, primitives.parameter("w", (3, 3, 2, 5)))
    assert "conv2d" in operations(after(fuse_elementwise, primitives.relu(base), base))


@pytest.mark.parametrize(
    "function",
    [
        lambda y: primitives.multiply(y, primitives.sigmoid(y)),
        lambda y: primitives.multiply(primitives.sigmoid(y), y),
        lambda y: primitives.multiply(y, primitives.minimum(primitives.relu(primitives.add(y, 3.0)), 6.0)),
        lambda y: primitives.add(primitives.tanh(primitives.exp(y)), primitives.multiply(primitives.exp(y), y)),
    ],
)
def test_a_value_that_only_one_chain_reads_several_times_joins_it(function):
    base = primitives.conv2d(X, primitives.parameter("w", (3, 3, 2, 5)))
    text = after(fuse_elementwise, function(primitives.add(base, primitives.parameter("b", (5,)))))
    assert operations(text).count("fused") == 1
    assert "elementwise" not in operations(text)
    text = after(fuse_elementwise, function(primitives.add(X, primitives.parameter("b", (2,)))))
    assert operations(text).count("elementwise") == 1


def test_a_value_that_a_chain_and_something_else_read_does_not_join_it():
    base = primitives.add(primitives.conv2d(X, primitives.parameter("w", (3, 3, 2, 5))), 1.0)
    swish = primitives.multiply(base, primitives.sigmoid(base))
    text = after(fuse_elementwise, swish, primitives.reduce_sum(base, (0,)))
    assert operations(text).count("fused") == operations(text).count("elementwise") == 1
    text = after(fuse_elementwise, swish, base)
    assert operations(text).count("fused") == operations(text).count("elementwise") == 1


def test_one_value_as_both_operands():
    base = primitives.conv2d(X, primitives.parameter("w", (3, 3, 2, 5)))
    after(fuse_elementwise, primitives.multiply(base, base))
    after(fuse_elementwise, primitives.multiply(primitives.add(base, 1.0), primitives.tanh(base)))
    after(fuse_elementwise, primitives.subtract(X, X))


def test_operands_that_are_broadcast_keep_their_own_node():
    narrow = primitives.exp(primitives.input_("n", (2,)))
    assert operations(after(fuse_elementwise, primitives.add(X, narrow))).count("elementwise") == 2


def test_sums_of_many_operands():
    total = X
    for place in range(3 * MOST_OPERANDS):
        total = primitives.add(total, primitives.parameter(f"w{place}", (2,)))
    text = after(fuse_elementwise, total)
    lines = [line for line in text.splitlines() if "= elementwise" in line]
    assert max(line.split("] ")[-1].count("%") for line in lines) <= MOST_OPERANDS + 1


def test_scalars_are_computed_where_they_are_read():
    rate = primitives.divide(primitives.scalar("rate"), primitives.add(primitives.scalar("step"), 1.0))
    text = after(
        fuse_elementwise, primitives.multiply(X, rate), primitives.multiply(primitives.parameter("w", (3,)), rate)
    )
    assert operations(text).count("elementwise") == 2


def test_sums_over_the_batch_compute_what_only_they_read():
    x, g, mean = primitives.input_("x", (4, 5, 3)), primitives.input_("g", (4, 5, 3)), primitives.parameter("m", (3,))
    text = after(fuse_elementwise, primitives.batch_sum(primitives.multiply(g, primitives.subtract(x, mean)), (0, 1)))
    assert operations(text) == ["input", "input", "parameter", "batch_sum_of"]
    shared = primitives.multiply(g, x)
    assert "batch_sum_of" not in after(fuse_elementwise, primitives.batch_sum(shared, (0, 1)), shared)
    assert "batch_sum_of" not in after(fuse_elementwise, primitives.batch_sum(primitives.square(x), (0, 1, 2)))
    by_row = primitives.multiply(x, primitives.parameter("rows", (4, 1, 1)))
    assert "batch_sum_of" not in after(fuse_elementwise, primitives.batch_sum(by_row, (0, 1)))


def test_sums_over_an_image_compute_what_only_they_read():
    x, own = primitives.input_("x", (4, 5, 3)), primitives.input_("own", (3,))
    text = after(fuse_elementwise, primitives.reduce_sum(primitives.squared_deviation(x, own), (0, 1)))
    assert operations(text) == ["input", "input", "reduce_sum_of"]
    for sum_ in (
        primitives.reduce_sum(primitives.square(x), (0, 1), True),
        primitives.reduce_sum(primitives.square(x), (2,)),
    ):
        assert "reduce_sum_of" not in after(fuse_elementwise, sum_)
