"""Running a graph with NumPy."""

import numpy as np
import pytest

from planish import primitives
from planish.graph.graph import Graph
from planish.primitives.interpreter import interpret


def a_graph():
    x, w = primitives.input_("x", (2,)), primitives.parameter("w", (2,))
    y = primitives.multiply(x, w)
    return Graph.build({"y": y}, {"w": primitives.add(w, primitives.batch_sum(y))})


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
    graph = Graph.build({"y": primitives.input_("x", ()), "n": primitives.batch_size()})
    assert interpret(graph, {"x": np.zeros(7)}).outputs["n"] == 7


def test_without_inputs_the_batch_size_has_to_be_given():
    graph = Graph.build({"n": primitives.batch_size()})
    assert interpret(graph, {}, batch_size=4).outputs["n"] == 4
    with pytest.raises(ValueError, match="give batch_size"):
        interpret(graph, {})


def test_a_graph_of_weights_needs_no_batch():
    assert interpret(Graph.build({"y": primitives.square(primitives.parameter("w", ()))}), {"w": 3.0}).outputs["y"] == 9


def test_inputs_of_different_lengths():
    graph = Graph.build({"y": primitives.add(primitives.input_("a", ()), primitives.input_("b", ()))})
    with pytest.raises(ValueError, match="'b' has another shape"):
        interpret(graph, {"a": np.zeros(3), "b": np.zeros(2)})


def test_deep_graphs_do_not_meet_the_recursion_limit():
    node = primitives.input_("x", ())
    for _ in range(5000):
        node = primitives.add(node, 1.0)
    assert interpret(Graph.build({"y": node}), {"x": np.zeros(1)}).outputs["y"] == 5000


def test_updates_may_trade_places():
    a, b = primitives.parameter("a", (2,)), primitives.parameter("b", (2,))
    bindings = {"a": np.ones(2, np.float32), "b": np.zeros(2, np.float32)}
    updates = interpret(Graph.build({}, {"a": b, "b": primitives.reshape(a, (2,))}), bindings).updates
    for name, value in updates.items():
        bindings[name][...] = value
    assert bindings["a"].tolist() == [0, 0]
    assert bindings["b"].tolist() == [1, 1]


def test_results_are_the_callers_own():
    w = primitives.parameter("w", (2, 3))
    repeated = primitives.broadcast_to(primitives.parameter("s", ()), (4,))
    array = np.ones((2, 3), np.float32)
    results = interpret(
        Graph.build({"t": primitives.transpose(w, (1, 0)), "w": w, "r": repeated}), {"w": array, "s": 2.0}
    )
    for value in results.outputs.values():
        assert value.flags.c_contiguous
        value += 1
    assert (array == 1).all()
    assert results.outputs["r"].tolist() == [3, 3, 3, 3]


def test_infinities_and_nan_come_without_warnings(recwarn):
    x, w = primitives.input_("x", (2,)), primitives.parameter("w", (2, 2))
    graph = Graph.build({"y": primitives.log_softmax(primitives.dense(x, w))})
    y = interpret(graph, {"x": np.full((1, 2), 3e38), "w": np.full((2, 2), 3e38)}).outputs["y"]
    assert np.isnan(y).all()
    assert not recwarn.list
