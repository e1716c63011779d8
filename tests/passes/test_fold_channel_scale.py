"""Factors of channels go into the weights."""

import pytest

from planish import primitives
from planish.graph.graph import Graph
from planish.passes.fold_channel_scale import fold_channel_scale
from tests.passes.support import after, operations


def convolution(filters=5):
    return primitives.conv2d(primitives.input_("x", (4, 4, 2)), primitives.parameter("w", (3, 3, 2, filters)))


def test_a_factor_of_each_channel():
    text = after(fold_channel_scale, primitives.multiply(convolution(), primitives.parameter("s", (5,))))
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
    biased = primitives.add(convolution(), primitives.parameter("b", (5,)))
    scale = primitives.parameter("s", shape)
    node = primitives.multiply(biased, scale) if first else primitives.multiply(scale, biased)
    assert operations(after(fold_channel_scale, node))[-1] == "add"


def test_batch_normalization_costs_nothing():
    y = primitives.add(
        primitives.multiply(convolution(), primitives.parameter("s", (5,))), primitives.parameter("t", (5,))
    )
    y = primitives.add(primitives.multiply(primitives.add(y, 1.0), 2.0), primitives.parameter("u", (1, 1, 5)))
    text = after(fold_channel_scale, y)
    batched = [line for line in text.splitlines() if "f32[N" in line]
    assert sum(" = multiply" in line for line in batched) <= 1


@pytest.mark.parametrize("first", [True, False])
def test_biases_are_added_to_each_other(first):
    """Those of a convolution and of the normalization behind it: one for each channel."""
    biased = primitives.add(convolution(), primitives.parameter("b", (5,)))
    shift = primitives.parameter("t", (1, 1, 5))
    text = after(fold_channel_scale, primitives.add(biased, shift) if first else primitives.add(shift, biased))
    assert [line.split(" = ")[1].split()[0] for line in text.splitlines() if "f32[N,2,2,5]" in line][1:] == ["add"]
    assert operations(text).count("add") == 2


def test_biases_that_something_else_reads_stay():
    biased = primitives.add(convolution(), primitives.parameter("b", (5,)))
    text = after(fold_channel_scale, primitives.add(biased, primitives.parameter("t", (5,))), primitives.relu(biased))
    assert sum("f32[N" in line and " = add" in line for line in text.splitlines()) == 2
    text = after(fold_channel_scale, primitives.add(biased, primitives.input_("s", (2, 2, 5))))
    assert sum("f32[N" in line and " = add" in line for line in text.splitlines()) == 2


def test_dense():
    y = primitives.dense(primitives.input_("x", (3, 4)), primitives.parameter("w", (4, 6)))
    assert operations(after(fold_channel_scale, primitives.multiply(y, primitives.parameter("s", (6,)))))[-1] == "dense"


@pytest.mark.parametrize(
    "scale",
    [
        primitives.input_("s", (5,)),
        primitives.parameter("s", (2, 2, 5)),
        primitives.parameter("s", (2, 1, 1)),
        primitives.input_("s", ()),
    ],
)
def test_what_is_no_factor_of_channels(scale):
    assert operations(after(fold_channel_scale, primitives.multiply(convolution(), scale)))[-1] == "multiply"


def test_sums_that_something_else_reads_stay():
    y = convolution()
    text = after(fold_channel_scale, primitives.multiply(y, primitives.parameter("s", (5,))), primitives.relu(y))
    assert operations(text).count("multiply") == 1
    assert operations(text).count("conv2d") == 1
    z = primitives.add(y, primitives.parameter("b", (5,)))
    text = after(fold_channel_scale, primitives.multiply(z, primitives.parameter("s", (5,))), primitives.relu(y))
    assert operations(text).count("conv2d") == 1


def test_training_is_left_alone():
    y = primitives.multiply(convolution(), primitives.parameter("s", (5,)))
    graph = Graph.build({"y": y}, {"s": primitives.batch_sum(y, (0, 1))})
    assert fold_channel_scale(graph) is graph
