"""Concatenations and parts that copy nothing."""

import numpy as np
import pytest

from planish import primitives
from planish.autodiff import gradients
from planish.codegen.llvm.target import current_target
from planish.codegen.planning.choices import print_plan
from planish.codegen.planning.plan import Request, make_plan
from planish.graph.graph import Graph
from planish.graph.settings import name_of
from planish.primitives.interpreter import interpret
from planish.runtime import compile
from planish.runtime.executable import TrainingExecutable
from tests.codegen.support import Case, on_every_target


def layouts(*outputs, training=False, updates=None):
    graph = Graph.build({f"y{number}": node for number, node in enumerate(outputs)}, updates or {})
    dtypes = {name_of(node): "float32" for node in graph.leaves("input")}
    return make_plan(Request(graph, dtypes, current_target(), training, 8 if training else 0))


def copied(plan):
    """The concatenations and parts that are computed."""
    nodes = [node for node in plan.graph.nodes if node.op in ("concatenate", "slice_axis")]
    return [node for node in nodes if node not in plan.storage.layouts.there]


def halves(case, *shape, axis=-1):
    x = case.input(*shape)
    return primitives.concatenate([primitives.tanh(x), primitives.exp(x)], axis)


@on_every_target
@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("channels", [2, 3, 16, 17])
def test_elementwise_values_are_written_where_the_whole_will_be(target, axis, channels):
    case = Case()
    case.output(primitives.square(halves(case, 5, 7, channels, axis=axis)))
    assert not copied(layouts(*case.outputs.values()))
    case.check()


def joined(parts):
    return primitives.concatenate(parts, 2)


@on_every_target
@pytest.mark.parametrize("channels", [12, 17])
def test_kernels_of_maps_write_and_read_inside_of_a_larger_map(target, channels):
    case = Case()
    x = case.input(9, 11, channels)
    first = primitives.relu(primitives.add(primitives.conv2d(x, case.weight(1, 1, channels, 24)), case.weight(24)))
    border = ((1, 1), (1, 1))
    parts = [
        first,
        primitives.conv2d(first, case.weight(3, 3, 24, 40), padding=border),
        primitives.conv2d(first, case.weight(3, 2, 24, 33), padding=((1, 1), (1, 0))),
        primitives.max_pool2d(first, (3, 3), (1, 1), border),
        primitives.average_pool2d(first, (3, 3), (1, 1), border),
        primitives.average_pool2d(primitives.pad2d(first, border), (3, 3), (1, 1)),
    ]
    whole = joined(parts)
    case.output(primitives.multiply(whole, 2.0))
    case.output(primitives.average_pool2d(parts[1], (2, 2), (2, 2)))
    case.output(primitives.max_pool2d(parts[2], (2, 3), (2, 1)))
    case.output(primitives.conv2d(parts[4], case.weight(2, 2, 24, 24)))
    case.output(primitives.max_pool2d(primitives.conv2d(first, case.weight(3, 3, 24, 24)), (2, 2), (2, 2)))
    case.output(primitives.reduce_mean(whole, (0, 1)))
    assert not copied(layouts(*case.outputs.values()))
    case.check()


def dense_block(case, x, layers, growth):
    """Each layer sees what all before it made."""
    for _ in range(layers):
        seen = primitives.relu(primitives.multiply(x, case.weight(x.shape[2])))
        x = joined([x, primitives.conv2d(seen, case.weight(3, 3, x.shape[2], growth), padding=((1, 1), (1, 1)))])
    return x


@on_every_target
@pytest.mark.parametrize(("channels", "growth"), [(24, 12), (17, 16)])
def test_a_dense_block_is_one_map(target, channels, growth):
    case = Case()
    first = primitives.conv2d(case.input(8, 9, 3), case.weight(3, 3, 3, channels), padding=((1, 1), (1, 1)))
    y = dense_block(case, first, 4, growth)
    case.output(primitives.relu(primitives.multiply(y, case.weight(y.shape[2]))))
    plan = layouts(*case.outputs.values())
    assert not copied(plan)
    wholes = {plan.storage.layouts.whole_of(node) for node in plan.graph.nodes if node.op == "concatenate"}
    assert len(wholes) == 1
    case.check()


def grown_block(case, x, layers, growth):
    """The same as a list of maps, all of which each layer joins."""
    seen = [x]
    for _ in range(layers):
        all_before = joined(seen) if len(seen) > 1 else x
        act = primitives.relu(primitives.multiply(all_before, case.weight(all_before.shape[2])))
        kernel = case.weight(3, 3, all_before.shape[2], growth)
        seen.append(primitives.conv2d(act, kernel, padding=((1, 1), (1, 1))))
    return joined(seen)


