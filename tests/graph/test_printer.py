"""Graphs as text."""

import math

import pytest

from planish import primitives
from planish.graph.graph import Graph
from planish.graph.node import layer_scope
from planish.graph.printer import print_graph


def a_graph():
    x = primitives.input_("x", (5, 5, 1))
    with layer_scope("conv2d"):
        y = primitives.add(primitives.conv2d(x, primitives.parameter("conv2d/kernel", (3, 3, 1, 2))), 0.1)
    return Graph.build({"y": y}, {"conv2d/kernel": primitives.parameter("conv2d/kernel", (3, 3, 1, 2))})


TEXT = """\
%0: f32[N,5,5,1] = input[name='x']
%1: f32[3,3,1,2] = parameter[name='conv2d/kernel']  # conv2d
%2: f32[N,3,3,2] = conv2d[dilation=(1, 1), groups=1, padding=((0, 0), (0, 0)), strides=(1, 1)] %0 %1  # conv2d
%3: f32[] = constant[value=0.1]  # conv2d
%4: f32[N,3,3,2] = add %2 %3  # conv2d
%5: f32[3,3,1,2] = parameter[name='conv2d/kernel']
output 'y' = %4
update 'conv2d/kernel' = %5
"""


def test_the_text():
    assert print_graph(a_graph()) == TEXT


def test_it_is_the_same_every_time():
    assert print_graph(a_graph()) == print_graph(a_graph())


def test_without_comments_layers_do_not_show():
    text = print_graph(a_graph(), comments=False)
    assert text == "".join(line.split("  #")[0].rstrip("\n") + "\n" for line in TEXT.splitlines())


X = primitives.input_("x", (4, 4, 2))
A, B = primitives.input_("a", ()), primitives.input_("b", ())
W = primitives.parameter("w", ())


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (primitives.subtract(A, B), primitives.subtract(B, A)),
        (primitives.add(A, 0.1), primitives.add(A, math.nextafter(0.1, 1))),
        (primitives.multiply(A, 0.0), primitives.multiply(A, -0.0)),
        (primitives.add(A, math.inf), primitives.add(A, math.nan)),
        (primitives.add(A, 1e-30), primitives.add(A, 0.0)),
        (A, B),
        (primitives.input_("x", ()), primitives.parameter("x", ())),
        (primitives.input_("x", ()), primitives.input_("x", (), "i32")),
        (primitives.input_("x", ()), primitives.input_("x", (1,))),
        (primitives.scalar("x"), primitives.scalar("x", "i32")),
        (primitives.leaky_relu(A, 0.1), primitives.leaky_relu(A, 0.2)),
        (primitives.pad2d(X, ((1, 0), (0, 0))), primitives.pad2d(X, ((0, 1), (0, 0)))),
        (primitives.reduce_sum(X, (0,), keepdims=True), primitives.reduce_max(X, (0,), keepdims=True)),
        (primitives.transpose(X, (0, 1, 2)), primitives.transpose(X, (1, 0, 2))),
        (primitives.multiply(primitives.add(A, B), primitives.add(A, B)), primitives.square(primitives.add(A, B))),
        (
            primitives.random_uniform(primitives.scalar("s", "i32"), (2,), 0),
            primitives.random_uniform(primitives.scalar("s", "i32"), (2,), 1),
        ),
    ],
)
def test_different_programs_have_different_texts(first, second):
    texts = {print_graph(Graph.build({"y": node}), comments=False) for node in (first, second)}
    assert len(texts) == 2


def test_results_are_part_of_the_program():
    graphs = [
        Graph.build({"y": A, "z": B}),
        Graph.build({"y": B, "z": A}),
        Graph.build({"z": B, "y": A}),
        Graph.build({"y": A}),
        Graph.build({"y": A}, {"z": B}),
        Graph.build({"y": A}, {"w": W}),
        Graph.build({"y' = %0\noutput 'z": A}),
    ]
    assert len({print_graph(graph) for graph in graphs}) == len(graphs)


def test_names_with_line_breaks_stay_on_their_line():
    with layer_scope("a\n%9: f32[] = batch_size"):
        node = primitives.square(primitives.input_("x\ny", ()))
    lines = print_graph(Graph.build({"y\nz": node})).splitlines()
    assert len(lines) == 3
    assert lines[1].endswith("  # a %9: f32[] = batch_size")
