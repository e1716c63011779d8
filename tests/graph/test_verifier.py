"""What the verifier accepts and refuses."""

from dataclasses import replace

import pytest

from planish import primitives
from planish.autodiff import gradients
from planish.graph.graph import Graph
from planish.graph.node import Node, TensorType, layer_scope
from planish.graph.settings import NO_SETTINGS, LeafSettings
from planish.graph.verifier import verify
from planish.primitives.registry import result_type


def a_graph():
    x, w = primitives.input_("x", (4,)), primitives.parameter("dense/kernel", (4, 3))
    with layer_scope("dense"):
        y = primitives.dense(x, w)
    loss = primitives.batch_sum(primitives.reduce_sum(primitives.square(y), (0,)))
    (gradient,) = gradients(loss, [w])
    return Graph.build(
        {"y": y, "loss": loss},
        {"dense/kernel": primitives.subtract(w, primitives.multiply(gradient, primitives.scalar("rate")))},
    )


def refuses(graph, message):
    with pytest.raises(ValueError, match=message) as caught:
        verify(graph, result_type, after="a pass")
    assert str(caught.value).startswith("after a pass:")


def replaced(op, **changes):
    """The graph with one node changed."""
    return a_graph().rewrite(lambda node: replace(node, **changes) if node.op == op else None)


def test_a_well_formed_graph():
    verify(a_graph(), result_type)


def test_a_type_that_the_operands_do_not_give():
    refuses(
        replaced("dense", type=TensorType((5,))), r"'dense' \(layer dense\) has type f32\[N,5\], .* give f32\[N,3\]"
    )


def test_operands_that_do_not_fit():
    graph = Graph.build(
        {"y": Node("dense", (primitives.input_("x", (5,)), primitives.parameter("w", (4, 3))), TensorType((3,)))}
    )
    refuses(graph, "does not fit its operands")


def test_settings_of_another_operation():
    refuses(replaced("reduce_sum", settings=NO_SETTINGS), "'reduce_sum' takes ReduceSettings, not Settings")


def test_unknown_operations():
    refuses(Graph.build({"y": Node("melt", (), TensorType(()))}), "'melt' does not fit its operands")


def test_operands_have_to_come_first():
    graph = a_graph()
    refuses(replace(graph, nodes=graph.nodes[::-1]), "which is not computed before it")


def test_nodes_come_once():
    graph = a_graph()
    refuses(replace(graph, nodes=(*graph.nodes, graph.nodes[0])), "computed twice")


def test_results_have_to_be_computed():
    graph = a_graph()
    refuses(replace(graph, outputs=(("y", primitives.constant(1)),)), "is output 'y', but is not computed")
    refuses(
        replace(graph, updates=(("dense/kernel", primitives.parameter("w", (4, 3))),)), "is update 'dense/kernel', but"
    )


def test_results_have_names_of_their_own():
    graph = a_graph()
    refuses(replace(graph, outputs=graph.outputs[:1] * 2), "two outputs have one name")


def test_one_name_is_one_thing():
    def pair(first, second):
        return Graph.build({"a": first, "b": second})

    verify(pair(primitives.parameter("w", (3,)), primitives.parameter("w", (3,))), result_type)
    refuses(
        pair(primitives.parameter("w", (3,)), primitives.parameter("w", (4,))),
        r"'w' type f32\[4\], but it is parameter f32\[3\]",
    )
    refuses(pair(primitives.parameter("w", ()), primitives.scalar("w")), "it is parameter")


def test_leaves():
    refuses(
        Graph.build({"y": Node("input", (), TensorType((3,), batched=False), LeafSettings(name="x"))}),
        "batch axis is for inputs",
    )
    refuses(
        Graph.build({"y": Node("parameter", (), TensorType((3,)), LeafSettings(name="w"))}), "batch axis is for inputs"
    )
    refuses(
        Graph.build({"y": Node("constant", (primitives.constant(1),), TensorType((), batched=False))}),
        "is a leaf",
    )


def test_updates_are_what_they_replace():
    w = primitives.parameter("w", (4,))
    refuses(
        Graph.build({"w": w}, {"w": primitives.parameter("v", (1, 4))}),
        r"updates 'w' of type f32\[4\] with type f32\[1,4\]",
    )
    refuses(Graph.build({"w": w}, {"w": primitives.input_("x", (4,))}), "updates 'w', but has a batch axis")