@on_every_target
def test_a_block_of_lists_is_one_map(target):
    case = Case()
    y = grown_block(case, primitives.exp(case.input(6, 7, 17)), 4, 12)
    case.output(primitives.relu(primitives.multiply(y, case.weight(y.shape[2]))))
    plan = layouts(*case.outputs.values())
    assert not copied(plan)
    assert len({plan.storage.layouts.whole_of(node) for node in plan.graph.nodes if node.op == "concatenate"}) == 1
    case.check()


BORDERS = [((1, 1), (1, 1)), ((0, 1), (0, 1)), ((2, 0), (0, 0)), ((0, 0), (3, 0)), ((0, 2), (0, 3)), ((1, 2), (3, 4))]


@on_every_target
@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("shape", [(5, 6, 17), (1, 4, 3), (4, 1, 16), (1, 1, 2)])
def test_a_border_is_put_around_a_map_where_it_is(target, border, shape):
    case = Case()
    x = primitives.tanh(case.input(*shape))
    case.output(primitives.square(primitives.pad2d(x, border, -0.5)))
    case.output(primitives.add(x, 1.0))  # what else reads it finds it there
    plan = layouts(*case.outputs.values())
    assert [node.op for node in plan.storage.layouts.inside] == ["elementwise"]
    case.check()


@on_every_target
@pytest.mark.parametrize("border", BORDERS)
def test_a_border_around_a_map_that_lies_elsewhere(target, border):
    case = Case()
    case.output(primitives.square(primitives.pad2d(case.input(4, 5, 3), border, 2.0)))
    case.check()


@on_every_target
def test_a_concatenation_inside_of_a_border(target):
    case = Case()
    whole = primitives.pad2d(halves(case, 5, 4, 9), ((1, 2), (2, 1)), 3.0)
    case.output(primitives.square(whole))
    plan = layouts(*case.outputs.values())
    assert not copied(plan)
    assert len({plan.storage.layouts.whole_of(node) for node in plan.storage.layouts.inside}) == 1
    case.check()


def test_the_plan_tells_which_maps_have_room_for_their_border():
    x = primitives.input_("x", (4, 5, 6))
    outputs = [primitives.square(primitives.pad2d(y, ((1, 1), (1, 1)))) for y in (x, primitives.tanh(x))]
    assert "1 of 2 borders are put around maps that are there already" in print_plan(layouts(*outputs))


@on_every_target
@pytest.mark.parametrize("channels", [12, 17])
def test_the_tail_of_a_kernel_reads_inside_of_a_larger_map(target, channels):
    """As the gradient of an activation reads the map that the next layer sees with a border."""
    case = Case()
    x = case.input(9, 10, channels)
    y = primitives.tanh(x)
    border = ((1, 1), (1, 2))
    case.output(primitives.square(primitives.pad2d(y, border)))
    kernels = [case.weight(3, 3, channels, channels), case.weight(1, 1, channels, channels)]
    same = ((1, 1), (1, 1))
    made = [
        primitives.conv2d(x, kernels[0], padding=same),
        primitives.conv2d(x, kernels[1]),
        primitives.conv2d(x, case.weight(3, 3, 1, channels), padding=same, groups=channels),
        primitives.max_pool2d(x, (3, 3), (1, 1), same),
        primitives.average_pool2d(x, (3, 3), (1, 1), same),
    ]
    tails = [primitives.multiply(primitives.relu(primitives.add(node, case.weight(channels))), y) for node in made]
    case.output(primitives.square(joined(tails[:3])))  # the results lie apart, too, and not as far as what is read
    case.output(tails[3])
    case.output(tails[4])
    plan = layouts(*case.outputs.values())
    assert not copied(plan)
    assert "borders are put around maps that are there already" in print_plan(plan)
    (bordered,) = [node for node in plan.graph.nodes if node.op == "pad2d" and node.inputs[0].op == "elementwise"]
    assert plan.storage.layouts.spec_of(bordered).in_place == {0}
    assert sum(node.op == "fused" for node in plan.graph.nodes) >= len(tails)
    case.check(4e-6)


@on_every_target
@pytest.mark.parametrize("window", [(2, 2), (1, 2)])
def test_the_tail_of_a_pooled_convolution_reads_a_part_of_a_larger_map(target, window):
    case = Case()
    x = case.input(11, 10, 16)
    pooled = primitives.max_pool2d(primitives.conv2d(x, case.weight(3, 3, 16, 17)), window, window)
    other = primitives.exp(case.input(*pooled.shape))
    case.output(primitives.square(joined([other, primitives.tanh(case.input(*pooled.shape))])))
    case.output(primitives.add(pooled, other))
    assert not copied(layouts(*case.outputs.values()))
    case.check(4e-6)


