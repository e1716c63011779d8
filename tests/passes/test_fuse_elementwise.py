"""Chains of element-wise operations become one node, or the tail of another."""

import pytest

from planish import ops
from planish.passes.fuse_elementwise import MOST_OPERANDS, fuse_elementwise
from tests.passes.support import after, operations

X = ops.input_("x", (4, 4, 2))


def test_a_chain():
    text = after(fuse_elementwise, ops.tanh(ops.multiply(ops.add(X, ops.parameter("b", (2,))), 2.0)))
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
        ops.conv2d(X, ops.parameter("w", (3, 3, 2, 5))),
        ops.dense(X, ops.parameter("w", (2, 5))),
        ops.max_pool2d(X, (2, 2), (2, 2)),
        ops.average_pool2d(X, (2, 2), (1, 2)),
    ],
)
def test_tails(base):
    bias, residual = ops.parameter("b", base.shape[-1:]), ops.input_("r", base.shape)
    text = after(fuse_elementwise, ops.subtract(residual, ops.relu(ops.multiply(ops.add(base, bias), base.shape[0]))))
    assert operations(text).count("fused") == 1
    assert "elementwise[" not in text
    assert base.op not in operations(text)


def test_what_something_else_reads_is_computed_once():
    shared = ops.exp(X)
    text = after(fuse_elementwise, ops.add(shared, 1.0), ops.multiply(shared, 2.0))
    assert text.count("exp(") == 1
    base = ops.conv2d(X, ops.parameter("w", (3, 3, 2, 5)))
    assert "conv2d" in operations(after(fuse_elementwise, ops.relu(base), base))


def test_one_value_as_both_operands():
    base = ops.conv2d(X, ops.parameter("w", (3, 3, 2, 5)))
    after(fuse_elementwise, ops.multiply(base, base))
    after(fuse_elementwise, ops.multiply(ops.add(base, 1.0), ops.tanh(base)))
    after(fuse_elementwise, ops.subtract(X, X))


def test_operands_that_are_broadcast_keep_their_own_node():
    narrow = ops.exp(ops.input_("n", (2,)))
    assert operations(after(fuse_elementwise, ops.add(X, narrow))).count("elementwise") == 2


def test_sums_of_many_operands():
    total = X
    for place in range(3 * MOST_OPERANDS):
        total = ops.add(total, ops.parameter(f"w{place}", (2,)))
    text = after(fuse_elementwise, total)
    lines = [line for line in text.splitlines() if "= elementwise" in line]
    assert max(line.split("] ")[-1].count("%") for line in lines) <= MOST_OPERANDS + 1


def test_scalars_are_computed_where_they_are_read():
    rate = ops.divide(ops.scalar("rate"), ops.add(ops.scalar("step"), 1.0))
    text = after(fuse_elementwise, ops.multiply(X, rate), ops.multiply(ops.parameter("w", (3,)), rate))
    assert operations(text).count("elementwise") == 2


def test_sums_over_the_batch_compute_what_only_they_read():
    x, g, mean = ops.input_("x", (4, 5, 3)), ops.input_("g", (4, 5, 3)), ops.parameter("m", (3,))
    text = after(fuse_elementwise, ops.batch_sum(ops.multiply(g, ops.subtract(x, mean)), (0, 1)))
    assert operations(text) == ["input", "input", "parameter", "batch_sum_of"]
    shared = ops.multiply(g, x)
    assert "batch_sum_of" not in after(fuse_elementwise, ops.batch_sum(shared, (0, 1)), shared)
    assert "batch_sum_of" not in after(fuse_elementwise, ops.batch_sum(ops.square(x), (0, 1, 2)))
    by_row = ops.multiply(x, ops.parameter("rows", (4, 1, 1)))
    assert "batch_sum_of" not in after(fuse_elementwise, ops.batch_sum(by_row, (0, 1)))


def test_sums_over_an_image_compute_what_only_they_read():
    x, own = ops.input_("x", (4, 5, 3)), ops.input_("own", (3,))
    text = after(fuse_elementwise, ops.reduce_sum(ops.squared_deviation(x, own), (0, 1)))
    assert operations(text) == ["input", "input", "reduce_sum_of"]
    for sum_ in (ops.reduce_sum(ops.square(x), (0, 1), True), ops.reduce_sum(ops.square(x), (2,))):
        assert "reduce_sum_of" not in after(fuse_elementwise, sum_)
