"""Concatenations that share what they begin or end with are one in the other."""

import numpy as np
import pytest

from planish import primitives
from planish.graph.graph import Graph
from planish.passes.nest_concatenations import nest_concatenations
from tests.passes.support import after, check_same


def values(count):
    x = primitives.input_("x", (2, 3))
    return [primitives.multiply(x, float(number + 2)) for number in range(count)]


def joined(parts, axis=1):
    return primitives.concatenate(parts, axis)


def operands(graph):
    """How many operands each result of a graph joins, and which of them are concatenations."""
    return [
        (len(node.inputs), [place for place, source in enumerate(node.inputs) if source.op == "concatenate"])
        for _, node in graph.outputs
    ]


def nested(*nodes):
    before = Graph.build({f"y{number}": node for number, node in enumerate(nodes)})
    found = nest_concatenations(before)
    check_same(before, found)
    return found


def test_a_list_that_grows_is_one_value_in_another():
    a, b, c, d = values(4)
    found = nested(joined([a, b]), joined([a, b, c]), joined([a, b, c, d]))
    assert operands(found) == [(2, []), (2, [0]), (2, [0])]
    assert [node.inputs[0] for _, node in found.outputs[1:]] == [node for _, node in found.outputs[:2]]


def test_new_values_in_front_of_what_was_there():
    a, b, c = values(3)
    assert operands(nested(joined([b, c]), joined([a, b, c]))) == [(2, []), (2, [1])]


def test_the_longest_one_is_taken_wherever_it_comes_in_the_graph():
    a, b, c, d = values(4)
    assert operands(nested(joined([a, b, c, d]), joined([a, b, c]), joined([c, d]))) == [(2, [0]), (3, []), (2, [])]
    assert operands(nested(joined([a, b, c, d]), joined([a, b]), joined([b, c, d]))) == [(2, [1]), (2, []), (3, [])]


def test_a_block_of_many_layers_needs_no_recursion():
    parts = values(60)
    found = nested(*(joined(parts[:count]) for count in range(60, 1, -1)))
    assert [count for count, _ in operands(found)] == [2] * 59


def test_a_value_that_depends_on_the_shorter_one():
    a, b = values(2)
    short = joined([a, b])
    seen = primitives.tanh(short)
    found = nested(joined([a, b, seen]))
    (whole,) = (node for _, node in found.outputs)
    inner, last = whole.inputs
    assert last.inputs == (inner,)


@pytest.mark.parametrize(
    "made",
    [
        lambda a, b, c: [joined([a, b], 0), joined([a, b, c], 1)],
        lambda a, b, c: [joined([b, a]), joined([a, b, c])],
        lambda a, b, c: [joined([a, c]), joined([a, b, c])],
        lambda a, b, c: [joined([a]), joined([a, b])],
        lambda a, b, c: [joined([a, b]), joined([a, b])],
    ],
    ids=["other axes", "another order", "not next to each other", "a single one", "the same"],
)
def test_others_stay_as_they_are(made):
    results = made(*values(3))
    text = after(lambda graph: graph, *results)
    assert after(nest_concatenations, *results) == text


def test_twice_is_once():
    a, b, c, d = values(4)
    once = nested(joined([a, b]), joined([c, a, b]), joined([c, a, b, d]))
    assert nest_concatenations(once) is once
    assert np.sum([count for count, _ in operands(once)]) == 6