def trained_block(act):
    """A training step of a block whose layers see what all before them made, and the values of its leaves."""
    generator = np.random.default_rng(0)
    weights, values = [], {}

    def weight(*shape):
        name = f"w{len(weights)}"
        scale = np.sqrt(np.prod(shape[:-1]))
        values[name] = (generator.standard_normal(shape) / scale).astype(np.float32)
        weights.append(primitives.parameter(name, shape))
        return weights[-1]

    border = ((1, 1), (1, 1))
    y = primitives.conv2d(primitives.input_("x", (7, 8, 3)), weight(3, 3, 3, 20), padding=border)
    for _ in range(3):
        mean = primitives.divide(primitives.batch_sum(y, (0, 1)), primitives.multiply(primitives.batch_size(), 56.0))
        seen = primitives.relu(primitives.multiply(primitives.subtract(y, mean), weight(y.shape[2])))
        made = primitives.conv2d(seen, weight(3, 3, y.shape[2], 12), padding=border)
        y = joined([y, primitives.tanh(made) if act else made])
    loss = primitives.reduce_sum(primitives.square(primitives.average_pool2d(y, (2, 2), (2, 2))), (0, 1, 2))
    found = gradients(primitives.batch_sum(loss), weights)
    changed = [primitives.subtract(w, primitives.multiply(g, 1e-3)) for w, g in zip(weights, found, strict=True)]
    names = [name_of(node) for node in weights]
    return Graph.build({"loss": loss}, dict(zip(names, changed, strict=True))), values


@on_every_target
@pytest.mark.parametrize("act", [True, False])
def test_a_training_step_joins_in_place_and_cuts_gradients_in_place(target, act):
    graph, values = trained_block(act)
    x = np.random.default_rng(1).standard_normal((8, 7, 8, 3)).astype(np.float32)
    plan = make_plan(Request(graph, {"x": "float32"}, current_target(), True, 8))
    left = [node for node in copied(plan) if len(node.shape) == 3]  # not the vectors of sums that are joined
    assert all(node.op == "slice_axis" and node.shape[2] == 12 for node in left)  # read by a gradient of weights
    assert bool(left) is not act
    expected = interpret(graph, {"x": x, **values}, dtype=np.float64)
    loss = {"loss": np.zeros(8, np.float32)}
    program = compile(graph, {"x": x.dtype}, training=True, max_batch=8)
    TrainingExecutable(program).run(values, {"x": x}, np.arange(8), 8, {}, loss)
    np.testing.assert_allclose(loss["loss"], expected.outputs["loss"], rtol=1e-5)
    for name, value in values.items():
        np.testing.assert_allclose(value, expected.updates[name], atol=1e-6)


def test_what_cannot_lie_in_a_whole_is_copied():
    x = primitives.tanh(primitives.input_("x", (4, 5, 6)))
    y = primitives.exp(x)
    assert copied(layouts(joined([y, x]), y))  # a result of its own
    assert copied(layouts(primitives.square(joined([y, y]))))  # twice in one whole
    assert copied(layouts(primitives.add(joined([y, x]), joined([x, y]))))  # in two wholes
    flat = primitives.reshape(y, (120,))
    assert copied(layouts(primitives.square(joined([y, x])), primitives.exp(flat)))  # read in another shape
    narrow = primitives.reduce_sum(y, (2,), keepdims=True)
    assert copied(layouts(primitives.square(joined([narrow, x]))))  # vectors run along channels, and there is one
    assert copied(
        layouts(primitives.square(joined([primitives.softmax(y), x])))
    )  # a kernel that writes pixels in a row


def test_parts_of_vectors_that_lie_one_behind_the_other_need_nothing_of_their_kernels():
    x = primitives.tanh(primitives.input_("x", (40, 50)))
    node = primitives.square(primitives.concatenate([primitives.softmax(x), x], 0))
    assert not copied(layouts(node))


@on_every_target
def test_copies_and_parts_in_place_go_together(target):
    case = Case()
    x = primitives.tanh(case.input(5, 6, 17))
    soft = primitives.softmax(x)
    inner = joined([x, soft])
    whole = joined([soft, inner, primitives.exp(x), x])
    case.output(primitives.square(whole))
    case.output(primitives.square(inner[..., 3:20]))
    case.output(primitives.conv2d(whole[:, 1:, :, 17:51], case.weight(2, 2, 34, 5)))
    case.check()


def test_the_plan_tells_what_is_copied():
    x = primitives.tanh(primitives.input_("x", (4, 5, 6)))
    text = print_plan(layouts(primitives.square(joined([primitives.softmax(x), primitives.exp(x)]))))
    assert "0 of 1 concatenations copy nothing" in text
    assert "copied for -: f32[N,4,5,6] of softmax\n" in text
