"""Stages run what they depend on before them."""

import pytest

from planish import primitives
from planish.codegen.kernels import in_parts, kind_of_node
from planish.codegen.llvm.target import make_target
from planish.codegen.planning.lowering import lower
from planish.codegen.planning.schedule import schedule
from planish.codegen.planning.views import is_view, storage_root
from planish.graph.graph import LEAVES, Graph
from planish.graph.settings import name_of
from planish.passes import pipeline
from tests.passes.random_graphs import random_inference, random_training

TARGET = make_target("avx2", "x86_64-unknown-linux-gnu")


def lowered(graph, *, training):
    return lower(pipeline.run(graph), TARGET, {"x": "float32"}, training=training).graph


def sources_of(node):
    return [root for root in map(storage_root, node.inputs) if root.op not in LEAVES]


def check_order(graph):
    stages = schedule(graph, TARGET)
    working = [node for node in graph.nodes if node.op not in LEAVES and not is_view(node)]
    run = [node for stage in stages for node in stage.nodes]
    assert len(run) == len(set(run))
    assert set(run) == set(working)
    stage_of = {node: number for number, stage in enumerate(stages) for node in stage.nodes}
    place = {node: number for number, node in enumerate(run)}
    for stage in stages:
        for node in stage.nodes:
            assert in_parts(node) is not stage.batched
            for source in sources_of(node):
                assert stage_of[source] <= stage_of[node]
                assert place[source] < place[node]
        for segment in stage.segments:
            assert len({kind_of_node(node) for node in segment}) == 1
        check_units(stage)
    return stages


def check_units(stage):
    """Parts run in any order: what reads another part's value is in the same unit, element by element."""
    unit_of = {node: unit for unit in stage.units for node in unit.nodes}
    for node in unit_of:
        for source in sources_of(node):
            if source in unit_of:
                assert unit_of[source] is unit_of[node]
                assert node.op == "elementwise"
                assert source.op == "elementwise" or source is unit_of[node].nodes[0]
                assert source.shape == node.shape


@pytest.mark.parametrize("seed", range(40))
def test_inference(seed):
    stages = check_order(lowered(random_inference(seed), training=False))
    assert [stage.batched for stage in stages][-1]
    assert sum(stage.batched for stage in stages) == 1


@pytest.mark.parametrize("seed", range(40))
def test_training(seed):
    check_order(lowered(random_training(seed), training=True))


def test_weights_and_their_slots_go_together():
    """New weights need no barrier after the gradient that only they read, and none between momentum and weight."""
    x, w, m = primitives.input_("x", (4,)), primitives.parameter("w", (4,)), primitives.parameter("m", (4,))
    momentum = primitives.add(primitives.multiply(m, 0.9), primitives.batch_sum(primitives.multiply(x, w)))
    graph = Graph.build({}, {"m": momentum, "w": primitives.subtract(w, momentum)})
    stages = check_order(lowered(graph, training=True))
    assert [stage.batched for stage in stages] == [True, False]
    assert len(stages[-1].units) == 1
    assert len(stages[-1].units[0].nodes) == 3


def test_a_sum_that_others_read_is_not_handed_over():
    """All of it has to be there before its norm is."""
    x, w, m = primitives.input_("x", (40,)), primitives.parameter("w", (40,)), primitives.parameter("m", (40,))
    gradient = primitives.batch_sum(primitives.multiply(x, w))
    momentum = primitives.add(primitives.multiply(m, 0.9), gradient)
    norm = primitives.reduce_sum(primitives.square(gradient), (0,))
    graph = Graph.build({}, {"m": momentum, "w": primitives.subtract(w, primitives.multiply(gradient, norm))})
    stages = check_order(lowered(graph, training=True))
    assert not any(unit.joined for stage in stages for unit in stage.units)


def placed(graph):
    """The stage of each update's root, and of what reads each parameter."""
    stages = schedule(graph, TARGET)
    return {node: number for number, stage in enumerate(stages) for node in stage.nodes}


def test_a_new_value_waits_for_the_last_reader_of_the_old_one():
    """a' could be computed at once; b' needs the old a, but only when the batch has been summed."""
    a, b = primitives.parameter("a", (17,)), primitives.parameter("b", (17,))
    total = primitives.batch_sum(primitives.input_("x", (17,)))
    graph = lowered(
        Graph.build({}, {"a": primitives.multiply(a, 2.0), "b": primitives.add(b, primitives.multiply(a, total))}),
        training=True,
    )
    stage_of = placed(graph)
    updates = {name: storage_root(node) for name, node in graph.updates}
    assert stage_of[updates["a"]] > stage_of[updates["b"]]


def test_a_new_value_is_not_joined_to_its_gradient_while_others_read_the_old_one():
    """b' needs the old w in parts of another sum, that run at any time beside those of w's own gradient."""
    x, w, b = primitives.input_("x", (40,)), primitives.parameter("w", (40,)), primitives.parameter("b", (40,))
    new = {
        "w": primitives.subtract(w, primitives.batch_sum(primitives.multiply(x, w))),
        "b": primitives.add(b, primitives.multiply(w, primitives.batch_sum(primitives.square(x)))),
    }
    graph = lowered(Graph.build({}, new), training=True)
    check_order(graph)
    stage_of = placed(graph)
    updates = {name: storage_root(node) for name, node in graph.updates}
    assert stage_of[updates["w"]] > stage_of[updates["b"]]


def test_a_value_that_needs_a_parameter_as_it_was_and_as_it_becomes_has_it_written_late():
    a, c = primitives.parameter("a", (17,)), primitives.parameter("c", ())
    new = primitives.multiply(a, 2.0)
    both = primitives.reduce_sum(
        primitives.multiply(primitives.batch_sum(primitives.multiply(primitives.input_("x", (17,)), new)), a), (0,)
    )
    graph = lowered(Graph.build({}, {"a": new, "c": primitives.add(c, both)}), training=True)
    written = dict(graph.updates)["a"]
    (value,) = written.inputs  # memory of its own, from which the new value is copied
    moment = {node: number for number, stage in enumerate(schedule(graph, TARGET)) for node in stage.nodes}
    readers = [node for node in moment if any(name_of(x) == "a" for x in node.inputs if x.op == "parameter")]
    assert value in readers
    assert all(moment[reader] < moment[written] for reader in readers)
