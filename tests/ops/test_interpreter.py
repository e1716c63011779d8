"""Running a graph with NumPy."""

import numpy as np
import pytest

from planish import ops
from planish.graph.graph import Graph
from planish.ops.interpreter import interpret


def a_graph():
    x, w = ops.input_("x", (2,)), ops.parameter("w", (2,))
    y = ops.multiply(x, w)
    return Graph.build({"y": y}, {"w": ops.add(w, ops.batch_sum(y))})


def test_outputs_and_updates():
    w = np.array([1.0, 2.0])
    results = interpret(a_graph(), {"x": np.array([[1.0, 2.0], [3.0, 4.0]]), "w": w})
    assert results.outputs["y"].tolist() == [[1, 4], [3, 8]]
    assert results.updates["w"].tolist() == [5, 14]
    assert w.tolist() == [1, 2]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_everything_is_computed_in_the_precision_asked_for(dtype):
    seen = []
    interpret(
        a_graph(),
        {"x": np.ones((2, 2)), "w": np.ones(2)},
        dtype=dtype,
        observe=lambda node, value: seen.append(value.dtype),
    )
    assert set(seen) == {np.dtype(dtype)}


def test_observers_see_every_value_in_order():
    graph = a_graph()
    seen = []
    interpret(graph, {"x": np.ones((2, 2)), "w": np.ones(2)}, observe=lambda node, value: seen.append(node))
    assert tuple(seen) == graph.nodes


def test_the_batch_size_comes_from_the_inputs():
    graph = Graph.build({"y": ops.input_("x", ()), "n": ops.batch_size()})
    assert interpret(graph, {"x": np.zeros(7)}).outputs["n"] == 7


def test_without_inputs_the_batch_size_has_to_be_given():
    graph = Graph.build({"n": ops.batch_size()})
    assert interpret(graph, {}, batch_size=4).outputs["n"] == 4
    with pytest.raises(ValueError, match="give batch_size"):
        interpret(graph, {})


def test_a_graph_of_weights_needs_no_batch():
    assert interpret(Graph.build({"y": ops.square(ops.parameter("w", ()))}), {"w": 3.0}).outputs["y"] == 9


def test_inputs_of_different_lengths():
    graph = Graph.build({"y": ops.add(ops.input_("a", ()), ops.input_("b", ()))})
    with pytest.raises(ValueError, match="'b' has another shape"):
        interpret(graph, {"a": np.zeros(3), "b": np.zeros(2)})


def test_deep_graphs_do_not_meet_the_recursion_limit():
    node = ops.input_("x", ())
    for _ in range(5000):
        node = ops.add(node, 1.0)
    assert interpret(Graph.build({"y": node}), {"x": np.zeros(1)}).outputs["y"] == 5000
