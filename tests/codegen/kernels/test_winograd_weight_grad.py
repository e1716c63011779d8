"""Gradients of 3x3 kernels by Winograd's method."""

from types import MappingProxyType

import numpy as np
import pytest

from planish import ops
from planish.codegen import compile as compiler
from planish.codegen.kernels import winograd_weight_grad
from planish.codegen.target import make_target
from planish.graph.graph import Graph
from planish.ops.lowered_gradients import conv2d_winograd_weight_grad, unpack_winograd
from planish.ops.winograd import INPUT
from tests.codegen.support import Case, on_every_target
from tests.ops.support import compute, numbers


def add_gradient(case, rows, columns, channels, filters, border=((1, 1), (1, 1))):
    x, kernel = case.input(rows, columns, channels), (3, 3, channels, filters)
    extents = [extent + sum(pair) - 2 for extent, pair in zip((rows, columns), border, strict=True)]
    g = case.input(*extents, filters)
    case.output(ops.conv2d_weight_grad(x, g, kernel, (1, 1), border, (1, 1), 1))


@on_every_target
@pytest.mark.parametrize("filters", [16, 17, 31, 33, 48])
def test_channels_that_straddle_vectors(target, filters):
    case = Case()
    for channels in (16, 17, 31, 33):
        add_gradient(case, 6, 8, channels, filters)
    case.check(4e-6)


@on_every_target
@pytest.mark.parametrize(("rows", "columns"), [(3, 9), (4, 4), (5, 6), (9, 3), (7, 7), (2, 8), (33, 30)])
def test_extents(target, rows, columns):
    case = Case()
    add_gradient(case, rows, columns, 16, 20)
    add_gradient(case, rows + 2, columns + 2, 18, 16, ((0, 0), (0, 0)))
    add_gradient(case, rows, columns, 16, 16, ((2, 1), (1, 2)))
    case.check(4e-6)


@pytest.mark.parametrize("images", [1, 2, 33])
def test_batches(images):
    case = Case(images=images)
    add_gradient(case, 6, 6, 17, 16)
    case.check(4e-6)


@on_every_target
def test_large_maps_are_read_less_often(target):
    case = Case(images=2)
    add_gradient(case, 34, 33, 32, 20)
    case.check(4e-6)


def test_the_method_gives_the_gradient():
    x, g = ops.input_("x", (8, 6, 3)), ops.input_("g", (6, 4, 5))
    values = {"x": numbers(3, 8, 6, 3), "g": numbers(3, 6, 4, 5)}
    expected = ops.conv2d_weight_grad(x, g, (3, 3, 3, 5), (1, 1), ((0, 0), (0, 0)), (1, 1), 1)
    found = compute(unpack_winograd(conv2d_winograd_weight_grad(x, g)), **values)
    np.testing.assert_allclose(found, compute(expected, **values), rtol=0, atol=1e-12)
    with pytest.raises(ValueError, match="even extents"):
        conv2d_winograd_weight_grad(x, ops.input_("g", (5, 4, 5)))


def test_rows_of_the_transform():
    for row, (first, second, factor) in zip(INPUT[2], winograd_weight_grad.INPUT_ROWS, strict=True):
        expected = np.zeros(4)
        expected[first], expected[second] = 1, factor
        np.testing.assert_array_equal(row, expected)


def chosen(kernel, extents, strides=(1, 1), dilation=(1, 1), groups=1):
    settings = {"kernel_shape": kernel, "strides": strides, "dilation": dilation, "groups": groups}
    return winograd_weight_grad.pays(MappingProxyType(settings), extents)


def test_when_it_pays():
    assert chosen((3, 3, 16, 16), (8, 8))
    assert not chosen((3, 3, 15, 64), (8, 8))
    assert not chosen((3, 3, 64, 3), (8, 8))
    assert not chosen((5, 5, 16, 16), (8, 8))
    assert not chosen((3, 3, 16, 16), (2, 2))
    assert not chosen((3, 3, 16, 16), (8, 8), strides=(2, 1))
    assert not chosen((3, 3, 16, 16), (8, 8), dilation=(2, 2))
    assert not chosen((3, 3, 16, 16), (8, 8), groups=2)


@pytest.mark.parametrize(("channels", "op"), [(16, "conv2d_winograd_weight_grad"), (8, "conv2d_weight_grad")])
def test_lowering_chooses(channels, op):
    x, g = ops.input_("x", (8, 8, channels)), ops.input_("g", (6, 6, 16))
    dw = ops.conv2d_weight_grad(x, g, (3, 3, channels, 16), (1, 1), ((0, 0), (0, 0)), (1, 1), 1)
    target = make_target("avx512", "x86_64-unknown-linux-gnu")
    dtypes = {"x": "float32", "g": "float32"}
    plan = compiler.plan(compiler.Request(Graph.build({}, {"dw": dw}), dtypes, target, True, 4))
    assert op in {node.op for node in plan.graph.nodes}
