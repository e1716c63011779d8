"""What does nothing goes away."""

import numpy as np
import pytest

from planish import primitives
from planish.autodiff import gradients
from planish.graph.graph import Graph
from planish.passes.before_gradients import before_gradients
from planish.passes.simplify import simplify
from planish.primitives.interpreter import interpret
from tests.passes.support import after, operations


def x(*shape):
    return primitives.input_("x", shape)


@pytest.mark.parametrize(
    "node",
    [
        primitives.add(x(3), 0.0),
        primitives.add(0.0, x(3)),
        primitives.subtract(x(3), 0.0),
        primitives.multiply(1.0, x(3)),
        primitives.divide(x(3), 1.0),
        primitives.reshape(x(3), (3,)),
        primitives.transpose(primitives.transpose(x(2, 3), (1, 0)), (1, 0)),
        primitives.reshape(primitives.reshape(x(2, 3), (6,)), (2, 3)),
        primitives.transpose(x(2, 3), (0, 1)),
        primitives.multiply(primitives.add(primitives.transpose(x(3), (0,)), 0.0), 1.0),
    ],
)
def test_what_leaves_its_operand_alone(node):
    assert operations(after(simplify, node)) == ["input"]


@pytest.mark.parametrize(
    "node",
    [
        primitives.subtract(0.0, x(3)),
        primitives.divide(1.0, x(3)),
        primitives.add(x(3), 1.0),
        primitives.add(primitives.parameter("w", (3,)), primitives.multiply(x(3), 0.0)),
        primitives.add(primitives.multiply(primitives.parameter("w", ()), 1.5), primitives.input_("x", (3,))),
    ],
)
def test_what_only_looks_like_it(node):
    text = after(simplify, node)
    assert len(operations(text)) > 2


def test_views_of_views():
    text = after(simplify, primitives.reshape(primitives.reshape(x(4, 6), (24,)), (3, 8)))
    assert text == "%0: f32[N,4,6] = input[name='x']\n%1: f32[N,3,8] = reshape[shape=(3, 8)] %0\noutput 'y0' = %1\n"


def test_transposes_of_transposes():
    text = after(simplify, primitives.transpose(primitives.transpose(x(2, 3, 4), (1, 2, 0)), (0, 2, 1)))
    assert "%1: f32[N,3,2,4] = transpose[permutation=(1, 0, 2)] %0" in text
    assert operations(text) == ["input", "transpose"]


def test_a_transpose_of_axes_of_extent_one_is_a_view():
    text = after(simplify, primitives.transpose(x(5, 1, 4), (1, 0, 2)), primitives.transpose(x(5, 1, 4), (0, 2, 1)))
    assert "transpose" not in text


def test_zeros_that_only_give_a_batch_axis():
    x, v = primitives.input_("x", (4, 3)), primitives.parameter("v", (3,))
    spread = primitives.add(primitives.greater(x, x), v)
    assert operations(after(simplify, primitives.multiply(x, spread))) == ["input", "parameter", "multiply"]
    assert "greater" in after(simplify, primitives.square(spread))
    assert "greater" in after(simplify, primitives.multiply(spread, primitives.parameter("w", (4, 3))))


def test_what_stops_gradients_is_there_until_they_are_taken():
    x = primitives.input_("x", (3,))
    y = before_gradients(Graph.build({"y": primitives.multiply(primitives.stop_gradient(x), x)})).outputs[0][1]
    (gradient,) = gradients(primitives.batch_sum(y, (0,)), [x])
    values = np.array([[1.0, 2.0, 3.0]])
    assert interpret(Graph.build({"g": gradient}), {"x": values}).outputs["g"].tolist() == values.tolist()
