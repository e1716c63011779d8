"""A graph that a rule leaves as it is stays the same object, and nodes that change keep all but their operands."""

from dataclasses import replace

from planish import primitives
from planish.graph.graph import Graph
from planish.graph.node import layer_scope


def a_graph():
    x = primitives.input_("x", (4,))
    with layer_scope("hidden"):
        y = primitives.square(x)
    return Graph.build({"y": primitives.multiply(y, 2.0), "z": x})


def test_a_rule_that_changes_nothing_gives_the_same_graph():
    graph = a_graph()
    assert graph.rewrite(lambda node: None) is graph
    assert graph.rewrite(lambda node: node) is graph


def test_what_reads_a_changed_node_is_the_same_but_for_its_operands():
    graph = a_graph()
    after = graph.rewrite(lambda node: replace(node, layers=("seen",)) if node.op == "square" else None)
    assert [node.op for node in after.nodes] == [node.op for node in graph.nodes]
    (old, new) = (dict(each.outputs)["y"] for each in (graph, after))
    assert new is not old
    assert new.inputs[0].layers == ("seen",)
    assert (new.op, new.type, new.settings, new.layers) == (old.op, old.type, old.settings, old.layers)
    assert dict(after.outputs)["z"] is dict(graph.outputs)["z"]
