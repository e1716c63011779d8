"""What several nodes compute alike is computed once."""

import math

from planish import ops
from planish.graph.graph import Graph
from planish.passes.share_equal_nodes import share_equal_nodes
from tests.passes.support import after, operations


def test_equal_chains():
    x = ops.input_("x", (3,))
    text = after(share_equal_nodes, ops.tanh(ops.add(x, 1.0)), ops.tanh(ops.add(x, 1.0)))
    assert text == (
        "%0: f32[N,3] = input[name='x']\n"
        "%1: f32[] = constant[value=1.0]\n"
        "%2: f32[N,3] = add %0 %1\n"
        "%3: f32[N,3] = tanh %2\n"
        "output 'y0' = %3\n"
        "output 'y1' = %3\n"
    )


def test_leaves_of_one_name():
    a, b = ops.parameter("w", (3,)), ops.parameter("w", (3,))
    assert operations(after(share_equal_nodes, ops.multiply(a, b))) == ["parameter", "multiply"]


def test_different_settings_and_orders():
    x, y = ops.input_("x", (4, 4, 1)), ops.input_("y", (4, 4, 1))
    results = [
        ops.leaky_relu(x, 0.1), ops.leaky_relu(x, 0.2), ops.subtract(x, y), ops.subtract(y, x),
        ops.max_pool2d(x, (2, 2), (1, 1)), ops.max_pool2d(x, (2, 2), (2, 2)), ops.reduce_sum(x, (0,)),
        ops.reduce_sum(x, (1,)), ops.reduce_sum(x, (0,), True),
    ]  # fmt: skip
    assert len(operations(after(share_equal_nodes, *results))) == 2 + len(results)


def test_zeros_of_both_signs_stay_apart():
    x = ops.input_("x", (3,))
    assert operations(after(share_equal_nodes, ops.divide(x, 0.0), ops.divide(x, -0.0))).count("constant") == 2


def test_constants_that_are_no_number_are_shared():
    graph = Graph.build({"y": ops.add(ops.constant(math.nan), ops.constant(math.nan))})
    assert operations(after(share_equal_nodes, graph.outputs[0][1])) == ["constant", "add"]


def test_random_numbers_of_different_streams():
    seed = ops.constant(0.0)
    numbers = [ops.parameter(f"w{place}", (2,)) for place in range(2)]
    assert operations(after(share_equal_nodes, ops.add(numbers[0], seed), ops.add(numbers[1], seed))).count("add") == 2
