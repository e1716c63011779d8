"""Values of an image that fit into registers, computed together."""

import numpy as np
import pytest

from planish import primitives
from planish.autodiff import gradients
from planish.codegen import compile as compiler
from planish.codegen.llvm.target import make_target
from planish.codegen.planning.plan import Request, make_plan
from planish.codegen.small_values import MOST_VECTORS, groups_of, is_small
from planish.graph.graph import Graph
from planish.losses import BinaryCrossentropy, CategoricalCrossentropy, SparseCategoricalCrossentropy
from planish.passes import pipeline
from planish.primitives.registry import Without, op_named
from tests.codegen.support import Case, on_every_target


def cross_entropy(scores, labels):
    """As Keras computes it from scores: probabilities, their logarithms, one of each image."""
    probabilities = primitives.softmax(scores)
    limited = primitives.minimum(primitives.maximum(probabilities, 1e-7), 1 - 1e-7)
    chosen = primitives.multiply(primitives.one_hot(labels, scores.shape[-1]), primitives.log(limited))
    return probabilities, primitives.negative(primitives.reduce_sum(chosen, (0,)))


@on_every_target
@pytest.mark.parametrize("classes", [2, 3, 10, 17, 33, 65])
def test_losses_and_their_gradients(target, classes):
    case = Case()
    scores = case.input(classes)
    labels = case.input(values=np.array([0, classes - 1, classes // 2]), dtype="i32")
    probabilities, loss = cross_entropy(scores, labels)
    case.output(probabilities)
    case.output(loss)
    case.output(primitives.log_softmax(scores))
    case.output(gradients(loss, [scores])[0])
    largest = primitives.reduce_max(scores, (0,))
    case.output(primitives.subtract(scores, primitives.broadcast_to(primitives.reshape(largest, (1,)), (classes,))))
    case.output(primitives.multiply(primitives.reduce_mean(scores, (0,)), primitives.square(largest)))
    case.check(1e-5)


@on_every_target
@pytest.mark.parametrize("outputs", [1, 10, 17, 70])
def test_losses_of_logits_and_their_gradients(target, outputs):
    case = Case()
    scores, targets = case.input(outputs), case.input(outputs)
    labels = case.input(values=np.array([0, outputs - 1, outputs // 2]), dtype="i32")
    for build, loss, y in [
        (primitives.softmax, SparseCategoricalCrossentropy(), labels),
        (primitives.softmax, CategoricalCrossentropy(label_smoothing=0.1), targets),
        (primitives.sigmoid, BinaryCrossentropy(label_smoothing=0.1), targets),
    ]:
        outputs_of_model = build(scores)
        each = loss.per_sample(y, outputs_of_model)
        for node in (outputs_of_model, each, gradients(each, [scores])[0]):
            case.output(node)
    case.check(1e-5)


@on_every_target
def test_values_of_many_vectors_too(target):
    case = Case()
    wide = case.input(130)
    case.output(primitives.softmax(primitives.square(wide)))
    case.output(primitives.multiply(primitives.reduce_sum(wide, (0,)), primitives.reduce_max(wide, (0,))))
    case.check(1e-5)


@on_every_target
def test_not_a_number_reaches_the_maximum(target):
    case = Case()
    x = case.input(5)
    case.inputs["x0"][1, 4] = np.nan
    case.output(primitives.add(primitives.reduce_max(x, (0,)), primitives.reduce_max(primitives.square(x), (0,))))
    np.testing.assert_allclose(case.computed()["y0"], case.expected()["y0"], rtol=1e-6)


def lowered(node):
    return make_plan(
        Request(Graph.build({"y": node}), {"x": "float32"}, make_target("avx2", "x86_64-linux-gnu"), False)
    )


def test_what_is_small():
    x = primitives.input_("x", (10,))
    (small,) = [
        node for node in pipeline.run(Graph.build({"y": primitives.square(x)})).nodes if node.op == "elementwise"
    ]
    assert is_small(small, 8)
    assert is_small(primitives.softmax(x), 8)
    assert not is_small(primitives.softmax(primitives.input_("x", (MOST_VECTORS * 8 + 1,))), 8)
    assert not is_small(primitives.softmax(primitives.input_("x", (2, 5))), 8)
    assert not is_small(primitives.reduce_sum(primitives.input_("x", (2, 5)), (1,)), 8)
    assert is_small(primitives.reduce_sum(primitives.input_("x", (2, 5)), (0, 1)), 8)
    assert not is_small(primitives.transpose(primitives.input_("x", (2, 5)), (1, 0)), 8)


def test_groups_are_what_lies_next_to_each_other():
    x = primitives.input_("x", (10,))
    a, b = primitives.softmax(x), primitives.log_softmax(x)
    between = primitives.transpose(primitives.input_("z", (2, 5)), (1, 0))
    assert groups_of([a, b, between, a], 8) == [[a, b], [between], [a]]


def test_inner_values_stay_in_registers():
    x = primitives.input_("x", (10,))
    probabilities = primitives.softmax(x)
    y = primitives.multiply(probabilities, primitives.reduce_max(probabilities, (0,)))
    program = compiler.emit(plan := lowered(y), Request(plan.graph, {"x": "float32"}, plan.target, False))
    head = next(line for line in program.text.splitlines() if "small_values(" in line and line.startswith("define"))
    assert head.count("ptr nocapture readonly") == 1
    assert head.count("%y") == 1
    assert not isinstance(op_named("softmax").gradient, Without)
