"""Inputs, parameters, scalars, constants, the batch size."""

import numpy as np
import pytest

from planish import primitives
from planish.graph.graph import LEAVES, Graph
from planish.graph.node import TensorType, layer_scope
from planish.primitives.interpreter import interpret
from tests.primitives.support import compute


def test_types():
    assert primitives.input_("x", [4, 5, 1]).type == TensorType((4, 5, 1))
    assert primitives.input_("labels", (), "i32").type == TensorType((), "i32")
    assert primitives.parameter("w", [np.int64(3), 2]).type == TensorType((3, 2), batched=False)
    assert primitives.scalar("rate").type == TensorType((), batched=False)
    assert primitives.scalar("seed", "i32").type == TensorType((), "i32", batched=False)
    assert primitives.constant(2).type == TensorType((), batched=False)
    assert primitives.batch_size().type == TensorType((), batched=False)


def test_they_are_the_leaves_that_graphs_know():
    made = [
        primitives.input_("x", ()),
        primitives.parameter("w", ()),
        primitives.scalar("s"),
        primitives.constant(1),
        primitives.table([1.0, 2.0]),
        primitives.batch_size(),
        primitives.share_size(),
    ]
    assert {node.op for node in made} == LEAVES


def test_extents_are_plain_integers():
    shape = primitives.parameter("w", [np.int64(3)]).shape
    assert type(shape[0]) is int


def test_values_are_bound_by_name():
    x = np.arange(6).reshape(2, 3)
    assert compute(primitives.input_("x", (3,)), np.float32, 2, x=x).tolist() == x.tolist()
    assert compute(primitives.parameter("w", (2, 3)), w=x).tolist() == x.tolist()
    assert compute(primitives.scalar("rate"), rate=0.5) == 0.5
    assert compute(primitives.scalar("seed", "i32"), seed=np.int64(7)) == 7
    assert compute(primitives.constant(0.1), np.float32) == np.float32(0.1)
    assert compute(primitives.batch_size(), batch_size=5) == 5


def test_labels_stay_integers_in_any_precision():
    labels = primitives.input_("labels", (), "i32")
    assert compute(labels, np.float64, 2, labels=np.array([16777217, -1])).tolist() == [16777217, -1]


def test_constants_hold_floats():
    assert primitives.constant(3).settings.value == 3.0
    assert type(primitives.constant(np.float32(3)).settings.value) is float


def test_leaves_belong_to_the_layer_that_made_them():
    with layer_scope("dense"):
        assert primitives.parameter("dense/kernel", (1,)).layers == ("dense",)


@pytest.mark.parametrize(
    ("bindings", "message"),
    [({}, "'x' has no value"), ({"x": np.zeros((2, 4))}, "another shape"), ({"x": np.zeros(3)}, "another shape")],
)
def test_bindings_have_to_fit(bindings, message):
    with pytest.raises(ValueError, match=message):
        interpret(Graph.build({"y": primitives.input_("x", (3,))}), bindings, batch_size=2)
