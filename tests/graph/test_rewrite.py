"""A graph that a rule leaves as it is stays the same object, and nodes that change keep all but their operands."""

from dataclasses import replace

from planish import primitives
from planish.graph.graph import Graph, topological
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


def test_a_rule_for_some_operations_sees_only_nodes_of_these():
    graph = a_graph()
    seen = []
    assert graph.rewrite(lambda node: seen.append(node.op), only=("square", "divide")) is graph
    assert seen == ["square"]
    after = graph.rewrite(lambda node: replace(node, layers=("seen",)), only=("square",))
    assert [node.layers for node in after.nodes if node.op == "square"] == [("seen",)]
    assert dict(after.outputs)["y"] is not dict(graph.outputs)["y"]  # it reads what has changed
    assert dict(after.outputs)["z"] is dict(graph.outputs)["z"]
    assert graph.has_any(("divide", "square"))
    assert not graph.has_any(("divide",))


def test_an_order_looks_at_every_operand_once():
    """Values that thousands read, as the batch size is, would otherwise make it quadratic."""
    looked = []

    class Counted(tuple):
        def __iter__(self):
            for source in super().__iter__():
                looked.append(source)
                yield source

    x = primitives.input_("x", (4,))
    nodes = [x]
    for _ in range(300):
        node = primitives.add(nodes[-1], x)
        nodes.append(node.with_inputs(Counted(node.inputs)))
    assert [*topological([nodes[-1], nodes[150], x])] == nodes
    assert len(looked) == 2 * 300


def test_operands_come_before_what_reads_them_in_their_order():
    x, y = (primitives.input_(name, (4,)) for name in "xy")
    low, high = primitives.square(y), primitives.square(x)
    total = primitives.add(primitives.multiply(high, low), high)
    graph = Graph.build({"low": low, "total": total})
    assert graph.nodes == (y, low, x, high, total.inputs[0], total)
