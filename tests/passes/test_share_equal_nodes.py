"""What several nodes compute alike is computed once."""

import math

from planish import primitives
from planish.graph.graph import Graph
from planish.passes.share_equal_nodes import share_equal_nodes
from tests.passes.support import after, operations


def test_equal_chains():
    x = primitives.input_("x", (3,))
    text = after(share_equal_nodes, primitives.tanh(primitives.add(x, 1.0)), primitives.tanh(primitives.add(x, 1.0)))
    assert text == (
        "%0: f32[N,3] = input[name='x']\n"
        "%1: f32[] = constant[value=1.0]\n"
        "%2: f32[N,3] = add %0 %1\n"
        "%3: f32[N,3] = tanh %2\n"
        "output 'y0' = %3\n"
        "output 'y1' = %3\n"
    )


def test_leaves_of_one_name():
    a, b = primitives.parameter("w", (3,)), primitives.parameter("w", (3,))
    assert operations(after(share_equal_nodes, primitives.multiply(a, b))) == ["parameter", "multiply"]


def test_different_settings_and_orders():
    x, y = primitives.input_("x", (4, 4, 1)), primitives.input_("y", (4, 4, 1))
    results = [
        primitives.leaky_relu(x, 0.1),
        primitives.leaky_relu(x, 0.2),
        primitives.subtract(x, y),
        primitives.subtract(y, x),
        primitives.max_pool2d(x, (2, 2), (1, 1)),
        primitives.max_pool2d(x, (2, 2), (2, 2)),
        primitives.reduce_sum(x, (0,)),
        primitives.reduce_sum(x, (1,)),
        primitives.reduce_sum(x, (0,), True),
    ]
    assert len(operations(after(share_equal_nodes, *results))) == 2 + len(results)


def test_zeros_of_both_signs_stay_apart():
    x = primitives.input_("x", (3,))
    assert (
        operations(after(share_equal_nodes, primitives.divide(x, 0.0), primitives.divide(x, -0.0))).count("constant")
        == 2
    )


def test_constants_that_are_no_number_are_shared():
    graph = Graph.build({"y": primitives.add(primitives.constant(math.nan), primitives.constant(math.nan))})
    assert operations(after(share_equal_nodes, graph.outputs[0][1])) == ["constant", "add"]


def test_random_numbers_of_different_streams():
    seed = primitives.constant(0.0)
    numbers = [primitives.parameter(f"w{place}", (2,)) for place in range(2)]
    assert (
        operations(after(share_equal_nodes, primitives.add(numbers[0], seed), primitives.add(numbers[1], seed))).count(
            "add"
        )
        == 2
    )
