"""The maximum first, where that changes no bit."""

import numpy as np
import pytest

from planish import primitives
from planish.graph.graph import Graph
from planish.passes.move_pool_first import move_pool_first
from planish.primitives.interpreter import interpret
from tests.passes.support import after, operations


def pooled(x, window=(2, 2), strides=(2, 2), padding=((0, 0), (0, 0))):
    return primitives.max_pool2d(x, window, strides, padding)


X = primitives.input_("x", (4, 6, 3))
MONOTONE = ["exp", "expm1", "tanh", "sigmoid", "erf", "relu", "softplus", "floor"]
OTHERS = ["negative", "absolute", "square", "reciprocal", "rsqrt", "sign"]


def test_bias_and_activation():
    text = after(move_pool_first, pooled(primitives.relu(primitives.add(X, primitives.parameter("b", (3,))))))
    assert text == (
        "%0: f32[N,4,6,3] = input[name='x']\n"
        "%1: f32[N,2,3,3] = max_pool2d[padding=((0, 0), (0, 0)), strides=(2, 2), window=(2, 2)] %0\n"
        "%2: f32[3] = parameter[name='b']\n"
        "%3: f32[N,2,3,3] = add %1 %2\n"
        "%4: f32[N,2,3,3] = relu %3\n"
        "output 'y0' = %4\n"
    )


@pytest.mark.parametrize("name", MONOTONE)
def test_functions_that_rise(name):
    assert operations(after(move_pool_first, pooled(getattr(primitives, name)(X)))) == ["input", "max_pool2d", name]


@pytest.mark.parametrize("name", OTHERS)
def test_functions_that_do_not(name):
    assert operations(after(move_pool_first, pooled(getattr(primitives, name)(X)))) == ["input", name, "max_pool2d"]


@pytest.mark.parametrize("function", [primitives.leaky_relu, primitives.elu])
@pytest.mark.parametrize(("alpha", "moves"), [(0.3, True), (0.0, True), (2.0, True), (-0.1, False), (-2.0, False)])
def test_slopes(function, alpha, moves):
    last = operations(after(move_pool_first, pooled(function(X, alpha))))[-1]
    assert (last != "max_pool2d") is moves


@pytest.mark.parametrize(
    "other",
    [
        primitives.input_("b", (3,)),
        primitives.parameter("b", (4, 6, 3)),
        primitives.parameter("b", (4, 1, 1)),
        primitives.input_("b", (4, 6, 3)),
    ],
)
def test_sums_that_differ_between_pixels(other):
    assert operations(after(move_pool_first, pooled(primitives.add(X, other))))[-1] == "max_pool2d"


def test_what_something_else_reads_stays():
    y = primitives.relu(X)
    assert operations(after(move_pool_first, pooled(y), y)) == ["input", "relu", "max_pool2d"]


def test_borders():
    text = after(move_pool_first, pooled(primitives.tanh(X), (3, 3), (2, 1), ((1, 1), (1, 0))))
    assert operations(text) == ["input", "max_pool2d", "tanh"]


@pytest.mark.parametrize("name", ["relu", "floor", "tanh"])
def test_the_same_bits_for_zeros_of_both_signs_and_infinities(name):
    values = np.random.default_rng(0).choice(np.array([0.0, -0.0, -0.5, np.inf, -np.inf], np.float32), (2, 4, 6, 3))
    before = Graph.build({"y": pooled(getattr(primitives, name)(X))})
    results = [interpret(graph, {"x": values}).outputs["y"] for graph in (before, move_pool_first(before))]
    np.testing.assert_array_equal(results[0], results[1])
