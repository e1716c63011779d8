"""Factors of channels go into the weights."""

import pytest

from planish import ops
from planish.graph.graph import Graph
from planish.passes.fold_channel_scale import fold_channel_scale
from tests.passes.support import after, operations


def convolution(filters=5):
    return ops.conv2d(ops.input_("x", (4, 4, 2)), ops.parameter("w", (3, 3, 2, filters)))


def test_a_factor_of_each_channel():
    text = after(fold_channel_scale, ops.multiply(convolution(), ops.parameter("s", (5,))))
    assert text == (
        "%0: f32[N,4,4,2] = input[name='x']\n"
        "%1: f32[3,3,2,5] = parameter[name='w']\n"
        "%2: f32[5] = parameter[name='s']\n"
        "%3: f32[3,3,2,5] = multiply %1 %2\n"
        "%4: f32[N,2,2,5] = conv2d[dilation=(1, 1), groups=1, padding=((0, 0), (0, 0)), strides=(1, 1)] %0 %3\n"
        "output 'y0' = %4\n"
    )


@pytest.mark.parametrize("shape", [(), (1,), (5,), (1, 1, 5)])
@pytest.mark.parametrize("first", [True, False])
def test_a_bias_before_it(shape, first):
    biased = ops.add(convolution(), ops.parameter("b", (5,)))
    scale = ops.parameter("s", shape)
    node = ops.multiply(biased, scale) if first else ops.multiply(scale, biased)
    assert operations(after(fold_channel_scale, node))[-1] == "add"


def test_batch_normalization_costs_nothing():
    y = ops.add(ops.multiply(convolution(), ops.parameter("s", (5,))), ops.parameter("t", (5,)))
    y = ops.add(ops.multiply(ops.add(y, 1.0), 2.0), ops.parameter("u", (1, 1, 5)))
    text = after(fold_channel_scale, y)
    batched = [line for line in text.splitlines() if "f32[N" in line]
    assert sum(" = multiply" in line for line in batched) <= 1


def test_dense():
    y = ops.dense(ops.input_("x", (3, 4)), ops.parameter("w", (4, 6)))
    assert operations(after(fold_channel_scale, ops.multiply(y, ops.parameter("s", (6,)))))[-1] == "dense"


@pytest.mark.parametrize(
    "scale", [ops.input_("s", (5,)), ops.parameter("s", (2, 2, 5)), ops.parameter("s", (2, 1, 1)), ops.input_("s", ())]
)
def test_what_is_no_factor_of_channels(scale):
    assert operations(after(fold_channel_scale, ops.multiply(convolution(), scale)))[-1] == "multiply"


def test_sums_that_something_else_reads_stay():
    y = convolution()
    text = after(fold_channel_scale, ops.multiply(y, ops.parameter("s", (5,))), ops.relu(y))
    assert operations(text).count("multiply") == 1
    assert operations(text).count("conv2d") == 1
    z = ops.add(y, ops.parameter("b", (5,)))
    text = after(fold_channel_scale, ops.multiply(z, ops.parameter("s", (5,))), ops.relu(y))
    assert operations(text).count("conv2d") == 1


def test_training_is_left_alone():
    y = ops.multiply(convolution(), ops.parameter("s", (5,)))
    graph = Graph.build({"y": y}, {"s": ops.batch_sum(y, (0, 1))})
    assert fold_channel_scale(graph) is graph
