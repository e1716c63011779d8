"""Gradients of 3x3 kernels by Winograd's method."""

import numpy as np
import pytest

from planish import primitives
from planish.codegen.llvm.target import make_target
from planish.codegen.pieces.winograd_weight_grad_plan import best_tile, costs_of, tiling_of
from planish.codegen.planning.plan import Request, make_plan
from planish.graph.graph import Graph
from planish.primitives.conv2d import conv2d_settings
from planish.primitives.conv2d_weight_grad import Conv2DWeightGradSettings, conv2d_weight_grad
from planish.primitives.rewritten.conv2d_winograd_weight_grad import conv2d_winograd_weight_grad
from planish.primitives.rewritten.unpack_winograd import unpack_winograd
from tests.codegen.support import Case, on_every_target
from tests.primitives.support import compute, numbers

TOLERANCE = {2: 4e-6, 4: 8e-6}


def add_gradient(case, tile, rows, columns, channels, filters):
    """For g of these rows and columns."""
    x, g = case.input(rows + 2, columns + 2, channels), case.input(rows, columns, filters)
    case.output(unpack_winograd(conv2d_winograd_weight_grad(x, g, tile), tile))


@on_every_target
@pytest.mark.parametrize("tile", [2, 4])
@pytest.mark.parametrize("filters", [1, 16, 17, 33, 80])
def test_channels_that_straddle_vectors(target, filters, tile):
    case = Case()
    for channels in (1, 3, 16, 33):
        add_gradient(case, tile, 6, 8, channels, filters)
    case.check(TOLERANCE[tile])


@on_every_target
@pytest.mark.parametrize("tile", [2, 4])
@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (1, 7), (3, 9), (4, 4), (5, 6), (9, 3), (2, 8), (33, 30)])
def test_extents(target, rows, columns, tile):
    case = Case()
    add_gradient(case, tile, rows, columns, 16, 20)
    add_gradient(case, tile, rows, columns, 3, 5)
    case.check(TOLERANCE[tile])


@pytest.mark.parametrize("tile", [2, 4])
@pytest.mark.parametrize("images", [1, 2, 33])
def test_groups_of_several_images(images, tile):
    case = Case(images=images)
    add_gradient(case, tile, 6, 6, 17, 16)
    add_gradient(case, tile, 4, 3, 17, 16)
    add_gradient(case, tile, 9, 70, 4, 5)
    case.check(TOLERANCE[tile])


@on_every_target
def test_rows_of_places_that_are_two_items(target):
    case = Case()
    for tile in (2, 4):
        assert [tiling_of(tile, (5, 6), channels, 290, 16).parts for channels in (16, 230)] == [1, 2]
        add_gradient(case, tile, 5, 6, 230, 290)
    case.check(TOLERANCE[4])


def test_error_of_tiles_of_four():
    """128 images: small beside 1e-5 of the largest value."""
    case = Case(images=128)
    add_gradient(case, 4, 8, 8, 16, 16)
    case.check(2e-6)


@pytest.mark.parametrize("tile", [2, 4])
def test_the_method_gives_the_gradient(tile):
    x, g = primitives.input_("x", (9, 6, 3)), primitives.input_("g", (7, 4, 5))
    values = {"x": numbers(3, 9, 6, 3), "g": numbers(3, 7, 4, 5)}
    expected = conv2d_weight_grad(x, g, (3, 3, 3, 5), conv2d_settings((1, 1), ((0, 0), (0, 0)), (1, 1), 1))
    found = compute(unpack_winograd(conv2d_winograd_weight_grad(x, g, tile), tile), **values)
    np.testing.assert_allclose(found, compute(expected, **values), rtol=0, atol=1e-11)
    with pytest.raises(ValueError, match="two rows and columns more"):
        conv2d_winograd_weight_grad(x, primitives.input_("g", (7, 5, 5)), tile)


def chosen(kernel, extents, strides=(1, 1), dilation=(1, 1), groups=1):
    plain = conv2d_settings(strides, ((0, 0), (0, 0)), dilation, groups)
    return best_tile(Conv2DWeightGradSettings.extending(plain, kernel_shape=kernel), extents, 16)


def test_when_it_pays():
    assert chosen((3, 3, 16, 16), (8, 8)) == 4
    assert chosen((3, 3, 64, 64), (6, 6)) == 2
    assert chosen((3, 3, 64, 64), (4, 4)) == 4
    assert chosen((3, 3, 3, 64), (28, 28)) == 0
    assert chosen((5, 5, 16, 16), (8, 8)) == 0
    assert chosen((3, 3, 64, 64), (1, 1)) == 0
    assert chosen((3, 3, 16, 16), (8, 8), strides=(2, 1)) == 0
    assert chosen((3, 3, 16, 16), (8, 8), dilation=(2, 2)) == 0
    assert chosen((3, 3, 16, 16), (8, 8), groups=2) == 0


def test_costs_are_products_and_transforms():
    costs = costs_of((8, 6), 128, 160, 16)
    assert costs[0] == 9 * 8 * 6 * 128 * 10
    for tile, tiles in ((2, 4 * 3), (4, 2 * 2)):
        products = tiles * (tile + 2) ** 2 * 128 * 10
        assert products < costs[tile] < 1.2 * products


@on_every_target
@pytest.mark.parametrize(("channels", "op"), [(32, "conv2d_winograd_weight_grad"), (3, "conv2d_weight_grad")])
@pytest.mark.parametrize("border", [((0, 0), (0, 0)), ((1, 1), (1, 1)), ((2, 1), (1, 2))])
def test_lowering_chooses(target, channels, op, border):
    case = Case()
    x = case.input(8, 9, channels)
    g = case.input(*(extent + sum(pair) - 2 for extent, pair in zip((8, 9), border, strict=True)), 32)
    dw = conv2d_weight_grad(x, g, (3, 3, channels, 32), conv2d_settings((1, 1), border, (1, 1), 1))
    case.output(dw)
    case.check(TOLERANCE[4])
    dtypes = {"x0": "float32", "x1": "float32"}
    target = make_target("avx512", "x86_64-unknown-linux-gnu")
    plan = make_plan(Request(Graph.build({}, {"dw": dw}), dtypes, target, True, 4))
    assert op in {node.op for node in plan.graph.nodes}
