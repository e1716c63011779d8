"""The reverse walk over graphs of several operations."""

import numpy as np
import pytest

from planish import primitives
from planish.autodiff import gradients
from planish.graph.graph import Graph, topological
from planish.graph.node import TensorType, layer_scope
from planish.primitives.expression import Expression, Instruction
from planish.primitives.interpreter import interpret
from planish.primitives.rewritten.elementwise import elementwise
from tests.primitives.support import check_gradients, compute, numbers


def test_a_small_network():
    def network(x, kernel, bias, dense):
        y = primitives.relu(primitives.add(primitives.conv2d(x, kernel, padding=((1, 1), (1, 1))), bias))
        y = primitives.max_pool2d(y, (2, 2), (2, 2))
        y = primitives.dense(primitives.reshape(y, (y.type.size,)), dense)
        return primitives.log_softmax(y)

    arrays = [numbers(3, 5, 5, 2), numbers(3, 3, 2, 3, seed=1), numbers(3, seed=2), numbers(12, 4, seed=3)]
    check_gradients(network, arrays, [True, False, False, False])


def test_batch_normalization():
    def normalized(x, gamma):
        count = primitives.multiply(primitives.batch_size(), 4.0)
        mean = primitives.divide(primitives.batch_sum(x, (0, 1)), count)
        centered = primitives.subtract(x, mean)
        variance = primitives.divide(primitives.batch_sum(primitives.square(centered), (0, 1)), count)
        return primitives.multiply(
            primitives.multiply(centered, primitives.rsqrt(primitives.add(variance, 1e-3))), gamma
        )

    check_gradients(normalized, [numbers(3, 2, 2, 5), numbers(5, seed=1)], [True, False])


def test_uses_add_up():
    check_gradients(
        lambda x: primitives.add(primitives.multiply(x, x), primitives.multiply(primitives.exp(x), x)), [numbers(3, 4)]
    )


def test_intermediate_values_have_gradients():
    x = primitives.input_("x", ())
    y = primitives.square(x)
    of_y, of_x, of_loss = gradients(loss := primitives.multiply(y, 3.0), [y, x, loss])
    assert compute(of_y, batch_size=1, x=np.full(1, 5.0)) == 3
    assert compute(of_x, batch_size=1, x=np.full(1, 5.0)) == 30
    assert compute(of_loss, batch_size=1, x=np.full(1, 5.0)) == 1


def test_a_loss_per_image_is_summed_into_weights():
    x, w = primitives.input_("x", ()), primitives.parameter("w", ())
    (gradient,) = gradients(primitives.multiply(x, w), [w])
    assert gradient.type == w.type
    assert compute(gradient, x=np.array([1.0, 2.0, 4.0]), w=np.array(1.0)) == 7


def test_seeds_weigh_the_images():
    x, w, weights = primitives.input_("x", ()), primitives.parameter("w", ()), primitives.input_("weights", ())
    (gradient,) = gradients(primitives.multiply(x, w), [w], seed=weights)
    bindings = {"x": np.array([1.0, 2.0, 4.0]), "w": np.array(1.0), "weights": np.array([0.5, 1.0, 2.0])}
    assert compute(gradient, **bindings) == 10.5


def test_one_seed_goes_for_every_image():
    x = primitives.input_("x", ())
    (gradient,) = gradients(primitives.minimum(x, 10.0), [x], seed=primitives.divide(1.0, primitives.batch_size()))
    assert gradient.type == x.type
    np.testing.assert_allclose(compute(gradient, x=np.array([1.0, np.inf, 2.0])), [1 / 3, 0, 1 / 3])


def test_an_infinite_loss_of_one_image_spoils_nothing():
    x = primitives.input_("x", ())
    (gradient,) = gradients(primitives.multiply(x, 2.0), [x])
    assert compute(gradient, x=np.array([1.0, np.inf, np.nan])).tolist() == [2, 2, 2]


def test_seeds_that_do_not_fit():
    loss = primitives.batch_sum(primitives.input_("x", ()))
    with pytest.raises(ValueError, match="seed does not fit"):
        gradients(loss, [], seed=primitives.input_("s", ()))
    with pytest.raises(ValueError, match="seed does not fit"):
        gradients(loss, [], seed=primitives.parameter("s", (2,)))


def test_what_the_loss_does_not_depend_on_gets_zeros():
    x, w, far = primitives.input_("x", ()), primitives.parameter("w", (2,)), primitives.input_("far", (3,))
    found = gradients(primitives.square(x), [w, far])
    assert [node.type for node in found] == [w.type, far.type]
    results = interpret(
        Graph.build({"w": found[0], "far": found[1]}), {"w": np.array([np.inf, np.nan]), "far": np.zeros((1, 3))}
    )
    assert not results.outputs["w"].any()
    assert not results.outputs["far"].any()


def test_a_loss_is_one_value():
    with pytest.raises(ValueError, match=r"one value, per image or in all[\s\S]*f32\[N,3\]"):
        gradients(primitives.input_("x", (3,)), [])
    with pytest.raises(ValueError, match="one value"):
        gradients(primitives.input_("x", (3,)), [], seed=primitives.input_("s", (3,)))


def test_operations_without_gradient():
    x = primitives.input_("x", ())
    with layer_scope("sink"):
        y = elementwise([x], Expression(1, (Instruction("exp", (0,)),)))
    with pytest.raises(ValueError, match=r"'elementwise' \(layer sink\) has no gradient"):
        gradients(y, [x])
    assert gradients(y, [primitives.parameter("w", ())])[0].type == TensorType((), batched=False)


def test_gradients_belong_to_the_layer_of_what_they_are_the_gradient_of():
    x = primitives.input_("x", (2,))
    with layer_scope("first"):
        y = primitives.tanh(x)
    with layer_scope("second"):
        loss = primitives.reduce_sum(primitives.square(y), (0,))
    (gradient,) = gradients(loss, [x])
    assert gradient.layers == ("first",)
    owners = {node.layers for node in topological([gradient])}
    assert owners == {(), ("first",), ("second",)}


def test_only_what_is_asked_for_is_computed():
    x, w = primitives.input_("x", (5, 5, 1)), primitives.parameter("w", (3, 3, 1, 2))
    loss = primitives.batch_sum(primitives.conv2d(x, w), (0, 1, 2))
    (gradient,) = gradients(loss, [w])
    assert "conv2d_input_grad" not in {node.op for node in topological([gradient])}


def test_deep_graphs_do_not_meet_the_recursion_limit():
    x = node = primitives.input_("x", ())
    for _ in range(3000):
        node = primitives.multiply(node, 1.0)
    (gradient,) = gradients(node, [x])
    assert compute(gradient, batch_size=1, x=np.ones(1)) == 1


def test_gradients_of_gradients():
    x = primitives.input_("x", ())
    (first,) = gradients(primitives.power(x, 3.0), [x])
    (second,) = gradients(first, [x])
    assert compute(second, batch_size=1, x=np.full(1, 2.0)) == 12
