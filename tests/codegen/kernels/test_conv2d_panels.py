"""The direct convolution, with and without pooling and a tail, beside the interpreter."""

import math

import pytest

from planish import primitives
from planish.codegen.kernels import conv2d_panels
from planish.codegen.llvm.target import current_target
from planish.codegen.planning.plan import Request, make_plan
from planish.graph.graph import Graph
from planish.graph.settings import name_of
from tests.codegen.support import Case, on_every_target

SAME = ((1, 1), (1, 1))


@on_every_target
@pytest.mark.parametrize("channels", [1, 3, 8, 17])
def test_filters_that_straddle_vectors(target, channels):
    case = Case()
    x = case.input(6, 5, channels)
    for filters in (1, 7, 9, 16, 33):
        case.output(primitives.conv2d(x, case.weight(2, 3, channels, filters)))
    case.check()


@on_every_target
def test_strides_dilation_and_padding(target):
    case = Case()
    x = case.input(9, 8, 3)
    for settings in (
        {"strides": (2, 1), "padding": ((1, 1), (0, 1))},
        {"strides": (3, 2)},
        {"strides": (1, 3), "padding": ((2, 0), (0, 2))},
        {"dilation": (1, 2), "padding": ((1, 1), (2, 2))},
        {"dilation": (3, 1), "strides": (2, 2)},
    ):
        case.output(primitives.conv2d(x, case.weight(3, 2, 3, 19), **settings))
    case.check()


@on_every_target
@pytest.mark.parametrize(("groups", "each", "filters"), [(2, 2, 6), (3, 3, 33), (4, 1, 4), (2, 17, 34), (5, 1, 85)])
def test_groups(target, groups, each, filters):
    case = Case()
    x = case.input(5, 6, groups * each)
    case.output(primitives.conv2d(x, case.weight(3, 3, each, filters), padding=SAME, groups=groups))
    case.output(primitives.conv2d(x, case.weight(2, 1, each, filters), strides=(2, 3), groups=groups))
    case.check()


@pytest.mark.parametrize("columns", [1, 2, 3, 7, 13, 14, 15, 28, 29])
def test_rows_of_any_width(columns):
    case = Case()
    x = case.input(4, columns, 2)
    for filters in (5, 20, 64):
        case.output(primitives.conv2d(x, case.weight(2, 1, 2, filters)))
    case.check()


@on_every_target
@pytest.mark.parametrize("window", [(2, 2), (3, 3), (1, 2), (3, 1)])
def test_pooled(target, window):
    case = Case()
    x = case.input(9, 8, 3)
    for filters in (1, 8, 19, 33):
        case.output(primitives.max_pool2d(primitives.conv2d(x, case.weight(2, 2, 3, filters)), window, window))
    case.output(primitives.max_pool2d(primitives.conv2d(x, case.weight(3, 3, 3, 4), (2, 1), SAME), window, window))
    case.check()


@on_every_target
def test_tails(target):
    case = Case()
    x = case.input(5, 7, 3)
    maps = [primitives.conv2d(x, case.weight(2, 2, 3, filters)) for filters in (5, 17)]
    for y in maps:
        bias = case.weight(y.shape[-1])
        case.output(primitives.relu(primitives.add(y, bias)))
        case.output(primitives.tanh(primitives.multiply(primitives.conv2d(x, case.weight(2, 2, 3, y.shape[-1])), 0.5)))
        case.output(
            primitives.max_pool2d(
                primitives.elu(primitives.add(primitives.conv2d(x, case.weight(2, 2, 3, 9)), 1.0)), (2, 2), (2, 2)
            )
        )
    residual = case.input(*maps[0].shape)
    case.output(primitives.relu(primitives.add(primitives.conv2d(x, case.weight(2, 2, 3, 5)), residual)))
    case.check()


@on_every_target
def test_one_pixel_and_one_tap(target):
    case = Case()
    case.output(primitives.conv2d(case.input(1, 1, 1), case.weight(1, 1, 1, 1)))
    case.output(primitives.conv2d(case.input(1, 1, 31), case.weight(1, 1, 31, 31)))
    case.output(primitives.conv2d(case.input(1, 1, 2), case.weight(3, 3, 2, 3), padding=SAME))
    case.output(primitives.conv2d(case.input(7, 3, 2), case.weight(7, 3, 2, 15)))
    case.check()


def test_kernels_of_few_values_stay_in_registers():
    assert conv2d_panels.windows_beside_weights(9, 2, 4, 32) == 1
    assert conv2d_panels.windows_beside_weights(9, 1, 1, 32) == 12
    assert conv2d_panels.windows_beside_weights(9, 2, 4, 16) == 0  # no room for the weights
    assert conv2d_panels.windows_beside_weights(12, 2, 1, 32) == 0  # nor for eight sums beside them


def panels_of(case):
    """The specs of the case's direct convolutions."""
    graph = Graph.build(case.outputs)
    dtypes = {name_of(leaf): "float32" for leaf in graph.leaves("input")}
    decided = make_plan(Request(graph, dtypes, current_target(), False, 0))
    specs = [decided.storage.layouts.spec_of(node) for node in decided.graph.nodes if node.batched]
    return [spec for spec in specs if spec.op == "conv2d_panels"]


@on_every_target
@pytest.mark.parametrize(("kernel", "strides"), [((1, 1), (1, 1)), ((2, 3), (2, 1)), ((1, 1), (3, 2))])
def test_large_maps_are_cut_into_blocks_of_rows(target, kernel, strides):
    case = Case(images=2)
    x = case.input(83, 41, 25)
    y = primitives.conv2d(x, case.weight(*kernel, 25, 100), strides)
    case.output(primitives.relu(primitives.add(primitives.add(y, case.weight(100)), case.input(*y.shape))))
    (spec,) = panels_of(case)
    assert 1 <= conv2d_panels.rows_in_block(spec, 4 * math.prod(kernel) * 25 * 104) < spec.shape[0]
    case.check()


def test_small_maps_and_many_weights_are_read_at_once():
    case = Case()
    case.output(primitives.conv2d(case.input(28, 28, 16), case.weight(1, 1, 16, 32)))
    case.output(primitives.conv2d(case.input(28, 28, 128), case.weight(1, 1, 128, 600)))
    for spec in panels_of(case):
        nbytes = 4 * spec.inputs[0].shape[2] * spec.shape[2]
        assert conv2d_panels.rows_in_block(spec, nbytes) == spec.shape[0]


@on_every_target
@pytest.mark.parametrize(("rows", "columns"), [(7, 7), (3, 5), (2, 9)])
def test_single_pixels_of_small_maps_are_one_row(target, rows, columns):
    """In one piece, and with something between the rows of what is read, of the result, and of what its tail reads."""
    case = Case(images=2)
    x, wide = case.input(rows, columns, 150), case.input(rows + 1, columns + 2, 150)
    y = primitives.conv2d(x, case.weight(1, 1, 150, 100))
    case.output(primitives.relu(primitives.add(primitives.add(y, case.weight(100)), case.input(*y.shape))))
    case.output(primitives.pad2d(primitives.conv2d(x, case.weight(1, 1, 150, 99)), ((1, 0), (0, 1)), 0.0))
    inner = primitives.crop2d(primitives.tanh(wide), ((0, 1), (1, 1)))
    case.output(primitives.conv2d(inner, case.weight(1, 1, 150, 101)))
    assert (1, rows * columns) in [conv2d_panels.extents(spec) for spec in panels_of(case)]
    case.check()


@on_every_target
def test_panels_are_fetched_ahead(target):
    """Of weights that are too many to stay in the cache: nothing is read beyond them but into the cache."""
    case = Case(images=2)
    x = case.input(5, 7, 90)
    case.output(primitives.conv2d(x, case.weight(1, 1, 90, 201)))
    case.output(primitives.conv2d(x, case.weight(3, 2, 90, 33), (2, 1), SAME))
    case.output(primitives.conv2d(x, case.weight(3, 3, 45, 66), (1, 2), SAME, groups=2))
    case.output(primitives.max_pool2d(primitives.conv2d(x, case.weight(2, 1, 90, 97)), (2, 2), (2, 2)))
    case.check()
